import type { Clock, Timer } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import type { HubFailure } from "./edgeHub";

type Done<T> = (error?: Error | null, value?: T) => void;

/** Calls of a callback API of which some never answer: each settles once, by its answer, its deadline or `abandon`. */
export interface DeadlineCalls {
  /** Resolves `timeout` after `timeoutMs`; a throw of `begin` counts as an answer. Never rejects. */
  run<T>(what: string, timeoutMs: number, begin: (done: Done<T>) => void): Promise<Result<T | undefined, HubFailure>>;
  /** No call is under way. */
  readonly idle: boolean;
  /** Ends every call under way, and every later one at once, with this failure. */
  abandon(failure: HubFailure): void;
}

/** @param classify what an error of the API means. */
export function createDeadlineCalls(
  clock: Pick<Clock, "setTimer">,
  classify: (error: Error) => HubFailure["kind"],
): DeadlineCalls {
  const pending = new Set<(failure: HubFailure) => void>();
  let abandoned: HubFailure | undefined;

  function start<T>(
    what: string,
    timeoutMs: number,
    begin: (done: Done<T>) => void,
    settle: (outcome: Result<T | undefined, HubFailure>) => void,
  ): void {
    const end = (outcome: Result<T | undefined, HubFailure>): void => {
      if (!pending.delete(fail)) return;
      timer.cancel();
      settle(outcome);
    };
    const fail = (failure: HubFailure): void => end(err(failure));
    const timer: Timer = clock.setTimer(timeoutMs, () =>
      fail({ kind: "timeout", detail: `${what}: no answer within ${timeoutMs} ms` }),
    );
    pending.add(fail);
    const failed = (error: Error): void => fail({ kind: classify(error), detail: `${what}: ${error.message}` });
    try {
      begin((error, value) => (error ? failed(error) : end(ok(value))));
    } catch (error) {
      failed(error instanceof Error ? error : new TypeError(String(error)));
    }
  }

  return {
    run: (what, timeoutMs, begin) =>
      new Promise((resolve) => {
        if (abandoned === undefined) start(what, timeoutMs, begin, resolve);
        else resolve(err(abandoned));
      }),
    get idle() {
      return pending.size === 0;
    },
    abandon(failure) {
      abandoned ??= failure;
      for (const fail of [...pending]) fail(abandoned);
    },
  };
}
