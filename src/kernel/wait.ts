import type { Clock, Timer } from "./clock";

/** Waits `delayMs`, or until the signal aborts. Resolves `"elapsed"` or `"aborted"`; never rejects. */
export function wait(
  clock: Pick<Clock, "setTimer">,
  delayMs: number,
  signal: AbortSignal,
): Promise<"elapsed" | "aborted"> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve("aborted");
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      resolve("aborted");
    };
    const timer = clock.setTimer(delayMs, () => {
      signal.removeEventListener("abort", onAbort);
      resolve("elapsed");
    });
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

/** A promise settled from outside, for the few places where a callback world meets ours. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

export function deferred<T>(): Deferred<T> {
  let settle: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}

/** The outcome of `promise`, or `undefined` when `delayMs` pass first. The promise itself goes on. */
export function within<T>(
  clock: Pick<Clock, "setTimer">,
  delayMs: number,
  promise: Promise<T>,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(delayMs, () => resolve(undefined));
    promise.then(
      (value) => {
        timer.cancel();
        resolve(value);
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}

/** A signal that aborts `delayMs` after the other one; `done` releases it. */
export function delayedSignal(
  clock: Pick<Clock, "setTimer">,
  signal: AbortSignal,
  delayMs: number,
): { readonly signal: AbortSignal; done(): void } {
  const controller = new AbortController();
  let timer: Timer | undefined;
  const onAbort = (): void => {
    timer = clock.setTimer(delayMs, () => controller.abort());
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    signal: controller.signal,
    done() {
      signal.removeEventListener("abort", onAbort);
      timer?.cancel();
    },
  };
}

/** Resolves when the signal aborts, at once where it has. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
