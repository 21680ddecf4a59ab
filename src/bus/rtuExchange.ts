import type { AnswerFramer, LineCodec } from "../core/modbus/answerFramer";
import { answerLength, functionCodeOf, mayEcho, responsePduLength } from "../core/modbus/pdu";
import { type CharacterFormat, wireTimeMs } from "../core/modbus/serialTiming";
import { later, type MonotonicMs } from "../kernel/units";
import type { Call } from "./call";

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
  /** Asked a second time: the first asking may still be answered too. */
  readonly again: boolean;
}

/** The exchange that `frame`, sent now, begins; an asking again keeps the time of the first. */
export function beginExchange(
  call: Call,
  frame: Uint8Array,
  now: MonotonicMs,
  terms: WireTerms,
  again: Exchange | undefined,
): Exchange {
  const timeoutMs = again?.timeoutMs ?? fullTimeoutMs(call, terms);
  const expected = {
    unitId: call.unitId,
    functionCode: functionCodeOf(call.request),
    pduLength: answerLength(call.request),
    ...(mayEcho(call.request) ? {} : { notAnswer: frame }),
  };
  const framer = terms.codec.framer(expected, frame);
  const dueAt = again?.dueAt ?? later(now, timeoutMs);
  return { call, frame, framer, sentAt: again?.sentAt ?? now, timeoutMs, dueAt, again: again !== undefined };
}

/** The response timeout counts from the end of the request; the longest good answer gets the time it takes on the wire. */
export function fullTimeoutMs({ timeoutMs, pdu, request }: Call, { line, codec }: WireTerms): number {
  const characters = codec.frameLength(pdu.length) + codec.frameLength(responsePduLength(request));
  return timeoutMs + wireTimeMs(line, characters);
}
