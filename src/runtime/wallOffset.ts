import type { Clock } from "../kernel/clock";

type WallClock = Pick<Clock, "epoch" | "monotonic">;

/** One function a clock, not one a connection. */
const known = new WeakMap<WallClock, () => number>();

/** Tells wall time (ms since 1970) minus monotonic time. */
export function wallOffsetOf(clock: WallClock): () => number {
  const offset = known.get(clock) ?? (() => clock.epoch() - clock.monotonic());
  known.set(clock, offset);
  return offset;
}
