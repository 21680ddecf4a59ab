import type { AnswerLength } from "../core/modbus/functionCodec";
import { answerLength, functionCodeOf, type ModbusRequest } from "../core/modbus/pdu";
import type { Clock } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";

/** After so many times the response timeout nobody answers any more. */
const FORGET_AFTER_TIMEOUTS = 10;

interface Unanswered {
  readonly functionCode: number;
  readonly pduLength: AnswerLength;
  readonly until: MonotonicMs;
}

/**
 * RTU answers name neither the request nor the addresses they belong to. For every unit the request that it left
 * unanswered: the first answer of the same shape may be that one's, come late, and must not be trusted.
 */
export class RtuSuspects {
  private readonly unanswered = new Map<number, Unanswered>();

  constructor(private readonly clock: Pick<Clock, "monotonic">) {}

  add(unitId: number, request: ModbusRequest, timeoutMs: number): void {
    this.unanswered.set(unitId, {
      functionCode: functionCodeOf(request),
      pduLength: answerLength(request),
      until: later(this.clock.monotonic(), timeoutMs * FORGET_AFTER_TIMEOUTS),
    });
  }

  /** Could this answer of the unit be the late one? (An exception says only its function code.) */
  suspect(unitId: number, request: ModbusRequest, pdu: Uint8Array): boolean {
    const earlier = this.unanswered.get(unitId);
    if (earlier === undefined || earlier.until < this.clock.monotonic()) return false;
    if (earlier.functionCode !== functionCodeOf(request)) return false;
    const anyLength = typeof earlier.pduLength !== "number";
    return pdu[0] !== earlier.functionCode || anyLength || pdu.length === earlier.pduLength;
  }

  /** The unit has answered since: units answer in order, so the earlier request is settled. */
  clear(unitId: number): void {
    this.unanswered.delete(unitId);
  }
}
