import type { Clock, Timer } from "../kernel/clock";
import type { Log } from "../kernel/log";
import type { OrderedStore } from "../kernel/orderedStore";
import { between, type MonotonicMs } from "../kernel/units";
import { type Adopted, adoptKeys } from "./adoptKeys";
import { type Entry, keyOf, recordText } from "./outboxEntry";
import type { OutboxLanes } from "./outboxLanes";
import { type Bounds, SpoolBacklog } from "./spoolBacklog";

/**
 * What has been offered before the previous beat and is still here goes into the store: between one and two beats after
 * its offering, so inside a second. A hub that acknowledges sooner costs the disk nothing.
 */
const BEAT_MS = 350;
/** An empty store is closed and removed after this time, so that the next start finds nothing and memory is given back. */
const EMPTY_MS = 60_000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
/** Records a write: bounds the time and memory of one. */
const BATCH = 1000;
export interface SpoolStatus {
  /** `unused`: nothing is stored, the disk is not touched. `none`: there is no store. */
  readonly state: "none" | "unused" | "open" | "failing";
  /** Why it fails, and since when. */
  readonly reason: string;
  /** Characters handed to the store so far: what is written for messages and their removal. */
  readonly written: number;
}

export interface SpoolerPorts {
  readonly store: OrderedStore | undefined;
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly log: Log;
  readonly lanes: OutboxLanes;
  bounds(): Bounds;
  /** Messages were found that an earlier start had left, or were lost with the part of the store that was damaged. */
  onAdopted(outcome: Adopted): void;
  onDropped(count: number): void;
  /** Messages have come into memory, or what was before them is gone: others may be sent than before. */
  onMoved(): void;
}

/** Keeps on disk what waits longer than a moment, brings it back, and drops the oldest over the bound. */
export class Spooler {
  /** Number of the beat; entries carry that of their offering. */
  beat = 0;
  private readonly fresh = new Set<Entry>();
  private readonly removing = new Set<string>();
  /** Keys of writes that are said to have failed, since the last opening: what they name may be in the store all the same. */
  private readonly doubtful = new Set<string>();
  private readonly backlog: SpoolBacklog | undefined;
  private timer: Timer | undefined;
  private turn: Promise<void> = Promise.resolve();
  private requested = false;
  private isOpen = false;
  private everOpened = false;
  /** The store is open, perhaps for nothing but reading. */
  private isReadable = false;
  private closing = false;
  private failure: { readonly detail: string; readonly at: MonotonicMs; readonly restMs: number } | undefined;
  private emptySince: MonotonicMs | undefined;
  private written = 0;

  constructor(private readonly ports: SpoolerPorts) {
    this.backlog =
      ports.store === undefined
        ? undefined
        : new SpoolBacklog({
            ...ports,
            store: ports.store,
            removing: this.removing,
            doubtful: this.doubtful,
            settled: (one) => this.settled(one),
          });
  }

  /** Looks for what an earlier start has left. */
  async start(): Promise<void> {
    const { store } = this.ports;
    if (store === undefined || !(await store.exists())) return;
    this.turn = this.turn.then(async () => {
      await this.opened(store);
    });
    await this.turn;
    this.request();
    this.keepBeating();
  }

  status(): SpoolStatus {
    const { failure, written } = this;
    if (this.ports.store === undefined) return { state: "none", reason: "", written };
    if (failure !== undefined) return { state: "failing", reason: failure.detail, written };
    return { state: this.isOpen ? "open" : "unused", reason: "", written };
  }

  /** Messages that are nowhere but in memory. */
  get unstored(): number {
    return this.fresh.size;
  }

  /** An entry was offered. */
  watch(entry: Entry): void {
    this.fresh.add(entry);
    if (this.timer === undefined) this.keepBeating();
  }

  /** An entry is acknowledged, dropped or quarantined, and gone from the lanes. */
  settled(entry: Entry): void {
    entry.settled = true;
    this.fresh.delete(entry);
    if (entry.key === undefined) return;
    this.removing.add(entry.key);
    if (this.timer === undefined) this.keepBeating();
  }

  /** Leaves what is stored to the store until at most `bytes` are in memory. */
  relieve(bytes: number): void {
    this.backlog?.relieve(bytes);
  }

  /** Messages have left memory: there may be room for others. */
  room(): void {
    if (this.isOpen && this.backlog?.wantsMore) this.request();
    else if (this.isReadable && (this.backlog?.wantsMore || this.backlog?.isStarved)) this.request();
  }

  /** Stores all that is left, and ends. */
  async close(): Promise<void> {
    if (this.closing) return this.turn;
    this.closing = true;
    this.timer?.cancel();
    this.request();
    await this.turn;
    const { store, lanes } = this.ports;
    if (store === undefined) return;
    if (!this.isOpen) return store.close();
    this.isOpen = false;
    const isEmpty = this.removing.size === 0 && lanes.storedInMemory.size === 0 && lanes.unloaded.entries === 0;
    await (isEmpty ? store.clear() : store.close());
  }

  private keepBeating(): void {
    const { store, clock } = this.ports;
    if (store === undefined || this.closing) return;
    this.timer = clock.setTimer(BEAT_MS, () => {
      this.timer = undefined;
      if (this.hasWork()) this.request();
      this.beat += 1;
      const isQuiet = this.fresh.size === 0 && this.removing.size === 0 && !this.isOpen && this.failure === undefined;
      if (!isQuiet) this.keepBeating();
    });
  }

  private hasWork(): boolean {
    if (this.removing.size > 0 || this.isOpen || this.failure !== undefined) return true;
    const [oldest] = this.fresh;
    return (oldest !== undefined && oldest.beat < this.beat) || this.ports.lanes.unloaded.entries > 0;
  }

  /** One step at a time; a step asked for while one waits is the same. */
  private request(): void {
    if (this.requested) return;
    this.requested = true;
    this.turn = this.turn.then(() => {
      this.requested = false;
      return this.step();
    });
  }

  private async step(): Promise<void> {
    const { store } = this.ports;
    if (store === undefined || this.backlog === undefined) return;
    const { failure } = this;
    if (failure !== undefined && !this.closing) {
      if (between(failure.at, this.ports.clock.monotonic()) < failure.restMs) return this.readOn();
    }
    const isNeeded = this.hasWork() || (this.closing && this.fresh.size > 0);
    if (!this.isOpen && !(isNeeded && (await this.opened(store)))) return this.readOn();
    if (!(await this.store(store)) || this.closing) return this.readOn();
    const balanced = await this.backlog.balance();
    if (balanced.ok) await this.clearWhenEmpty(store);
    else this.failed(balanced.error);
  }

  /** A failed write leaves what is stored readable: that goes on being delivered, and does not hold up what is behind it. */
  private async readOn(): Promise<void> {
    if (this.closing || !this.isReadable || this.backlog === undefined) return;
    const filled = await this.backlog.fillStarved();
    if (!filled.ok) this.isReadable = false;
  }

  private async opened(store: OrderedStore): Promise<boolean> {
    const keys: string[] = [];
    const opened = await store.open((key) => keys.push(key));
    if (!opened.ok) return this.failed(opened.error);
    this.isOpen = true;
    this.isReadable = true;
    this.emptySince = undefined;
    const { lanes } = this.ports;
    const adopted = adoptKeys(keys, lanes, this.removing, !this.everOpened);
    this.everOpened = true;
    this.doubtful.clear();
    for (const found of adopted.unloaded) this.backlog?.include(found);
    for (const entry of this.fresh) if (entry.stored) this.fresh.delete(entry);
    for (const entry of lanes.entries()) if (!entry.stored) this.fresh.add(entry);
    this.ports.onAdopted(adopted);
    return true;
  }

  /** Puts what is due and removes what is settled. */
  private async store(store: OrderedStore): Promise<boolean> {
    for (;;) {
      const due = this.due();
      const removals = [...this.removing].slice(0, BATCH);
      if (due.length === 0 && removals.length === 0) break;
      const puts = due.map((entry) => {
        const key = entry.key ?? keyOf(entry);
        entry.key = key;
        entry.isWriting = true;
        return [key, recordText(key, entry.message)] as const;
      });
      const done = await store.write(puts, removals);
      for (const entry of due) entry.isWriting = false;
      if (!done.ok) {
        for (const [key] of puts) this.doubtful.add(key);
        return this.failed(done.error);
      }
      for (const [index, [key, value]] of puts.entries()) {
        this.written += key.length + value.length;
        this.nowStored(due[index] as Entry, key);
      }
      for (const key of removals) {
        this.written += key.length;
        this.removing.delete(key);
      }
    }
    if (this.failure !== undefined) this.ports.log.info("the spool works again");
    this.failure = undefined;
    return true;
  }

  private due(): readonly Entry[] {
    const due: Entry[] = [];
    for (const entry of this.fresh) {
      if (due.length === BATCH || (entry.beat >= this.beat && !this.closing)) break;
      due.push(entry);
    }
    return due;
  }

  private nowStored(entry: Entry, key: string): void {
    this.fresh.delete(entry);
    // Settled while it was being written.
    if (entry.settled) this.removing.add(key);
    else if (this.ports.lanes.stored(entry, key)) this.backlog?.include(entry);
  }

  private async clearWhenEmpty(store: OrderedStore): Promise<void> {
    const { lanes, clock } = this.ports;
    const isEmpty = this.removing.size === 0 && lanes.storedInMemory.size === 0 && lanes.unloaded.entries === 0;
    this.emptySince = isEmpty ? (this.emptySince ?? clock.monotonic()) : undefined;
    if (this.emptySince === undefined || between(this.emptySince, clock.monotonic()) < EMPTY_MS) return;
    this.isOpen = false;
    await store.clear();
  }

  /** The store can't be written: it is opened anew later. Until then the bound of the memory holds. */
  private failed(detail: string): false {
    const { clock, log } = this.ports;
    if (this.failure === undefined)
      log.error("the spool can't be used; what waits for the hub is in memory only", { reason: detail });
    const restMs = this.failure === undefined ? FIRST_RETRY_MS : Math.min(this.failure.restMs * 2, LAST_RETRY_MS);
    this.failure = { detail, at: clock.monotonic(), restMs };
    this.isOpen = false;
    return false;
  }
}
