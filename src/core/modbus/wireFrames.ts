import { crc16 } from "./crc";
import { lrc8 } from "./lrc";
import { MAX_LENGTH, MIN_LENGTH } from "./tcpFrame";

/** What went over a link, as it went. `at`: ms since 1970. */
export type WireEvent =
  | { readonly kind: "sent" | "received"; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: "opened" | "closed"; readonly at: number; readonly text: string };

export type WireFraming = "mbap" | "rtu" | "ascii";

/** A frame of a trace. Without `pdu` it is none, and `fault` says why. */
export interface WireFrame {
  readonly at: number;
  readonly direction: "sent" | "received";
  /** All of it, or what is no frame. */
  readonly raw: Uint8Array;
  readonly unitId?: number;
  readonly transactionId?: number;
  readonly pdu?: Uint8Array;
  readonly fault?: string;
}

export type WireItem = WireFrame | { readonly at: number; readonly note: string };

/**
 * Cuts what went over a link into frames, for people to look at. Requests are written whole; what comes between two
 * writes is one answer on lines without a length (an echo before it is told apart), and is cut by its lengths in mbap.
 */
export function wireFrames(events: readonly WireEvent[], framing: WireFraming): readonly WireItem[] {
  const items: WireItem[] = [];
  const gathered: { at: number; bytes: number[]; sent: Uint8Array | undefined } = { at: 0, bytes: [], sent: undefined };
  const flush = (): void => {
    const { at, sent } = gathered;
    const bytes = Uint8Array.from(gathered.bytes);
    gathered.bytes = [];
    if (bytes.length === 0) return;
    const echo = framing === "mbap" ? 0 : echoLength(bytes, sent);
    if (echo > 0)
      items.push({ at, direction: "received", raw: bytes.subarray(0, echo), fault: "the echo of what was sent" });
    if (echo < bytes.length) items.push(...cut(bytes.subarray(echo), at, "received", framing));
  };
  for (const event of events) {
    if (event.kind === "received") {
      if (framing !== "mbap" || gathered.bytes.length === 0) gathered.at = event.at;
      gathered.bytes.push(...event.bytes);
      // In mbap a whole number of ADUs needs nothing that follows.
      if (framing === "mbap" && isWhole(gathered.bytes)) flush();
      continue;
    }
    if ("text" in event) {
      flush();
      items.push({ at: event.at, note: event.text });
      continue;
    }
    // Requests may go out while an answer comes in; on a line they end it.
    if (framing !== "mbap") flush();
    gathered.sent = event.bytes;
    items.push(...cut(event.bytes, event.at, "sent", framing));
  }
  flush();
  return items;
}

function cut(bytes: Uint8Array, at: number, direction: WireFrame["direction"], framing: WireFraming): WireFrame[] {
  const about = { at, direction };
  if (framing === "mbap") return mbapFrames(bytes, about);
  return [framing === "rtu" ? rtuFrameOf(bytes, about) : asciiFrameOf(bytes, about)];
}

type About = Pick<WireFrame, "at" | "direction">;

/** Bytes of the ADU at `start`; 0: too few are there to tell; undefined: none begins there. */
function aduBytes(bytes: ArrayLike<number>, start: number): number | undefined {
  if (bytes.length - start < 6) return 0;
  const at = (offset: number): number => bytes[start + offset] ?? 0;
  const length = (at(4) << 8) | at(5);
  if (at(2) !== 0 || at(3) !== 0 || length < MIN_LENGTH || length > MAX_LENGTH) return undefined;
  return 6 + length;
}

function isWhole(bytes: readonly number[]): boolean {
  let at = 0;
  while (at < bytes.length) {
    const size = aduBytes(bytes, at);
    // What is no ADU never becomes one.
    if (size === undefined) return true;
    if (size === 0 || at + size > bytes.length) return false;
    at += size;
  }
  return true;
}

function mbapFrames(bytes: Uint8Array, about: About): WireFrame[] {
  const frames: WireFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = aduBytes(bytes, at);
    if (size === undefined || size === 0 || at + size > bytes.length) {
      const fault = size === undefined ? "no MODBUS/TCP frame" : "a frame that is cut off";
      frames.push({ ...about, raw: bytes.subarray(at), fault });
      break;
    }
    const raw = bytes.subarray(at, at + size);
    const transactionId = ((raw[0] ?? 0) << 8) | (raw[1] ?? 0);
    frames.push({ ...about, raw, transactionId, unitId: raw[6] ?? 0, pdu: raw.subarray(7) });
    at += size;
  }
  return frames;
}

function rtuFrameOf(raw: Uint8Array, about: About): WireFrame {
  if (raw.length < 4) return { ...about, raw, fault: "too short for a frame" };
  const crc = crc16(raw, 0, raw.length - 2);
  const found = (raw[raw.length - 2] ?? 0) | ((raw[raw.length - 1] ?? 0) << 8);
  if (crc !== found) return { ...about, raw, fault: "the CRC does not fit" };
  return { ...about, raw, unitId: raw[0] ?? 0, pdu: raw.subarray(1, -2) };
}

function asciiFrameOf(raw: Uint8Array, about: About): WireFrame {
  const text = String.fromCharCode(...raw);
  const digits = /:((?:[0-9A-Fa-f]{2})+)\r?\n?$/.exec(text)?.[1];
  if (digits === undefined || digits.length < 6) return { ...about, raw, fault: "no ASCII frame" };
  const bytes = Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  if (lrc8(bytes, 0, bytes.length) !== 0) return { ...about, raw, fault: "the LRC does not fit" };
  return { ...about, raw, unitId: bytes[0] ?? 0, pdu: bytes.subarray(1, -1) };
}

/** An adapter that gives back what is sent: so many bytes of the answer are the request. */
function echoLength(bytes: Uint8Array, sent: Uint8Array | undefined): number {
  if (sent === undefined || bytes.length <= sent.length) return 0;
  return sent.every((byte, at) => byte === bytes[at]) ? sent.length : 0;
}
