import type { Point } from "../core/points/point";
import type { Clock } from "../kernel/clock";
import type { MonotonicMs } from "../kernel/units";

/**
 * `minWriteIntervalMs`: when each point was last written. Of this process only: after a restart every point may be
 * written at once.
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

  /** They are being written now. The function takes that back for one that was not sent after all. */
  take(device: string, points: readonly Point[]): (name: string) => void {
    const now = this.clock.monotonic();
    const before = new Map<string, MonotonicMs | undefined>();
    for (const { name, write } of points) {
      if (write?.minIntervalMs === undefined) continue;
      before.set(name, this.#last.get(`${device}/${name}`));
      this.#last.set(`${device}/${name}`, now);
    }
    return (name) => {
      const key = `${device}/${name}`;
      if (!before.has(name) || this.#last.get(key) !== now) return;
      const last = before.get(name);
      if (last === undefined) this.#last.delete(key);
      else this.#last.set(key, last);
    };
  }
}
