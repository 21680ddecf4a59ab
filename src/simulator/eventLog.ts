/** The last `limit` events, and a feed of the new ones. Older events are dropped and counted. */
export interface EventLog<T> {
  /** Oldest first. */
  entries(): readonly T[];
  /** Events that are no longer in `entries`. */
  readonly dropped: number;
  /** Calls `listener` with every event from now on; returns how to stop. */
  subscribe(listener: (event: T) => void): () => void;
}

export interface EventLogWriter<T> extends EventLog<T> {
  add(event: T): void;
}

export function createEventLog<T>(limit: number): EventLogWriter<T> {
  // A ring: `start` is the oldest entry once it is full.
  const ring: T[] = [];
  const listeners = new Set<(event: T) => void>();
  let start = 0;
  let dropped = 0;
  return {
    entries: () => [...ring.slice(start), ...ring.slice(0, start)],
    get dropped() {
      return dropped;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    add(event) {
      if (ring.length < limit) {
        ring.push(event);
      } else {
        ring[start] = event;
        start = (start + 1) % limit;
        dropped++;
      }
      for (const listener of listeners) listener(event);
    },
  };
}
