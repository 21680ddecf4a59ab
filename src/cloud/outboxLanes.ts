import { invariant } from "../kernel/invariant";
import type { Entry, EntryKey } from "./outboxEntry";
import { createReadyLanes, type ReadyLanes } from "./readyLanes";

/**
 * The messages of one device, in order: `head` is in memory and may be sent, then come those that are only in the store
 * (`unloaded`, a number), then `tail`, in memory but behind them.
 */
export interface Lane {
  readonly name: string;
  readonly head: Entry[];
  unloaded: number;
  /** Those of `unloaded` that are bulk, not urgent. */
  unloadedBulk: number;
  readonly tail: Entry[];
  /** `head[0]` is on its way to the hub, or rests before it is sent again. */
  busy: boolean;
}

/** Which messages there are and in what order they go. Pure: no clock, no store, no hub. */
export class OutboxLanes {
  /** Lanes whose next message may be sent. */
  readonly ready: ReadyLanes = createReadyLanes();
  /** Stored entries that are in memory too, by key. */
  readonly storedInMemory = new Map<string, Entry>();
  private readonly lanes = new Map<string, Lane>();
  private memory = { entries: 0, bytes: 0 };
  private disk = { entries: 0, bytes: 0, urgent: 0 };

  /** Messages in memory, those on their way included. */
  get inMemory(): { readonly entries: number; readonly bytes: number } {
    return this.memory;
  }

  /** Messages that are only in the store; the urgent ones are counted in `entries` too. */
  get unloaded(): { readonly entries: number; readonly bytes: number; readonly urgent: number } {
    return this.disk;
  }

  /**
   * Whether every message of the lane that waits is urgent (or none does): then another urgent one may be stored ahead
   * of the bulk. So the urgent ones of a lane always come before its bulk, and looking at the last one is enough.
   */
  holdsOnlyUrgent(name: string): boolean {
    const lane = this.lanes.get(name);
    if (lane === undefined) return true;
    return lane.unloadedBulk === 0 && (lane.tail.at(-1) ?? lane.head.at(-1))?.urgent !== false;
  }

  add(entry: Entry): void {
    const lane = this.laneOf(entry.lane);
    (lane.unloaded === 0 ? lane.head : lane.tail).push(entry);
    this.remember(entry);
    this.ready.enlist(lane);
  }

  /** The first message of the lane is settled: its successor may go. */
  settleFirst(lane: Lane): Entry {
    const entry = lane.head.shift();
    invariant(entry !== undefined, "a busy lane has a first message");
    lane.busy = false;
    this.forget(entry);
    this.tidy(lane);
    return entry;
  }

  /** The first message of the lane is to be sent again. */
  retryFirst(lane: Lane): void {
    lane.busy = false;
    this.ready.enlist(lane);
  }

  /**
   * Removes the oldest message in memory that is not on its way, to the hub or to the disk (from there a kill could bring
   * it back behind its successors). `undefined`: there is none.
   */
  dropOldest(): Entry | undefined {
    const lane = this.oldestLane();
    if (lane === undefined) return undefined;
    const entry = oldestOf(lane);
    invariant(entry !== undefined, "the oldest lane has a message that waits");
    const entries = lane.head.includes(entry) ? lane.head : lane.tail;
    entries.splice(entries.indexOf(entry), 1);
    this.forget(entry);
    this.tidy(lane);
    return entry;
  }

  /** The sequence of the message that `dropOldest` would remove. */
  oldestSequence(): number {
    const lane = this.oldestLane();
    return (lane && oldestOf(lane)?.sequence) ?? Number.POSITIVE_INFINITY;
  }

  /** Leaves stored messages to the store, the newest first, until at most `bytes` are in memory. Returns the keys' entries. */
  evict(bytes: number): readonly Entry[] {
    const stored = [...this.storedInMemory.values()].sort((a, b) => b.sequence - a.sequence);
    const evicted: Entry[] = [];
    for (const entry of stored) {
      if (this.memory.bytes <= bytes) break;
      const lane = this.laneOf(entry.lane);
      const at = lane.head.lastIndexOf(entry);
      if (at < (lane.busy ? 1 : 0)) continue;
      // What came after it and is not stored waits behind it.
      lane.tail.unshift(...lane.head.splice(at).slice(1));
      this.leave(lane, entry);
      evicted.push(entry);
      if (lane.head.length === 0) this.ready.remove(lane);
    }
    return evicted;
  }

  /** The entry is in the store now; returns true where it stays only there, for others of its lane wait there before it. */
  stored(entry: Entry, key: string): boolean {
    entry.stored = true;
    entry.key = key;
    this.storedInMemory.set(key, entry);
    const lane = this.laneOf(entry.lane);
    if (lane.head[0] === entry) this.ready.enlist(lane);
    if (lane.unloaded === 0 || lane.tail[0] !== entry) return false;
    lane.tail.shift();
    this.leave(lane, entry);
    return true;
  }

  /** A message that was only in the store is in memory. */
  loaded(entry: Entry, key: string): void {
    const lane = this.laneOf(entry.lane);
    this.lessUnloaded(lane, entry);
    entry.stored = true;
    entry.key = key;
    this.storedInMemory.set(key, entry);
    lane.head.push(entry);
    this.remember(entry);
    this.tidy(lane);
  }

  /** A message that was only in the store is gone: dropped, or not readable. */
  lost(key: EntryKey): void {
    const lane = this.laneOf(key.lane);
    this.lessUnloaded(lane, key);
    this.tidy(lane);
  }

  /** What the store holds and memory does not, found by looking through it: replaces what was believed. */
  adoptUnloaded(found: readonly EntryKey[]): void {
    this.disk = { entries: 0, bytes: 0, urgent: 0 };
    for (const lane of this.lanes.values()) {
      lane.unloaded = 0;
      lane.unloadedBulk = 0;
    }
    const oldest = new Map<Lane, number>();
    for (const key of found) {
      const lane = this.laneOf(key.lane);
      this.moreUnloaded(lane, key);
      oldest.set(lane, Math.min(oldest.get(lane) ?? Number.POSITIVE_INFINITY, key.sequence));
    }
    for (const lane of this.lanes.values()) {
      this.standBehind(lane, oldest.get(lane) ?? Number.POSITIVE_INFINITY);
      this.tidy(lane);
    }
  }

  /** The entry is no longer in the store: it was damaged there. */
  unstore(entry: Entry, key: string): void {
    entry.stored = false;
    this.storedInMemory.delete(key);
    this.ready.enlist(this.laneOf(entry.lane));
  }

  /** Every entry in memory. */
  *entries(): Iterable<Entry> {
    for (const lane of this.lanes.values()) {
      yield* lane.head;
      yield* lane.tail;
    }
  }

  private laneOf(name: string): Lane {
    const known = this.lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = { name, head: [], unloaded: 0, unloadedBulk: 0, tail: [], busy: false };
    this.lanes.set(name, lane);
    return lane;
  }

  private oldestLane(): Lane | undefined {
    let oldest: Lane | undefined;
    let sequence = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes.values()) {
      const own = oldestOf(lane)?.sequence ?? Number.POSITIVE_INFINITY;
      if (own >= sequence) continue;
      sequence = own;
      oldest = lane;
    }
    return oldest;
  }

  private leave(lane: Lane, entry: Entry): void {
    this.forget(entry);
    this.moreUnloaded(lane, entry);
  }

  /** What is newer than the oldest message of the lane that is only in the store waits behind it, or goes there too. */
  private standBehind(lane: Lane, oldest: number): void {
    const first = lane.head.findIndex(({ sequence }) => sequence > oldest);
    if (first < 0) return;
    const newer = lane.head.splice(Math.max(first, lane.busy ? 1 : 0));
    lane.tail.unshift(...newer.filter(({ stored }) => !stored));
    for (const entry of newer) if (entry.stored) this.leave(lane, entry);
  }

  private moreUnloaded(lane: Lane, { urgent, bytes }: EntryKey): void {
    lane.unloaded += 1;
    if (!urgent) lane.unloadedBulk += 1;
    this.disk.entries += 1;
    this.disk.bytes += bytes;
    if (urgent) this.disk.urgent += 1;
  }

  private lessUnloaded(lane: Lane, { urgent, bytes }: EntryKey): void {
    lane.unloaded -= 1;
    if (!urgent) lane.unloadedBulk -= 1;
    this.disk.entries -= 1;
    this.disk.bytes -= bytes;
    if (urgent) this.disk.urgent -= 1;
  }

  private remember(entry: Entry): void {
    this.memory.entries += 1;
    this.memory.bytes += entry.bytes;
  }

  private forget(entry: Entry): void {
    this.memory.entries -= 1;
    this.memory.bytes -= entry.bytes;
    if (entry.stored && entry.key !== undefined) this.storedInMemory.delete(entry.key);
  }

  /** After a change: the tail moves up where nothing is between, a lane without messages goes. */
  private tidy(lane: Lane): void {
    if (lane.unloaded === 0 && lane.tail.length > 0) lane.head.push(...lane.tail.splice(0));
    if (lane.head.length > 0) this.ready.enlist(lane);
    else {
      this.ready.remove(lane);
      if (lane.unloaded === 0 && lane.tail.length === 0) this.lanes.delete(lane.name);
    }
  }
}

/** The first message in memory that is not on its way. */
function oldestOf({ head, tail, busy }: Lane): Entry | undefined {
  for (let at = busy ? 1 : 0; at < head.length; at++) if (head[at]?.isWriting === false) return head[at];
  return tail.find(({ isWriting }) => !isWriting);
}
