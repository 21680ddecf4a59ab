import type { Log } from "../kernel/log";
import type { OrderedStore } from "../kernel/orderedStore";
import { err, ok, type Result } from "../kernel/result";
import type { Entry, EntryKey } from "./outboxEntry";
import type { OutboxLanes } from "./outboxLanes";
import { type Found, SpoolReader } from "./spoolReader";

/** Over the bound this share is dropped beyond it, so that not every message has to make room for itself. */
const SLACK = 0.01;
/** Share of the memory bound that messages may take which are in the store, too. */
const KEEP = 0.25;
const MISSING = "messages that were stored are missing";

/** In characters, as `Entry.bytes` counts. */
export interface Bounds {
  /** Messages in memory. */
  readonly memoryBytes: number;
  /** All messages, memory and store together. */
  readonly spoolBytes: number;
}

export interface SpoolBacklogPorts {
  readonly store: OrderedStore;
  readonly lanes: OutboxLanes;
  readonly log: Log;
  /** Keys that are to be removed from the store. */
  readonly removing: Set<string>;
  /** Keys of messages in memory that may be in the store, too: they are not to be read until that is known. */
  readonly doubtful: ReadonlySet<string>;
  bounds(): Bounds;
  settled(entry: Entry): void;
  onDropped(count: number): void;
  /** A lane may have a first message that had none, or another one. */
  onMoved(): void;
}

/** Which of the stored messages are in memory: few enough, and those that go next; and what goes for good over the bound. */
export class SpoolBacklog {
  private readonly reader: SpoolReader;

  constructor(private readonly ports: SpoolBacklogPorts) {
    this.reader = new SpoolReader(ports.store, ports.lanes);
  }

  /** This message is only in the store. */
  include(at: Pick<EntryKey, "urgent" | "sequence">): void {
    this.reader.include(at);
  }

  /** There are messages to read, and there is room for them. */
  get wantsMore(): boolean {
    const { lanes } = this.ports;
    return lanes.unloaded.entries > 0 && lanes.inMemory.bytes < this.keep / 2;
  }

  /** Nothing of what is stored is in memory, while some waits: what can't be stored fills memory behind it. */
  get isStarved(): boolean {
    return this.ports.lanes.unloaded.entries > 0 && this.ports.lanes.storedInMemory.size === 0;
  }

  /** Leaves what is stored to the store until at most `bytes` are in memory. */
  relieve(bytes: number): void {
    for (const entry of this.ports.lanes.evict(bytes)) this.reader.include(entry);
  }

  /** Drops over the bound, empties memory where it holds too much, fills it where it has room. */
  async balance(): Promise<Result<void, string>> {
    if (this.total > this.ports.bounds().spoolBytes) {
      const trimmed = await this.trim();
      this.ports.onMoved();
      if (!trimmed.ok) return trimmed;
    }
    if (this.ports.lanes.inMemory.bytes > this.keep) this.relieve(this.keep / 2);
    return this.fill();
  }

  /** Fills memory where it has room. */
  async fill(): Promise<Result<void, string>> {
    return this.fillWhile(() => this.wantsMore);
  }

  /** Where nothing can be stored: something of what is must come, or nothing goes any more. */
  fillStarved(): Promise<Result<void, string>> {
    return this.fillWhile(() => this.wantsMore || this.isStarved);
  }

  private async fillWhile(isDue: () => boolean): Promise<Result<void, string>> {
    while (isDue()) {
      const page = await this.reader.next("urgentFirst", this.isKnown);
      if (!page.ok) return page;
      if (page.value.length === 0) return err(MISSING);
      for (const found of page.value) this.load(found);
      this.ports.onMoved();
    }
    return ok(undefined);
  }

  private get keep(): number {
    return this.ports.bounds().memoryBytes * KEEP;
  }

  private readonly isKnown = (key: string): boolean => {
    const { removing, doubtful, lanes } = this.ports;
    return removing.has(key) || lanes.storedInMemory.has(key) || doubtful.has(key);
  };

  private get total(): number {
    return this.ports.lanes.inMemory.bytes + this.ports.lanes.unloaded.bytes;
  }

  /** Drops the oldest messages over the bound, wherever they are. */
  private async trim(): Promise<Result<void, string>> {
    const { lanes, bounds, settled, onDropped } = this.ports;
    const goal = bounds().spoolBytes * (1 - SLACK);
    // What is dropped from memory must not be in the store: see below.
    this.relieve(0);
    while (this.total > goal) {
      if (lanes.unloaded.entries > 0 && lanes.oldestSequence() >= this.reader.oldest) {
        const page = await this.reader.next("oldestFirst", this.isKnown);
        if (!page.ok) return page;
        if (page.value.length === 0) return err(MISSING);
        const dropped = await this.dropOldest(page.value, goal);
        if (!dropped.ok) return dropped;
        continue;
      }
      const entry = lanes.dropOldest();
      if (entry === undefined) break;
      settled(entry);
      onDropped(1);
    }
    return ok(undefined);
  }

  /**
   * Drops them, the oldest first, while too much is there and none is older elsewhere. Gone from the store before what
   * follows them may be sent: else a kill could bring them back behind it.
   */
  private async dropOldest(page: readonly Found[], goal: number): Promise<Result<void, string>> {
    const { lanes, store, onDropped } = this.ports;
    const oldest = Math.min(lanes.oldestSequence(), this.reader.oldest);
    let tooMuch = this.total - goal;
    const end = page.findIndex(({ at }) => {
      const stays = tooMuch <= 0 || at.sequence > oldest;
      tooMuch -= at.bytes;
      return stays;
    });
    const kept = page[end];
    if (kept !== undefined) this.reader.include(kept.at);
    const gone = kept === undefined ? page : page.slice(0, end);
    if (gone.length === 0) return ok(undefined);
    const removal = gone.map(({ key }) => key);
    const removed = await store.write([], removal);
    for (const { at } of gone) {
      if (removed.ok) lanes.lost(at);
      else this.reader.include(at);
    }
    if (removed.ok) onDropped(gone.length);
    return removed;
  }

  private load(found: Found): void {
    const { lanes, log } = this.ports;
    const { key, at, entry } = found;
    if (entry !== undefined) {
      lanes.loaded(entry, key);
      return;
    }
    log.error("a spooled message is damaged; it is dropped", { device: at.lane, bytes: at.bytes });
    this.drop(found);
  }

  private drop({ at, key }: Found): void {
    this.ports.lanes.lost(at);
    this.ports.removing.add(key);
    this.ports.onDropped(1);
  }
}
