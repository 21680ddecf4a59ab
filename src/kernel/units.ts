declare const unit: unique symbol;
type Branded<T, U extends string> = T & { readonly [unit]: U };

/** A duration in milliseconds. */
export type Millis = Branded<number, "ms">;

/** A wall-clock instant: milliseconds since 1970-01-01T00:00:00Z. Only for stamps that people read, never for intervals. */
export type EpochMs = Branded<number, "epoch ms">;

/** An instant of the monotonic clock: milliseconds since an arbitrary start; never steps. */
export type MonotonicMs = Branded<number, "monotonic ms">;

export function millis(value: number): Millis {
  return value as Millis;
}

export function epochMs(value: number): EpochMs {
  return value as EpochMs;
}

export function monotonicMs(value: number): MonotonicMs {
  return value as MonotonicMs;
}

export function later(instant: MonotonicMs, duration: number): MonotonicMs {
  return (instant + duration) as MonotonicMs;
}

/** Milliseconds from `start` to `end`; negative when `end` is earlier. */
export function between(start: MonotonicMs, end: MonotonicMs): Millis {
  return (end - start) as Millis;
}
