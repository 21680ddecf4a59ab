import type { AnswerFramer, LineCodec } from "../core/modbus/answerFramer";
import { answerLength, decodeResponse, functionCodeOf, mayEcho, responsePduLength } from "../core/modbus/pdu";
import type { RtuExpectation } from "../core/modbus/rtuFrame";
import { type CharacterFormat, wireTimeMs } from "../core/modbus/serialTiming";
import type { Clock } from "../kernel/clock";
import { ok } from "../kernel/result";
import { between, epochMs, later, type MonotonicMs } from "../kernel/units";
import type { Call } from "./call";
import type { Outcome } from "./transactor";

/** How frames look on a line, and how long its characters take. */
export interface WireTerms {
  readonly line: CharacterFormat;
  readonly codec: LineCodec;
}

/** What stands for the line where a network carries the frames: characters take no time of their own. */
export const NETWORK_LINE: CharacterFormat = {
  baudRate: Number.POSITIVE_INFINITY,
  dataBits: 8,
  parity: "none",
  stopBits: 1,
};

/** One asking on a serial line, until its answer or its deadline. */
export interface Exchange {
  readonly call: Call;
  readonly frame: Uint8Array;
  readonly framer: AnswerFramer;
  readonly sentAt: MonotonicMs;
  readonly timeoutMs: number;
  readonly dueAt: MonotonicMs;
  /** How often it was asked: each asking may be answered. */
  readonly asks: number;
}

/** The exchange that `frame`, sent now, begins; an asking again keeps the time of the first. */
export function beginExchange(
  call: Call,
  frame: Uint8Array,
  now: MonotonicMs,
  terms: WireTerms,
  again: Exchange | undefined,
): Exchange {
  const framer = terms.codec.framer(expectationOf(call, frame), frame);
  if (again !== undefined) return { ...again, frame, framer, asks: again.asks + 1 };
  const timeoutMs = fullTimeoutMs(call, terms);
  return { call, frame, framer, sentAt: now, timeoutMs, dueAt: later(now, timeoutMs), asks: 1 };
}

/** The same exchange, looking for one more answer. */
export function lookingOn(exchange: Exchange, terms: WireTerms): Exchange {
  const { call, frame } = exchange;
  return { ...exchange, framer: terms.codec.furtherFramer(expectationOf(call, frame), frame) };
}

/** What the answer says, whose last byte came at `receivedAt`. */
export function outcomeOf(
  { call, sentAt }: Exchange,
  pdu: Uint8Array,
  receivedAt: MonotonicMs,
  clock: Pick<Clock, "monotonic" | "epoch">,
): Outcome {
  const response = decodeResponse(call.request, pdu);
  if (!response.ok) return response;
  const agoMs = Math.round(between(receivedAt, clock.monotonic()));
  const at = epochMs(clock.epoch() - agoMs);
  return ok({ response: response.value, at, elapsedMs: between(sentAt, receivedAt), receivedAt });
}

function expectationOf({ unitId, request }: Call, frame: Uint8Array): RtuExpectation {
  const functionCode = functionCodeOf(request);
  const notAnswer = mayEcho(request) ? undefined : frame;
  return { unitId, functionCode, pduLength: answerLength(request), notAnswer };
}

/** The response timeout counts from the end of the request; the longest good answer gets the time it takes on the wire. */
export function fullTimeoutMs({ timeoutMs, pdu, request }: Call, { line, codec }: WireTerms): number {
  const characters = codec.frameLength(pdu.length) + codec.frameLength(responsePduLength(request));
  return timeoutMs + wireTimeMs(line, characters);
}
