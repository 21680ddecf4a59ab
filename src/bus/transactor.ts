import type { ModbusFailure } from "../core/modbus/failure";
import type { ModbusRequest, ResponseOf } from "../core/modbus/pdu";
import type { Result } from "../kernel/result";
import type { EpochMs, MonotonicMs } from "../kernel/units";

/** A good answer and when its last byte arrived. */
export interface Answer<R extends ModbusRequest> {
  readonly response: ResponseOf<R>;
  readonly at: EpochMs;
  /** From the first byte sent to the last byte received. */
  readonly elapsedMs: number;
  readonly receivedAt: MonotonicMs;
}

export interface TransactOptions {
  /** To the first byte of the answer; default: the connection's. */
  readonly timeoutMs?: number;
  /** Rest before this request, at least; default: the connection's. */
  readonly gapMs?: number;
  /** Takes an answer with another unit id (mbap: the transaction id says that it is the answer). */
  readonly lenientUnitId?: boolean;
  /** Asked again when the request has had to wait for its link, or for its unit to rest: false, and it is not sent. */
  isStillWanted?(): boolean;
  readonly signal?: AbortSignal;
}

/** Carries out one Modbus transaction at a time. Never rejects; settles at its deadline at the latest. */
export interface Transactor {
  transact<R extends ModbusRequest>(
    unitId: number,
    request: R,
    options?: TransactOptions,
  ): Promise<Result<Answer<R>, ModbusFailure>>;
}
