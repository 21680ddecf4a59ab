import type { OrderedStore } from "../../src/kernel/orderedStore";
import type { ManualClock } from "./manualClock";

/** A store as one life of a process sees it. */
export interface PacedStore extends OrderedStore {
  /** kill -9: what is under way is never answered, and may not be done either. */
  die(): void;
}

/** Every access takes as long as `paceMs` says when it begins, and what it does is done half way. */
export function createPacedStore(store: OrderedStore, clock: ManualClock, paceMs: () => number): PacedStore {
  let isDead = false;
  const rest = async (ms: number): Promise<void> => {
    if (ms > 0) await new Promise<void>((resolve) => clock.setTimer(ms, resolve));
    if (isDead) await new Promise<never>(() => undefined);
  };
  const paced = async <T>(access: () => Promise<T>): Promise<T> => {
    const half = paceMs() / 2;
    await rest(half);
    const outcome = await access();
    await rest(half);
    return outcome;
  };
  return {
    exists: () => paced(() => store.exists()),
    open: (visit) => paced(() => store.open(visit)),
    write: (puts, removals) => paced(() => store.write(puts, removals)),
    read: (from, below, limit, maxBytes) => paced(() => store.read(from, below, limit, maxBytes)),
    close: () => paced(() => store.close()),
    clear: () => paced(() => store.clear()),
    die() {
      isDead = true;
    },
  };
}
