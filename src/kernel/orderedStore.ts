import type { Result } from "./result";

/** A key and its value. Keys are ordered by their characters, all of them below 0x80. */
export type StoredRecord = readonly [key: string, value: string];

/**
 * Texts by key, in the order of the keys, on something that outlives the process. One caller at a time. After a failure
 * the store is opened anew for the next attempt to write; until then it may still be read. Nothing rejects.
 */
export interface OrderedStore {
  /** Whether something may have been kept here before. False: there is nothing to look for, opening can wait. */
  exists(): Promise<boolean>;
  /**
   * Makes it where there is none, sets aside what is damaged and saves of it what can be read; then names every key,
   * in order. An error says in words why it can't be used now. One that is open, after a failure, stays so where it
   * can't be opened anew.
   */
  open(visit: (key: string) => void): Promise<Result<void, string>>;
  /** All of it or nothing. When it resolves, the puts survive the end of the process and of the power. */
  write(puts: readonly StoredRecord[], removals: readonly string[]): Promise<Result<void, string>>;
  /** The first records from key `from` on and below key `below`; ends with the one that reaches `limit` or `maxBytes`. */
  read(from: string, below: string, limit: number, maxBytes: number): Promise<Result<readonly StoredRecord[], string>>;
  close(): Promise<void>;
  /** Closes it and removes it from the disk: for a store in which nothing is left. */
  clear(): Promise<void>;
}
