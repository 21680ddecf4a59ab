import type { OrderedStore, StoredRecord } from "../kernel/orderedStore";
import { ok, type Result } from "../kernel/result";
import { AFTER_BULK, BULK, createEntry, type Entry, type EntryKey, messageOf, parseKey, startKey } from "./outboxEntry";
import type { OutboxLanes } from "./outboxLanes";

/** Records that are read at once. */
const PAGE = 64;
const PAGE_BYTES = 512 * 1024;

/** A message that was read, or of which only the key can be trusted. */
export interface Found {
  readonly key: string;
  readonly at: EntryKey;
  readonly entry: Entry | undefined;
}

/** Urgent ones first, so that a lane's come before its bulk, or the oldest of both where they are to be dropped. */
type Sorting = "urgentFirst" | "oldestFirst";

/** Where in the store the messages begin that are not in memory: urgent ones and bulk each in order. */
export class SpoolReader {
  private readonly from = { urgent: Number.POSITIVE_INFINITY, bulk: Number.POSITIVE_INFINITY };

  constructor(
    private readonly store: OrderedStore,
    private readonly lanes: OutboxLanes,
  ) {}

  /** From this sequence on there are messages to read. */
  include({ urgent, sequence }: Pick<EntryKey, "urgent" | "sequence">): void {
    const kind = urgent ? "urgent" : "bulk";
    this.from[kind] = Math.min(this.from[kind], sequence);
  }

  /** The lowest sequence that may be there to read. */
  get oldest(): number {
    return Math.min(this.from.urgent, this.from.bulk);
  }

  /** The next messages. Records whose key `isKnown` are passed over. An empty list: there is none, whatever the counters say. */
  async next(which: Sorting, isKnown: (key: string) => boolean): Promise<Result<readonly Found[], string>> {
    for (;;) {
      const urgent = which === "oldestFirst" ? this.from.urgent < this.from.bulk : this.lanes.unloaded.urgent > 0;
      const start = urgent ? this.from.urgent : this.from.bulk;
      if (start === Number.POSITIVE_INFINITY) return ok([]);
      const page = await this.page(urgent, start);
      if (!page.ok) return page;
      if (this.isOvertaken(which, urgent, start)) {
        this.include({ urgent, sequence: start });
        continue;
      }
      const found = page.value.flatMap(([key, value]) => (isKnown(key) ? [] : foundAt(key, value)));
      if (found.length > 0) return ok(found);
    }
  }

  /** Messages that go before those from `start` on have left memory while these were read. */
  private isOvertaken(which: Sorting, urgent: boolean, start: number): boolean {
    if (which === "oldestFirst") return this.oldest < start;
    return urgent ? this.from.urgent < start : this.from.bulk < start || this.lanes.unloaded.urgent > 0;
  }

  /** The next records of the class, whatever they are. */
  private async page(urgent: boolean, start: number): Promise<Result<readonly StoredRecord[], string>> {
    const kind = urgent ? "urgent" : "bulk";
    this.from[kind] = Number.POSITIVE_INFINITY;
    const page = await this.store.read(startKey(urgent, start), urgent ? BULK : AFTER_BULK, PAGE, PAGE_BYTES);
    if (!page.ok) {
      this.include({ urgent, sequence: start });
      return page;
    }
    // Messages that left memory meanwhile are in the page, or after it; what lies before it is still to be read.
    if (this.from[kind] >= start) this.from[kind] = Number.POSITIVE_INFINITY;
    const last = parseKey(page.value.at(-1)?.[0] ?? "");
    if (last !== undefined) this.include({ urgent, sequence: last.sequence + 1 });
    return page;
  }
}

function foundAt(key: string, value: string): readonly Found[] {
  const at = parseKey(key);
  if (at === undefined) return [];
  const message = messageOf(key, value);
  if (!message.ok) return [{ key, at, entry: undefined }];
  const { urgent, sequence, lane } = at;
  const entry = createEntry({ sequence, lane, urgent, message: message.value, beat: 0 });
  return [{ key, at, entry }];
}
