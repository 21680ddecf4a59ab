import type { Clock, Timer } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { later, type MonotonicMs } from "../kernel/units";
import type { HubFailure } from "./edgeHub";

type Done<T> = (error?: Error | null, value?: T) => void;
type Settle<T> = (outcome: Result<T | undefined, HubFailure>) => void;

/** Calls of a callback API of which some never answer: each settles once, by its answer, its deadline or `abandon`. */
export interface DeadlineCalls {
  /** Resolves `timeout` after `timeoutMs`; a throw of `begin` counts as an answer. Never rejects. */
  run<T>(what: string, timeoutMs: number, begin: (done: Done<T>) => void): Promise<Result<T | undefined, HubFailure>>;
  /** The same for those who count every promise: calls `settle` once, perhaps before it returns. */
  call<T>(what: string, timeoutMs: number, begin: (done: Done<T>) => void, settle: Settle<T>): void;
  /** No call is under way. */
  readonly idle: boolean;
  /** Ends every call under way, and every later one at once, with this failure. */
  abandon(failure: HubFailure): void;
}

/** @param classify what an error of the API means. */
export function createDeadlineCalls(
  clock: Pick<Clock, "monotonic" | "setTimer">,
  classify: (error: Error) => HubFailure["kind"],
): DeadlineCalls {
  return new SweptCalls(clock, classify);
}

interface Pending {
  readonly what: string;
  readonly timeoutMs: number;
  readonly dueAt: MonotonicMs;
  readonly settle: Settle<never>;
}

/**
 * One alarm for all calls: thousands a second are answered long before their deadline, and none of them sets a timer of
 * its own. It runs until it has found nothing under way.
 */
class SweptCalls implements DeadlineCalls {
  private readonly pending = new Set<Pending>();
  private abandoned: HubFailure | undefined;
  private alarm: Timer | undefined;
  private alarmAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly clock: Pick<Clock, "monotonic" | "setTimer">,
    private readonly classify: (error: Error) => HubFailure["kind"],
  ) {}

  get idle(): boolean {
    return this.pending.size === 0;
  }

  run<T>(what: string, timeoutMs: number, begin: (done: Done<T>) => void): Promise<Result<T | undefined, HubFailure>> {
    return new Promise((resolve) => this.call(what, timeoutMs, begin, resolve));
  }

  call<T>(what: string, timeoutMs: number, begin: (done: Done<T>) => void, settle: Settle<T>): void {
    if (this.abandoned !== undefined) {
      settle(err(this.abandoned));
      return;
    }
    const dueAt = later(this.clock.monotonic(), timeoutMs);
    const one: Pending = { what, timeoutMs, dueAt, settle: settle as Settle<never> };
    this.pending.add(one);
    if (dueAt < this.alarmAt) this.setAlarm(dueAt);
    try {
      begin((error, value) => {
        if (error) this.failed(one, error);
        else if (this.pending.delete(one)) settle(ok(value));
      });
    } catch (error) {
      this.failed(one, error instanceof Error ? error : new TypeError(String(error)));
    }
  }

  abandon(failure: HubFailure): void {
    this.abandoned ??= failure;
    this.clearAlarm();
    for (const one of [...this.pending]) this.fail(one, this.abandoned);
  }

  private failed(one: Pending, error: Error): void {
    this.fail(one, { kind: this.classify(error), detail: `${one.what}: ${error.message}` });
  }

  private fail(one: Pending, failure: HubFailure): void {
    if (this.pending.delete(one)) one.settle(err(failure));
  }

  private setAlarm(at: MonotonicMs): void {
    this.clearAlarm();
    this.alarmAt = at;
    this.alarm = this.clock.setTimer(Math.ceil(at - this.clock.monotonic()), this.sweep);
  }

  private clearAlarm(): void {
    this.alarm?.cancel();
    this.alarm = undefined;
    this.alarmAt = Number.POSITIVE_INFINITY;
  }

  private readonly sweep = (): void => {
    this.clearAlarm();
    const now = this.clock.monotonic();
    let next: MonotonicMs | undefined;
    const overdue: Pending[] = [];
    for (const one of this.pending) {
      if (one.dueAt <= now) overdue.push(one);
      else if (next === undefined || one.dueAt < next) next = one.dueAt;
    }
    if (next !== undefined) this.setAlarm(next);
    for (const one of overdue) {
      this.fail(one, { kind: "timeout", detail: `${one.what}: no answer within ${one.timeoutMs} ms` });
    }
  };
}
