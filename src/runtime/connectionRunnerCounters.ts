import type { Priority } from "../core/config/gatewayConfig";
import type { Pace } from "../core/planning/timetable";
import type { EpochMs, MonotonicMs } from "../kernel/units";
import type { DeviceCounters } from "./connectionRunner";

/** Request times that the median is taken of. */
const RECENT = 15;
const BUCKET_MS = 4000;
/** The load is that of the last minute. */
const BUCKETS = 15;

/** Counts what happened with one device since the runner knows it. */
export interface DeviceMeter {
  good(at: EpochMs, elapsedMs: number): void;
  failed(detail: string, at: EpochMs): void;
  overrun(count: number): void;
  counters(): DeviceCounters;
}

export function createDeviceMeter(): DeviceMeter {
  return new RecentDeviceMeter();
}

class RecentDeviceMeter implements DeviceMeter {
  /** A ring: `#good` says where the next goes. */
  readonly #recent: number[] = [];
  #good = 0;
  #lastGoodAt: EpochMs | undefined;
  #failures = 0;
  #overruns = 0;
  #last: { readonly lastError: string; readonly lastErrorAt: EpochMs } | undefined;

  good(at: EpochMs, elapsedMs: number): void {
    this.#recent[this.#good % RECENT] = elapsedMs;
    this.#good += 1;
    this.#lastGoodAt = at;
  }

  failed(lastError: string, lastErrorAt: EpochMs): void {
    this.#failures += 1;
    this.#last = { lastError, lastErrorAt };
  }

  overrun(count: number): void {
    this.#overruns += count;
  }

  counters(): DeviceCounters {
    return {
      requests: this.#good + this.#failures,
      failures: this.#failures,
      overruns: this.#overruns,
      ...this.#last,
      ...(this.#lastGoodAt === undefined ? {} : { lastGoodAt: this.#lastGoodAt, latencyMs: median(this.#recent) }),
    };
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? 0;
  const lower = sorted[(sorted.length - 1) >> 1] ?? upper;
  return (lower + upper) / 2;
}

/** Share of time that a connection is busy. */
export interface LoadMeter {
  busy(from: MonotonicMs, to: MonotonicMs): void;
  /** Of the last minute, or of the time since the start where that is shorter; 0 … 100. */
  percent(now: MonotonicMs): number;
}

/** @param lanes requests that may be under way together. */
export function createLoadMeter(start: MonotonicMs, lanes = 1): LoadMeter {
  return new RingLoadMeter(start, lanes);
}

class RingLoadMeter implements LoadMeter {
  /** Busy time of each piece of time, by its number modulo the ring. */
  readonly #busyMs: number[] = new Array<number>(BUCKETS).fill(0);
  readonly #start: MonotonicMs;
  readonly #lanes: number;
  #last: number;

  constructor(start: MonotonicMs, lanes: number) {
    this.#start = start;
    this.#lanes = lanes;
    this.#last = bucketOf(start);
  }

  busy(from: MonotonicMs, to: MonotonicMs): void {
    this.#turnTo(bucketOf(to));
    const last = this.#last;
    const busyMs = this.#busyMs;
    for (let bucket = Math.max(bucketOf(from), last - BUCKETS + 1); bucket <= last; bucket++) {
      const share = Math.min(to, (bucket + 1) * BUCKET_MS) - Math.max(from, bucket * BUCKET_MS);
      if (share > 0) busyMs[bucket % BUCKETS] = (busyMs[bucket % BUCKETS] ?? 0) + share;
    }
  }

  percent(now: MonotonicMs): number {
    this.#turnTo(bucketOf(now));
    const observed = now - Math.max(this.#start, (this.#last - BUCKETS + 1) * BUCKET_MS);
    const sum = this.#busyMs.reduce((total, ms) => total + ms, 0);
    return observed <= 0 ? 0 : Math.min((100 * sum) / (observed * this.#lanes), 100);
  }

  #turnTo(bucket: number): void {
    for (let step = Math.min(bucket - this.#last, BUCKETS); step > 0; step--) {
      this.#busyMs[(bucket - step + 1) % BUCKETS] = 0;
    }
    if (bucket > this.#last) this.#last = bucket;
  }
}

function bucketOf(instant: MonotonicMs): number {
  return Math.floor(instant / BUCKET_MS);
}

/** How far polling keeps up with its intervals, by priority. */
export interface PaceMeter {
  polled(pace: readonly Pace[], now: MonotonicMs): void;
  /** Times that intervals are stretched, in the last minute or two: 1 where all was read when due. */
  stretch(now: MonotonicMs): Stretch;
}

export type Stretch = Readonly<Partial<Record<Priority, number>>>;

const PRIORITIES: readonly Priority[] = ["high", "normal", "low"];
const PACE_MS = 60_000;

export function createPaceMeter(start: MonotonicMs): PaceMeter {
  return new TwoMinutesPaceMeter(start);
}

/** By the place in `PRIORITIES`: polls done, and behind them polls missed. */
type Tally = number[];

const noTally = (): Tally => [0, 0, 0, 0, 0, 0];

class TwoMinutesPaceMeter implements PaceMeter {
  #current = noTally();
  #previous: Tally | undefined;
  #since: MonotonicMs;

  constructor(start: MonotonicMs) {
    this.#since = start;
  }

  polled(pace: readonly Pace[], now: MonotonicMs): void {
    this.#turn(now);
    for (const { priority, missed } of pace) {
      const at = PRIORITIES.indexOf(priority);
      this.#current[at] = (this.#current[at] ?? 0) + 1;
      const behind = at + PRIORITIES.length;
      if (missed > 0) this.#current[behind] = (this.#current[behind] ?? 0) + missed;
    }
  }

  stretch(now: MonotonicMs): Stretch {
    this.#turn(now);
    const sum = (at: number): number => (this.#current[at] ?? 0) + (this.#previous?.[at] ?? 0);
    const entries = PRIORITIES.flatMap((priority, at): [Priority, number][] => {
      const done = sum(at);
      return done === 0 ? [] : [[priority, (done + sum(at + PRIORITIES.length)) / done]];
    });
    return Object.fromEntries(entries);
  }

  #turn(now: MonotonicMs): void {
    if (now - this.#since < PACE_MS) return;
    this.#previous = now - this.#since < 2 * PACE_MS ? this.#current : undefined;
    this.#current = noTally();
    this.#since = now;
  }
}
