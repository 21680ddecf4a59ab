import type { Transactor } from "../bus/transactor";
import type { Priority } from "../core/config/gatewayConfig";
import type { Pace } from "../core/planning/timetable";
import type { Clock } from "../kernel/clock";
import type { EpochMs, MonotonicMs } from "../kernel/units";
import type { DeviceCounters } from "./connectionRunner";

/** Request times that the median is taken of. */
const RECENT = 15;
const BUCKET_MS = 1000;
/** The load is that of the last minute. */
const BUCKETS = 60;

/** Counts what happened with one device since the runner knows it. */
export interface DeviceMeter {
  good(at: EpochMs, elapsedMs: number): void;
  failed(detail: string, at: EpochMs): void;
  overrun(count: number): void;
  counters(): DeviceCounters;
}

export function createDeviceMeter(): DeviceMeter {
  const recent: number[] = [];
  const totals: { -readonly [K in keyof DeviceCounters]: DeviceCounters[K] } = {
    requests: 0,
    failures: 0,
    overruns: 0,
  };
  return {
    good(at, elapsedMs) {
      totals.requests += 1;
      totals.lastGoodAt = at;
      recent.push(elapsedMs);
      if (recent.length > RECENT) recent.shift();
    },
    failed(detail, at) {
      totals.requests += 1;
      totals.failures += 1;
      totals.lastError = detail;
      totals.lastErrorAt = at;
    },
    overrun(count) {
      totals.overruns += count;
    },
    counters: () => (recent.length === 0 ? { ...totals } : { ...totals, latencyMs: median(recent) }),
  };
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
  /** Busy time of each second, by its number modulo the ring. */
  const busyMs = new Array<number>(BUCKETS).fill(0);
  let last = secondOf(start);

  function turnTo(second: number): void {
    for (let step = Math.min(second - last, BUCKETS); step > 0; step--) busyMs[(second - step + 1) % BUCKETS] = 0;
    last = Math.max(last, second);
  }

  return {
    busy(from, to) {
      turnTo(secondOf(to));
      const oldest = Math.max(secondOf(from), last - BUCKETS + 1);
      for (let second = oldest; second <= last; second++) {
        const share = Math.min(to, (second + 1) * BUCKET_MS) - Math.max(from, second * BUCKET_MS);
        busyMs[second % BUCKETS] = (busyMs[second % BUCKETS] ?? 0) + Math.max(share, 0);
      }
    },
    percent(now) {
      turnTo(secondOf(now));
      const observed = now - Math.max(start, (last - BUCKETS + 1) * BUCKET_MS);
      const sum = busyMs.reduce((total, ms) => total + ms, 0);
      return observed <= 0 ? 0 : Math.min((100 * sum) / (observed * lanes), 100);
    },
  };
}

function secondOf(instant: MonotonicMs): number {
  return Math.floor(instant / BUCKET_MS);
}

/** How far polling keeps up with its intervals, by priority. */
export interface PaceMeter {
  polled(pace: readonly Pace[], now: MonotonicMs): void;
  /** Times that intervals are stretched, in the last minute or two: 1 where all was read when due. */
  stretch(now: MonotonicMs): Stretch;
}

export type Stretch = Readonly<Partial<Record<Priority, number>>>;

type Tally = Map<Priority, { done: number; missed: number }>;

export function createPaceMeter(start: MonotonicMs): PaceMeter {
  let current: Tally = new Map();
  let previous: Tally = new Map();
  let since = start;

  function turn(now: MonotonicMs): void {
    if (now - since < PACE_MS) return;
    previous = now - since < 2 * PACE_MS ? current : new Map();
    current = new Map();
    since = now;
  }

  return {
    polled(pace, now) {
      turn(now);
      for (const { priority, missed } of pace) {
        const tally = current.get(priority) ?? { done: 0, missed: 0 };
        current.set(priority, tally);
        tally.done += 1;
        tally.missed += missed;
      }
    },
    stretch(now) {
      turn(now);
      const entries = (["high", "normal", "low"] as const).flatMap((priority): [Priority, number][] => {
        const parts = [current.get(priority), previous.get(priority)];
        const done = parts.reduce((sum, part) => sum + (part?.done ?? 0), 0);
        const missed = parts.reduce((sum, part) => sum + (part?.missed ?? 0), 0);
        return done === 0 ? [] : [[priority, (done + missed) / done]];
      });
      return Object.fromEntries(entries);
    },
  };
}

const PACE_MS = 60_000;

/** The same transactor, its use entered into the load. */
export function metered(bus: Transactor, load: LoadMeter, clock: Pick<Clock, "monotonic">): Transactor {
  return {
    async transact(unitId, request, options) {
      const from = clock.monotonic();
      const answer = await bus.transact(unitId, request, options);
      load.busy(from, clock.monotonic());
      return answer;
    },
  };
}
