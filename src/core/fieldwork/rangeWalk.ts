import type { Table } from "../modbus/spec";

/** Consecutive addresses of a table. */
export interface WalkRange {
  readonly table: Table;
  /** 0-based. */
  readonly first: number;
  readonly count: number;
}

/**
 * Reads ranges of which nobody knows what exists: what is refused is asked for in halves; sans-IO. Bounded by `most`
 * requests. `next` is what to ask for now; then one of the four answers is told.
 */
export interface RangeWalk {
  readonly next: WalkRange | undefined;
  answered(): void;
  /** An exception: something in it does not exist, or it is too much at once. */
  refused(exceptionCode: number): void;
  /** No usable answer: it is not asked again. Three in a row end the walk. */
  silent(): void;
  readonly requests: number;
  /** Addresses not dealt with yet. */
  readonly left: number;
  /** In wide areas where everything is refused it took samples only. */
  readonly sampled: boolean;
  /** Why it ended early. */
  readonly ended: "requests" | "silence" | undefined;
}

/** A power of two, for devices that refuse half a value: halves then begin at even addresses. */
const BLOCK = 64;
/** So many addresses refused one by one: from then on only samples are taken of what is refused. */
const BARREN = 128;
const SAMPLED = 16;
/** In the samples: so many addresses of so many. */
const SAMPLE = 2;
const STRIDE = 4;
const MOST_SILENT = 3;
const ILLEGAL_FUNCTION = 1;
const NOTHING: WalkRange = { table: "holding", first: 0, count: 0 };

export function createRangeWalk(ranges: readonly WalkRange[], most: number, block = BLOCK): RangeWalk {
  return new HalvingWalk(ranges, most, block);
}

interface Part extends WalkRange {
  /** Behind a sample: asked for only when the sample was answered. */
  readonly rest?: WalkRange;
}

class HalvingWalk implements RangeWalk {
  requests = 0;
  sampled = false;
  ended: "requests" | "silence" | undefined;
  private readonly stack: Part[];
  private barren = 0;
  private silence = 0;

  constructor(
    ranges: readonly WalkRange[],
    private readonly most: number,
    block: number,
  ) {
    this.stack = ranges.flatMap((range) => cut(range, block)).reverse();
  }

  get next(): WalkRange | undefined {
    if (this.ended !== undefined) return undefined;
    if (this.stack.length > 0 && this.requests >= this.most) this.ended = "requests";
    return this.ended === undefined ? this.stack.at(-1) : undefined;
  }

  get left(): number {
    return this.stack.reduce((sum, { count, rest }) => sum + count + (rest?.count ?? 0), 0);
  }

  answered(): void {
    const part = this.take();
    this.barren = 0;
    this.silence = 0;
    if (part?.rest !== undefined && part.rest.count > 0) this.stack.push(part.rest);
  }

  refused(exceptionCode: number): void {
    const part = this.take();
    this.silence = 0;
    if (part === undefined) return;
    if (exceptionCode === ILLEGAL_FUNCTION) this.dropTable(part.table);
    else if (part.rest !== undefined) return;
    else if (part.count === 1) this.barren += 1;
    else if (this.barren >= BARREN && part.count === SAMPLED) this.sample(part);
    else this.halve(part);
  }

  silent(): void {
    this.take();
    this.silence += 1;
    if (this.silence >= MOST_SILENT) this.ended = "silence";
  }

  private take(): Part | undefined {
    this.requests += 1;
    return this.stack.pop();
  }

  private dropTable(table: Table): void {
    const others = this.stack.filter((part) => part.table !== table);
    this.stack.splice(0, this.stack.length, ...others);
  }

  private halve({ table, first, count }: Part): void {
    const half = 2 ** Math.ceil(Math.log2(count) - 1);
    this.stack.push({ table, first: first + half, count: count - half }, { table, first, count: half });
  }

  private sample({ table, first, count }: Part): void {
    this.sampled = true;
    for (let at = STRIDE * Math.floor((count - 1) / STRIDE); at >= 0; at -= STRIDE) {
      const length = Math.min(STRIDE, count - at);
      const start = first + at;
      if (length <= SAMPLE) this.stack.push({ table, first: start, count: length, rest: NOTHING });
      else {
        const rest = { table, first: start + SAMPLE, count: length - SAMPLE };
        this.stack.push({ table, first: start, count: SAMPLE, rest });
      }
    }
  }
}

function cut({ table, first, count }: WalkRange, block: number): readonly WalkRange[] {
  return Array.from({ length: Math.ceil(count / block) }, (_, index) => ({
    table,
    first: first + index * block,
    count: Math.min(block, count - index * block),
  }));
}
