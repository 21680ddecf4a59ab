import { type Entry, type EntryKey, keyOf, parseKey } from "./outboxEntry";
import type { OutboxLanes } from "./outboxLanes";

/** What looking through an opened store has shown. */
export interface Adopted {
  /** Messages that are only in the store. */
  readonly unloaded: readonly EntryKey[];
  /** Messages that nobody knew of: an earlier start has left them. */
  readonly recovered: number;
  /** Messages that should have been in the store and are not. */
  readonly lost: number;
  /** By this much the sequences of what has been offered so far were raised. */
  readonly raisedBy: number;
}

interface Parsed {
  readonly key: string;
  readonly at: EntryKey;
}

/**
 * Makes the lanes, and the removals that are still to be made, agree with the keys of a store that has just been opened.
 * `isFirst`: nothing of this start is in it; what has been offered so far comes after all that is found.
 */
export function adoptKeys(
  keys: readonly string[],
  lanes: OutboxLanes,
  removing: Set<string>,
  isFirst: boolean,
): Adopted {
  const parsed = keys.flatMap((key): readonly Parsed[] => {
    const at = parseKey(key);
    return at === undefined ? [] : [{ key, at }];
  });
  const raisedBy = isFirst ? standBehind(parsed, lanes) : 0;
  forgetMissing(new Set(keys), lanes, removing);
  const expected = lanes.unloaded.entries;
  const strangers = parsed.filter(({ key }) => !removing.has(key) && !lanes.storedInMemory.has(key));
  // Writes that were taken for failed may have been made.
  const unstored = isFirst ? new Map<string, Entry>() : unstoredByKey(lanes);
  const unloaded: EntryKey[] = [];
  let written = 0;
  for (const { key, at } of strangers) {
    const entry = unstored.get(key);
    if (entry !== undefined && !lanes.stored(entry, key)) continue;
    if (entry !== undefined) written += 1;
    unloaded.push(at);
  }
  lanes.adoptUnloaded(unloaded);
  const before = unloaded.length - written;
  return { unloaded, raisedBy, recovered: Math.max(0, before - expected), lost: Math.max(0, expected - before) };
}

/** What has been offered before the store could be opened comes after what is in it, in its lane and by its number. */
function standBehind(parsed: readonly Parsed[], lanes: OutboxLanes): number {
  let next = 0;
  const withBulk = new Set<string>();
  for (const { at } of parsed) {
    next = Math.max(next, at.sequence + 1);
    if (!at.urgent) withBulk.add(at.lane);
  }
  for (const entry of lanes.entries()) {
    entry.sequence += next;
    entry.urgent &&= !withBulk.has(entry.lane);
  }
  return next;
}

function forgetMissing(present: ReadonlySet<string>, lanes: OutboxLanes, removing: Set<string>): void {
  for (const key of removing) if (!present.has(key)) removing.delete(key);
  for (const [key, entry] of lanes.storedInMemory) if (!present.has(key)) lanes.unstore(entry, key);
}

function unstoredByKey(lanes: OutboxLanes): Map<string, Entry> {
  const unstored = new Map<string, Entry>();
  for (const entry of lanes.entries()) if (!entry.stored) unstored.set(keyOf(entry), entry);
  return unstored;
}
