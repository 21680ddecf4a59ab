import { failure, type ModbusFailure } from "../core/modbus/failure";
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

/** A request that nobody wanted any more when its link, or its unit, was ready for it. */
export const WITHDRAWN = failure("aborted", "not sent: it was withdrawn while it waited");

/** How any transaction ends. */
export type Outcome = Result<Answer<ModbusRequest>, ModbusFailure>;

/** Hears the outcome of a request, once, and never before the call that asked has returned. Must not throw. */
export interface OutcomeSink {
  settled(outcome: Outcome): void;
  /** Hears instead of a bug of ours that ended the request. Absent: it ends the process. */
  broken?(bug: unknown): void;
}

/** Carries out one Modbus transaction at a time. Never rejects; settles at its deadline at the latest. */
export interface Transactor {
  transact<R extends ModbusRequest>(
    unitId: number,
    request: R,
    options?: TransactOptions,
  ): Promise<Result<Answer<R>, ModbusFailure>>;
  /**
   * The same for polls: a thousand requests under way, each of which would else have promises and closures of its own.
   * Absent where `transact` is all there is.
   */
  ask?(unitId: number, request: ModbusRequest, options: TransactOptions | undefined, sink: OutcomeSink): void;
}

/** Asks by the quickest way that the bus has. */
export function ask(
  bus: Transactor,
  unitId: number,
  request: ModbusRequest,
  options: TransactOptions | undefined,
  sink: OutcomeSink,
): void {
  if (bus.ask !== undefined) bus.ask(unitId, request, options, sink);
  else handOver(bus.transact(unitId, request, options), sink);
}

/** The sink hears what becomes of the promise. */
export function handOver(outcome: Promise<Outcome>, sink: OutcomeSink): void {
  void outcome.then(
    (settled) => sink.settled(settled),
    (bug: unknown) => (sink.broken === undefined ? Promise.reject(bug) : sink.broken(bug)),
  );
}

/** A bus whose own way is `ask`: `transact` is a promise of what its sink would be told. */
export abstract class AskedTransactor implements Transactor {
  abstract ask(unitId: number, request: ModbusRequest, options: TransactOptions | undefined, sink: OutcomeSink): void;

  transact<R extends ModbusRequest>(
    unitId: number,
    request: R,
    options?: TransactOptions,
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    return new Promise((resolve, reject) => {
      // The codec makes the outcome of a call fit its request.
      this.ask(unitId, request, options, { settled: resolve as (outcome: Outcome) => void, broken: reject });
    });
  }
}
