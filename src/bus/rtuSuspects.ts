import type { AnswerLength } from "../core/modbus/functionCodec";
import { answerLength, functionCodeOf, type ModbusRequest } from "../core/modbus/pdu";
import type { Clock } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";

/** A unit that leaves more unanswered is not answering at all. */
const MAX_OUTSTANDING = 16;

interface Outstanding {
  readonly functionCode: number;
  readonly pduLength: AnswerLength;
  readonly until: MonotonicMs;
}

/**
 * RTU answers name neither the request nor the addresses they belong to. For every unit the requests whose answers may
 * still come: an answer that one of them could have got must not be trusted. Kept from link to link: a gateway may
 * deliver on the next connection what it was asked on the last. At most 16 requests for each of 256 units.
 */
export class RtuSuspects {
  private readonly outstanding = new Map<number, Outstanding[]>();
  /** Until when nobody asks a unit, since an answer of it may still come. At most an entry a unit id. */
  private readonly held = new Map<number, MonotonicMs>();

  constructor(private readonly clock: Pick<Clock, "monotonic">) {}

  /** The unit was asked this `asks` times without an answer; each may still come, for `forMs`. */
  add(unitId: number, request: ModbusRequest, asks: number, forMs: number): void {
    const entry: Outstanding = {
      functionCode: functionCodeOf(request),
      pduLength: answerLength(request),
      until: later(this.clock.monotonic(), forMs),
    };
    const all = [...this.alive(unitId), ...Array<Outstanding>(asks).fill(entry)];
    this.outstanding.set(unitId, all.slice(-MAX_OUTSTANDING));
  }

  /**
   * An answer of the unit to `request`, as it seems: may it be an earlier one's? Units answer in order: if so, that one
   * and those before it are settled now; if not, all are.
   */
  claim(unitId: number, request: ModbusRequest, pdu: Uint8Array): boolean {
    if (this.outstanding.size === 0) return false;
    const alive = this.alive(unitId);
    const at = alive.findIndex((earlier) => couldGet(earlier, request, pdu));
    const left = at < 0 ? [] : alive.slice(at + 1);
    if (left.length > 0) this.outstanding.set(unitId, left);
    else this.outstanding.delete(unitId);
    return at >= 0;
  }

  /** An answer of this unit may still come: it is not asked for so long. */
  hold(unitId: number, forMs: number): void {
    this.held.set(unitId, later(this.clock.monotonic(), forMs));
  }

  /** Nothing of this unit can come any more. */
  release(unitId: number): void {
    this.held.delete(unitId);
  }

  /** Until when this unit is not asked. */
  heldUntil(unitId: number): MonotonicMs | undefined {
    return this.held.get(unitId);
  }

  /** How long this unit is not asked yet, ms; 0: it may be asked. */
  heldMs(unitId: number): number {
    const until = this.held.get(unitId);
    return until === undefined ? 0 : Math.max(0, until - this.clock.monotonic());
  }

  /** Whether anything of this unit may still come. */
  any(unitId: number): boolean {
    return this.alive(unitId).length > 0;
  }

  private alive(unitId: number): Outstanding[] {
    const now = this.clock.monotonic();
    return (this.outstanding.get(unitId) ?? []).filter(({ until }) => until > now);
  }
}

/** An exception says only its function code. */
function couldGet({ functionCode, pduLength }: Outstanding, request: ModbusRequest, pdu: Uint8Array): boolean {
  if (functionCode !== functionCodeOf(request)) return false;
  return pdu[0] !== functionCode || typeof pduLength !== "number" || pdu.length === pduLength;
}
