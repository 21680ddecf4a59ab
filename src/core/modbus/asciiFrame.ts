import { type AnswerFramer, timeoutDetail } from "./answerFramer";
import { failure, type ModbusFailure } from "./failure";
import { lrc8 } from "./lrc";
import type { RtuExpectation } from "./rtuFrame";

/** Start, two characters for the unit id and for the LRC, CR, LF (MODBUS over Serial Line V1.02, section 2.5.2). */
const FRAME_CHARACTERS = 7;
/** Unit id, PDU of at most 253 bytes, LRC. */
const MAX_BYTES = 255;
/** Longer between two characters of a frame means that it is broken off (section 2.5.2.1). */
const MAX_CHARACTER_GAP_MS = 1000;
const EXCEPTION_BIT = 0x80;

const COLON = 0x3a;
const CR = 0x0d;
const LF = 0x0a;

/** Characters of the frame of a PDU. */
export function asciiFrameLength(pduLength: number): number {
  return FRAME_CHARACTERS + 2 * pduLength;
}

/** The frame of a PDU: `:`, unit id, PDU and LRC in upper-case hexadecimal, CR, LF. */
export function asciiFrame(unitId: number, pdu: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(pdu.length + 2);
  bytes[0] = unitId;
  bytes.set(pdu, 1);
  bytes[pdu.length + 1] = lrc8(bytes, 0, pdu.length + 1);
  let text = ":";
  for (const byte of bytes) text += byte.toString(16).toUpperCase().padStart(2, "0");
  return Uint8Array.from(`${text}\r\n`, (character) => character.charCodeAt(0));
}

/** 0 … 15, also of lower-case letters, which some devices send; undefined for what is no hexadecimal digit. */
function digitOf(character: number): number | undefined {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  const letter = character & ~0x20;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : undefined;
}

/**
 * Finds the ASCII frame that answers a request: between `:` and LF (or, at the deadline, CR), with the right unit,
 * function and LRC. Noise before `:` and frames of other units are passed over. Memory: one frame.
 */
export class AsciiFramer implements AnswerFramer {
  readonly endsBySilence = false;
  private readonly bytes = new Uint8Array(MAX_BYTES);
  /** Hexadecimal digits of the frame under way; undefined between frames. */
  private digits: number | undefined;
  private ending = false;
  private lastAt = 0;
  private total = 0;
  private refused: ModbusFailure | undefined;

  constructor(
    private readonly expected: Pick<RtuExpectation, "unitId" | "functionCode">,
    private readonly sent?: Uint8Array,
  ) {}

  push(bytes: Uint8Array, now: number): Uint8Array | undefined {
    if (now - this.lastAt > MAX_CHARACTER_GAP_MS && this.digits !== undefined) {
      this.refuse("protocol", `more than ${MAX_CHARACTER_GAP_MS} ms between two characters of the answer`);
    }
    this.lastAt = now;
    this.total += bytes.length;
    for (const byte of bytes) {
      const pdu = this.take(byte);
      if (pdu !== undefined) return pdu;
    }
    return undefined;
  }

  silence(): undefined {
    return undefined;
  }

  /** Also the answer whose LF was lost: its CR has ended it. */
  finish(waitedMs: number): { readonly pdu: Uint8Array } | { readonly failure: ModbusFailure } {
    const pdu = this.ending ? this.complete() : undefined;
    if (pdu !== undefined) return { pdu };
    return { failure: this.refused ?? failure("timeout", timeoutDetail(waitedMs, this.total, "characters")) };
  }

  private take(character: number): Uint8Array | undefined {
    if (character === COLON) {
      this.digits = 0;
      this.ending = false;
      return undefined;
    }
    if (this.digits === undefined) return undefined;
    // Some devices leave CR out: LF alone ends a frame too.
    if (character === LF) return this.complete();
    if (character === CR && !this.ending) this.ending = true;
    else this.append(character, this.digits);
    return undefined;
  }

  private append(character: number, digits: number): void {
    const digit = digitOf(character);
    if (digit === undefined || this.ending) {
      this.refuse("crc", "a character in the answer that does not belong there");
    } else if (digits === 2 * MAX_BYTES) {
      this.refuse("protocol", `an answer longer than ${MAX_BYTES} bytes`);
    } else {
      const at = digits >>> 1;
      this.bytes[at] = (digits & 1) === 0 ? digit << 4 : (this.bytes[at] as number) | digit;
      this.digits = digits + 1;
    }
  }

  /** The frame has ended. */
  private complete(): Uint8Array | undefined {
    const digits = this.digits ?? 0;
    const length = digits >>> 1;
    this.digits = undefined;
    this.ending = false;
    if ((digits & 1) === 1 || length < 3) return this.refuse("crc", "an answer that is cut short");
    if (lrc8(this.bytes, 0, length) !== 0) return this.refuse("crc", "the answer fails the LRC");
    if (this.bytes[0] !== this.expected.unitId || this.isSent(length)) return undefined;
    const answered = this.bytes[1] as number;
    const { functionCode } = this.expected;
    if ((answered & ~EXCEPTION_BIT) === functionCode) return this.bytes.slice(1, length - 1);
    return this.refuse("protocol", `an answer to function ${answered & ~EXCEPTION_BIT}; ${functionCode} was asked`);
  }

  /** Adapters that echo bring back what was sent; a good answer to a read never equals it. */
  private isSent(length: number): boolean {
    const { sent } = this;
    if (sent === undefined || sent.length !== asciiFrameLength(length - 2)) return false;
    const frame = asciiFrame(this.bytes[0] as number, this.bytes.subarray(1, length - 1));
    return frame.every((character, at) => character === sent[at]);
  }

  private refuse(kind: "crc" | "protocol", detail: string): undefined {
    this.digits = undefined;
    this.ending = false;
    this.refused ??= failure(kind, detail);
  }
}
