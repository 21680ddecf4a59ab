import type { Result } from "../../kernel/result";
import { failure, type ModbusFailure } from "./failure";

/** Highest length of a PDU, function code included (section 4.1). */
export const MAX_PDU = 253;

/**
 * The length of a good answer's PDU, function code included: a number where the request decides it, else by what the
 * answer says itself, else `untold`: only the silence behind it ends it.
 */
export type AnswerLength = number | ToldLength | "untold";

/** The length stands in the answer. */
export interface ToldLength {
  /** Highest length that can be told. */
  readonly most: number;
  /** The length, from the `available` bytes that are there from `start`; 0: more must be there to tell; NaN: no such answer exists. */
  tell(bytes: Uint8Array, start: number, available: number): number;
}

/** One function of the protocol: its request `R`, and what a good answer carries, `A`. */
export interface FunctionCodec<R, A> {
  functionCode(request: R): number;
  /** Whether it changes something at the device (as far as we know): such a request is never repeated by itself. */
  writes(request: R): boolean;
  /** Whether a good answer may be equal to the request, so that an adapter's echo can't be told from it. */
  readonly mayEcho: boolean;
  /** The request PDU; `argument` names the argument, its range and the value refused. */
  encode(request: R): Result<Uint8Array, ModbusFailure>;
  answerLength(request: R): AnswerLength;
  /** `pdu` begins with the function code. Failures: `protocol`. */
  decode(request: R, pdu: Uint8Array): Result<A, ModbusFailure>;
}

/** Highest length of a good answer. */
export function longestAnswer(length: AnswerLength): number {
  if (typeof length === "number") return length;
  return length === "untold" ? MAX_PDU : length.most;
}

/** The big-endian word at `at`, which must be there. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** `count` big-endian words from `at`, which must be there. */
export function wordsAt(bytes: Uint8Array, at: number, count: number): Uint16Array {
  return Uint16Array.from({ length: count }, (_, index) => wordAt(bytes, at + 2 * index));
}

/** A copy. Not `slice`: on a `Buffer`, which is a `Uint8Array` too, that is a view of memory that others fill again. */
export function copied(bytes: Uint8Array, from: number, to?: number): Uint8Array {
  return new Uint8Array(bytes.subarray(from, to));
}

/** High byte, low byte. */
export function wordBytes(...words: readonly number[]): number[] {
  return words.flatMap((word) => [word >>> 8, word & 0xff]);
}

export function misfit(detail: string): ModbusFailure {
  return failure("protocol", detail);
}
