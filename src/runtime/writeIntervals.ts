import type { WriteStep } from "../core/planning/writeSteps";
import type { Point } from "../core/points/point";
import type { Clock } from "../kernel/clock";
import type { MonotonicMs } from "../kernel/units";
import type { StepIntervals } from "./deviceAccessWrite";

/**
 * `minWriteIntervalMs`: when each point was last sent. Of this process only: after a restart every point may be written
 * at once.
 */
export class WriteIntervals {
  readonly #last = new Map<string, MonotonicMs>();

  constructor(private readonly clock: Pick<Clock, "monotonic">) {}

  /** How long until all of these points may be written, ms. */
  waitMs(device: string, points: readonly Point[]): number {
    const now = this.clock.monotonic();
    return Math.max(
      0,
      ...points.map(({ name, write }) => {
        const last = this.#last.get(`${device}/${name}`);
        return last === undefined ? 0 : last + (write?.minIntervalMs ?? 0) - now;
      }),
    );
  }

  /** For the steps of one device. */
  of(device: string): StepIntervals {
    return {
      restMs: (step) => this.waitMs(device, pointsOf(step)),
      sending: (step) => this.#sending(device, pointsOf(step)),
    };
  }

  #sending(device: string, points: readonly Point[]): () => void {
    const now = this.clock.monotonic();
    const before = new Map<string, MonotonicMs | undefined>();
    for (const { name, write } of points) {
      if (write?.minIntervalMs === undefined) continue;
      const key = `${device}/${name}`;
      before.set(key, this.#last.get(key));
      this.#last.set(key, now);
    }
    return () => {
      for (const [key, last] of before) {
        if (last === undefined) this.#last.delete(key);
        else this.#last.set(key, last);
      }
    };
  }
}

function pointsOf({ writes }: WriteStep): readonly Point[] {
  return writes.map(({ point }) => point);
}
