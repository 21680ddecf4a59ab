import { isContentFault, spoil } from "./contentFault";
import type { ByteFault, Fault } from "./fault";
import { type ReplyFraming, repliesIn, replyBytes } from "./reply";

/** How a line ends behind a message. */
export type Ending = "close" | "reset" | "halfOpen";

export interface Piece {
  readonly bytes: Uint8Array;
  /** After the piece before. */
  readonly afterMs: number;
}

/** What becomes of one message. */
export interface Transmission {
  readonly delayMs: number;
  /** In order. None: nothing is delivered. */
  readonly pieces: readonly Piece[];
  /** Delivered beside the order: after so many ms, or when the other direction has spoken again. */
  readonly later: readonly { readonly bytes: Uint8Array; readonly afterMs: number | undefined }[];
  readonly ending?: Ending;
}

interface Draft {
  bytes: Uint8Array;
  delayMs: number;
  pieces: ((bytes: Uint8Array) => Piece[]) | undefined;
  later: Transmission["later"][number][];
  lost: boolean;
  ending?: Ending;
}

/**
 * What the faults make of a message. Content first, then bytes, then time, in the order given within each.
 * @param framing needed by faults of content; they leave alone what is no whole frame of it.
 * @param random yields numbers in [0, 1).
 */
export function transmissionOf(
  message: Uint8Array,
  faults: readonly Fault[],
  framing: ReplyFraming,
  random: () => number,
): Transmission {
  const content = faults.filter(isContentFault);
  const draft: Draft = { bytes: message, delayMs: 0, pieces: undefined, later: [], lost: false };
  if (content.length > 0) {
    const replies = repliesIn(framing, message) ?? [];
    const spoilt = replies.map((reply) => replyBytes(framing, content.reduce(spoil, reply)));
    if (replies.length > 0) draft.bytes = Buffer.concat(spoilt);
  }
  for (const fault of faults) if (!isContentFault(fault)) apply(draft, fault, random);
  const whole = draft.lost || draft.bytes.length === 0 ? [] : [{ bytes: draft.bytes, afterMs: 0 }];
  const pieces = draft.lost || draft.pieces === undefined ? whole : draft.pieces(draft.bytes);
  const { delayMs, later, ending } = draft;
  return { delayMs, pieces, later, ...(ending === undefined ? {} : { ending }) };
}

function apply(draft: Draft, fault: ByteFault, random: () => number): void {
  switch (fault.kind) {
    case "delay":
      draft.delayMs += fault.ms + random() * (fault.upToMs - fault.ms);
      break;
    case "split":
      draft.pieces = (bytes) => cut(bytes, fault.sizes, fault.everyMs);
      break;
    case "drip":
      draft.pieces = (bytes) => cut(bytes, Array(bytes.length).fill(1), fault.everyMs);
      break;
    case "garble":
      draft.bytes = garbled(draft.bytes, fault.bits, random);
      break;
    case "noise":
      draft.bytes = Buffer.concat([randomBytes(fault.bytes, random), draft.bytes]);
      break;
    case "trail":
      draft.bytes = Buffer.concat([draft.bytes, randomBytes(fault.bytes, random)]);
      break;
    default:
      applyFate(draft, fault);
  }
}

type FateFault = Exclude<ByteFault, { kind: "delay" | "split" | "drip" | "garble" | "noise" | "trail" }>;

function applyFate(draft: Draft, fault: FateFault): void {
  switch (fault.kind) {
    case "drop":
      draft.lost = true;
      break;
    case "late":
      draft.later.push({ bytes: draft.bytes, afterMs: fault.afterMs });
      draft.lost = true;
      break;
    case "duplicate":
      draft.later.push({ bytes: draft.bytes, afterMs: fault.afterMs });
      break;
    case "close":
    case "reset":
      draft.bytes = draft.bytes.subarray(0, fault.afterBytes);
      draft.ending = fault.kind;
      break;
    case "halfOpen":
      draft.lost = true;
      draft.ending = "halfOpen";
      break;
  }
}

function cut(bytes: Uint8Array, sizes: readonly number[], everyMs: number): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    if (at >= bytes.length) break;
    pieces.push({ bytes: bytes.subarray(at, at + size), afterMs: at === 0 ? 0 : everyMs });
    at += size;
  }
  return pieces;
}

function garbled(bytes: Uint8Array, bits: number, random: () => number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  for (let flip = 0; flip < bits && changed.length > 0; flip++) {
    const at = Math.floor(random() * changed.length);
    changed[at] = (changed[at] ?? 0) ^ (1 << Math.floor(random() * 8));
  }
  return changed;
}

export function randomBytes(count: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length: count }, () => Math.floor(random() * 256));
}
