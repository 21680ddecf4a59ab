import type { EpochMs, MonotonicMs } from "./units";

/** A timer that has been set. `cancel` is idempotent; after it the callback never runs. */
export interface Timer {
  cancel(): void;
}

/** The only source of time. Ask for the smallest part: `Pick<Clock, "monotonic">`. */
export interface Clock {
  /** For intervals, deadlines and order. */
  monotonic(): MonotonicMs;
  /** Wall time now, UTC: the monotonic clock plus an offset. For `Sample.at` and logs only. */
  epoch(): EpochMs;
  /** How far the wall clock has been stepped since the start, in all, ms: what `epoch` said before is off by as much. */
  shift(): number;
  /** Runs `callback` once, `delayMs` (clamped to 0 … 2^31-1) from now. The timer keeps the process alive. */
  setTimer(delayMs: number, callback: () => void): Timer;
  /**
   * Keeps the whole thread until `at`, not a moment longer than the system needs to wake it: for the last bit of a wait
   * that is finer than timers, at most 2 ms (it returns at once when `at` is further off). Absent where time is not real.
   */
  holdUntil?(at: MonotonicMs): void;
}
