import { answerLength, functionCodeOf, mayEcho, responsePduLength } from "../core/modbus/pdu";
import { RtuFramer } from "../core/modbus/rtuFrame";
import { type CharacterFormat, wireTimeMs } from "../core/modbus/serialTiming";
import { later, type MonotonicMs } from "../kernel/units";
import type { Call } from "./call";

const FRAME_BYTES = 3;

/** One asking on a serial line, until its answer or its deadline. */
export interface Exchange {
  readonly call: Call;
  readonly frame: Uint8Array;
  readonly framer: RtuFramer;
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
  line: CharacterFormat,
  again: Exchange | undefined,
): Exchange {
  const timeoutMs = again?.timeoutMs ?? fullTimeoutMs(call, line);
  const framer = new RtuFramer({
    unitId: call.unitId,
    functionCode: functionCodeOf(call.request),
    pduLength: answerLength(call.request),
    ...(mayEcho(call.request) ? {} : { notAnswer: frame }),
  });
  const dueAt = again?.dueAt ?? later(now, timeoutMs);
  return { call, frame, framer, sentAt: again?.sentAt ?? now, timeoutMs, dueAt, again: again !== undefined };
}

/** The response timeout counts from the end of the request; the longest good answer gets the time it takes on the wire. */
export function fullTimeoutMs({ timeoutMs, pdu, request }: Call, line: CharacterFormat): number {
  return timeoutMs + wireTimeMs(line, pdu.length + FRAME_BYTES + responsePduLength(request) + FRAME_BYTES);
}
