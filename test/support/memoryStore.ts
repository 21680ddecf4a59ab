import type { OrderedStore, StoredRecord } from "../../src/kernel/orderedStore";
import { err, ok } from "../../src/kernel/result";

type Failing = "everything" | "writing" | "afterWriting" | "nothing";

/** A store in memory that outlives the outbox of a test, and fails when it is told to. */
export interface MemoryStore extends OrderedStore {
  readonly records: Map<string, string>;
  /** Puts so far: what a disk would have had to bear. */
  readonly puts: number;
  readonly isOpen: boolean;
  /** From now on: every access fails; or what writes (opening does); or writes fail after they have been made; or nothing. */
  fail(how: Failing): void;
}

export function createMemoryStore(): MemoryStore {
  const records = new Map<string, string>();
  let isOpen = false;
  let touched = false;
  let how: Failing = "nothing";
  let puts = 0;
  const keys = (): readonly string[] => [...records.keys()].sort();
  const full = err("the disk is full");

  return {
    records,
    get puts() {
      return puts;
    },
    get isOpen() {
      return isOpen;
    },
    fail(next) {
      how = next;
    },
    exists: async () => touched,
    async open(visit) {
      if (how === "everything" || how === "writing") return full;
      isOpen = true;
      touched = true;
      for (const key of keys()) visit(key);
      return ok(undefined);
    },
    async write(written, removals) {
      if (!isOpen || how === "everything" || how === "writing") return full;
      for (const [key, value] of written) records.set(key, value);
      for (const key of removals) records.delete(key);
      puts += written.length;
      return how === "afterWriting" ? full : ok(undefined);
    },
    async read(from, below, limit, maxBytes) {
      if (!isOpen || how === "everything") return full;
      const found: StoredRecord[] = [];
      let bytes = 0;
      for (const key of keys()) {
        if (key < from || key >= below) continue;
        if (found.length >= limit || bytes >= maxBytes) break;
        const value = records.get(key) ?? "";
        found.push([key, value]);
        bytes += key.length + value.length;
      }
      return ok(found);
    },
    async close() {
      isOpen = false;
    },
    async clear() {
      isOpen = false;
      touched = false;
      records.clear();
    },
  };
}
