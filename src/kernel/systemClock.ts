import type { Clock, Timer } from "./clock";
import { type EpochMs, epochMs, type MonotonicMs, monotonicMs } from "./units";

/** A wall clock that differs by more than this from our offset has stepped (NTP after boot): adopt it. */
const STEP_MS = 2000;
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The thread is kept for no longer than this. */
const LONGEST_HOLD_MS = 2;
/** What the system is late by when it wakes a sleeping thread: the rest is spent looking at the clock. */
const WAKING_MS = 0.06;
const NOBODY_WRITES = new Int32Array(new SharedArrayBuffer(4));

class SystemTimer implements Timer {
  constructor(private readonly handle: NodeJS.Timeout) {}

  cancel(): void {
    clearTimeout(this.handle);
  }
}

/** The clock of the machine. The only place that may read `Date.now` or set a bare timer. */
export function createSystemClock(): Clock {
  let offset = Date.now() - performance.now();
  let shift = 0;

  function follow(now: number): void {
    const step = Date.now() - now - offset;
    if (Math.abs(step) <= STEP_MS) return;
    offset += step;
    shift += step;
  }

  return {
    monotonic: (): MonotonicMs => monotonicMs(performance.now()),
    epoch(): EpochMs {
      const now = performance.now();
      follow(now);
      return epochMs(Math.round(now + offset));
    },
    shift(): number {
      follow(performance.now());
      return Math.round(shift);
    },
    setTimer(delayMs: number, callback: () => void): Timer {
      // Rounded up: timers cut fractions off, and to be woken early costs a second timer.
      return new SystemTimer(setTimeout(callback, Math.min(Math.max(Math.ceil(delayMs), 0), MAX_TIMER_MS)));
    },
    holdUntil(at: MonotonicMs): void {
      const leftMs = at - performance.now();
      if (leftMs > LONGEST_HOLD_MS) return;
      if (leftMs > WAKING_MS) Atomics.wait(NOBODY_WRITES, 0, 0, leftMs - WAKING_MS);
      while (performance.now() < at);
    },
  };
}
