import type { Group } from "../core/config/gatewayConfig";
import { Accumulator } from "../core/points/aggregate";
import type { Point } from "../core/points/point";
import type { Sample } from "../core/telemetry/sample";
import { type EpochMs, epochMs } from "../kernel/units";

/** An instant by every clock. */
export interface Now {
  /** Monotonic, ms. */
  readonly running: number;
  readonly epoch: EpochMs;
  /** By how much the wall clock has been stepped since the start, ms. */
  readonly shift: number;
}

interface Gathered {
  readonly accumulator: Accumulator;
  /** When its last good response (without one: its last failure) arrived, by the wall clock of `shift`. */
  at: EpochMs;
  shift: number;
  isGood: boolean;
}

/**
 * The values of a group between two publications. It closes with a poll, never between two: with the one that is
 * nearest to the end of the period. Periods of a group with `align` end on the grid of UTC; those of others are counted
 * from the first poll, which belongs to the first period beside those that every period has.
 */
export class PublishWindow {
  readonly #group: Group;
  readonly #everyMs: number;
  readonly #points = new Map<Point, Gathered>();
  #endsAt: number | undefined;

  constructor(group: Group, publish: NonNullable<Group["publish"]>) {
    this.#group = group;
    this.#everyMs = publish.everyMs;
    this.#kind = publish.aggregate;
  }

  readonly #kind: NonNullable<Group["publish"]>["aggregate"];

  /** Differences go on from where the window before has ended, of points that are the same. */
  continueFrom(before: PublishWindow, isSame: (was: Point, is: Point) => boolean, points: readonly Point[]): void {
    if (this.#kind !== "delta" || before.#kind !== "delta") return;
    const own = new Map(points.map((point) => [point.name, point]));
    for (const [was, gathered] of before.#points) {
      const is = own.get(was.name);
      if (is !== undefined && isSame(was, is)) this.#points.set(is, gathered);
    }
  }

  add({ point, reading, at }: Sample, now: Now): void {
    let gathered = this.#points.get(point);
    if (gathered === undefined) {
      gathered = { accumulator: new Accumulator(point, this.#kind), at, shift: now.shift, isGood: false };
      this.#points.set(point, gathered);
    }
    gathered.accumulator.add(reading);
    const isGood = "value" in reading;
    if (gathered.isGood && !isGood) return;
    gathered.isGood = isGood;
    gathered.at = at;
    gathered.shift = now.shift;
  }

  /** What the period has yielded, when it is over; each point that was read once. */
  close(now: Now): readonly Sample[] {
    this.#endsAt ??= this.#firstEnd(now);
    if (now.running < this.#endsAt - this.#group.intervalMs / 2) return [];
    this.#endsAt = this.#nextEnd(now);
    return [...this.#points].map(([point, gathered]) => closed(point, gathered, now));
  }

  /** What there is of a period that is cut short: the points that have a good value in it. */
  cutShort(now: Now): readonly Sample[] {
    const good = [...this.#points].filter(([, { isGood }]) => isGood);
    return good.map(([point, gathered]) => closed(point, gathered, now));
  }

  #firstEnd(now: Now): number {
    const { align, intervalMs } = this.#group;
    if (align === true) return this.#gridEnd(now, -intervalMs / 2);
    return this.#everyMs < intervalMs * 1.5 ? now.running : now.running + this.#everyMs;
  }

  /** Counted from the poll that has just closed the last one: polls are on a grid, so nothing drifts. */
  #nextEnd(now: Now): number {
    const { align, intervalMs } = this.#group;
    return align === true ? this.#gridEnd(now, intervalMs / 2) : now.running + this.#everyMs;
  }

  /** The first multiple of the period, since 1970, at or after the instant that is `fromMs` away from now. */
  #gridEnd(now: Now, fromMs: number): number {
    const end = Math.ceil((now.epoch + fromMs) / this.#everyMs) * this.#everyMs;
    return now.running + end - now.epoch;
  }
}

function closed(point: Point, gathered: Gathered, { shift }: Now): Sample {
  gathered.isGood = false;
  const at = epochMs(gathered.at + shift - gathered.shift);
  return { point, at, reading: gathered.accumulator.close() };
}
