import type { Clock, Timer } from "../../src/kernel/clock";
import { type EpochMs, epochMs, type MonotonicMs, monotonicMs } from "../../src/kernel/units";

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves time by `ms`: timers that fall due run in the order of their instants, promises settle between them. */
  advance(ms: number): Promise<void>;
  /**
   * Jumps from timer to timer until `promise` settles, and returns its outcome. Fails when no timer is left or
   * `limitMs` have passed: then nothing will ever settle it.
   */
  advanceUntil<T>(promise: Promise<T>, limitMs?: number): Promise<T>;
  /** Lets everything that is ready now run; time stands still. */
  settle(): Promise<void>;
  /** Shifts the wall clock against the monotonic one (an NTP step). */
  stepEpoch(ms: number): void;
  /** Timers set and neither run nor cancelled. */
  readonly pendingTimers: number;
}

interface Entry {
  readonly at: number;
  readonly sequence: number;
  readonly callback: () => void;
}

/** Settles what hangs on promises (a macrotask runs only when the microtask queue is empty). */
async function drain(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Starts at 2026-01-01T00:00:00Z unless told otherwise; `monotonic()` starts at 0. */
export function createManualClock(startEpoch = Date.UTC(2026, 0, 1)): ManualClock {
  const timers = new Set<Entry>();
  let now = 0;
  let offset = startEpoch;
  let sequence = 0;

  function earliest(limit: number): Entry | undefined {
    let first: Entry | undefined;
    for (const entry of timers) {
      if (entry.at > limit) continue;
      if (first === undefined || entry.at < first.at || (entry.at === first.at && entry.sequence < first.sequence)) {
        first = entry;
      }
    }
    return first;
  }

  function run(entry: Entry): void {
    timers.delete(entry);
    now = Math.max(now, entry.at);
    entry.callback();
  }

  async function advance(ms: number): Promise<void> {
    const target = now + ms;
    await drain();
    for (let entry = earliest(target); entry !== undefined; entry = earliest(target)) {
      run(entry);
      await drain();
    }
    now = target;
  }

  async function advanceUntil<T>(promise: Promise<T>, limitMs = 3_600_000): Promise<T> {
    const limit = now + limitMs;
    let settled = false;
    const mark = (): void => {
      settled = true;
    };
    promise.then(mark, mark);
    await drain();
    while (!settled) {
      const entry = earliest(limit);
      if (entry === undefined) throw new Error(`still pending: no timer is due within ${limitMs} ms`);
      run(entry);
      await drain();
    }
    return promise;
  }

  return {
    monotonic: (): MonotonicMs => monotonicMs(now),
    epoch: (): EpochMs => epochMs(Math.round(now + offset)),
    shift: () => offset - startEpoch,
    setTimer(delayMs: number, callback: () => void): Timer {
      const entry: Entry = { at: now + Math.min(Math.max(delayMs, 0), 2 ** 31 - 1), sequence: sequence++, callback };
      timers.add(entry);
      return { cancel: () => void timers.delete(entry) };
    },
    advance,
    advanceUntil,
    settle: drain,
    stepEpoch(ms: number): void {
      offset += ms;
    },
    get pendingTimers() {
      return timers.size;
    },
  };
}
