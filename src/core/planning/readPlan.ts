import type { ReadLimits } from "../config/gatewayConfig";
import { isBitTable, LIMITS, TABLES, type Table } from "../modbus/spec";
import type { Point } from "../points/point";
import { cheapestCuts } from "./cheapestCuts";
import { LAN_COST, type RequestCost } from "./cost";

/** Where something to be read stands: registers (or bits) `address` … `address + count - 1` of a table. */
export type Located = Pick<Point, "table" | "address" | "count">;

/** One read request, and the points that its answer carries. */
export interface ReadBlock<P extends Located = Point> {
  readonly table: Table;
  /** 0-based address of the first register (or bit). */
  readonly first: number;
  readonly count: number;
  /** In the order of their addresses. */
  readonly points: readonly P[];
}

/** Addresses that a unit has refused to have read in one request (both ends belong to it). */
export interface RefusedRange {
  readonly table: Table;
  readonly first: number;
  readonly last: number;
}

/** What a request must keep to: the device's definition, and what the unit has shown since. */
export interface PlanLimits extends ReadLimits {
  /** No request may contain one of these whole. */
  readonly refused?: readonly RefusedRange[];
}

/** Addresses `first` … `end - 1` that belong in one request, and the points on them. */
interface Span<P> {
  readonly first: number;
  readonly end: number;
  readonly points: P[];
}

/** Whether any request within the limits can carry the whole point. */
export function isReadable(point: Located, limits: PlanLimits): boolean {
  return (
    point.count <= maxCount(point.table, limits) &&
    !touchesForbidden(point.address, point.address + point.count, limits) &&
    refusedWithin(point, limits.refused ?? []) === undefined
  );
}

/** The range that spoils every request for this point, if there is one. */
export function refusedWithin<R extends RefusedRange>(
  { table, address, count }: Located,
  refused: readonly R[],
): R | undefined {
  return refused.find((range) => range.table === table && range.first >= address && range.last < address + count);
}

/**
 * The requests that read these points in the least time under the cost model: every readable point in exactly one
 * block, whole; no block over the limits, over more than `maxGap` addresses that no point of it needs, over an address of
 * `neverRead`, or over a whole range that was refused. Points that are not readable (`isReadable`) are in no block. Pure; the result depends on
 * the set of points, not on their order, but for points on the same addresses.
 */
export function planReads<P extends Located>(
  points: readonly P[],
  limits: PlanLimits,
  cost: RequestCost = LAN_COST,
): readonly ReadBlock<P>[] {
  const readable = points.filter((point) => isReadable(point, limits));
  return TABLES.flatMap((table) => {
    const spans = spansOf(readable.filter((point) => point.table === table));
    return limits.singlePointReads
      ? spans.map((span) => toBlock(table, [span]))
      : partition(table, mergeNested(spans), limits, cost);
  });
}

function maxCount(table: Table, limits: ReadLimits): number {
  return isBitTable(table)
    ? Math.min(limits.maxReadBits, LIMITS.readBits)
    : Math.min(limits.maxReadRegisters, LIMITS.readRegisters);
}

function touchesForbidden(first: number, end: number, limits: ReadLimits): boolean {
  return limits.neverRead.some(([from, to]) => from < end && to >= first);
}

/** Sorted, an outer span before the ones inside it. Points on exactly the same addresses (the bits of one word) share a span, even where every point is read alone. */
function spansOf<P extends Located>(points: readonly P[]): Span<P>[] {
  const spans = new Map<number, Span<P>>();
  for (const point of points) {
    const key = point.address * (LIMITS.readBits + 1) + point.count;
    const span = spans.get(key);
    if (span !== undefined) span.points.push(point);
    else spans.set(key, { first: point.address, end: point.address + point.count, points: [point] });
  }
  return [...spans.values()].sort((a, b) => a.first - b.first || b.end - a.end);
}

/**
 * A span inside another rides with it for nothing. What remains starts *and* ends in ascending order, so that the
 * best blocks are runs of neighbours: no block gains by skipping a span that it covers.
 */
function mergeNested<P>(spans: readonly Span<P>[]): Span<P>[] {
  const outer: Span<P>[] = [];
  for (const span of spans) {
    const last = outer.at(-1);
    if (last !== undefined && span.end <= last.end) last.points.push(...span.points);
    else outer.push({ ...span, points: [...span.points] });
  }
  return outer;
}

/** The blocks that cost least together. */
function partition<P extends Located>(
  table: Table,
  spans: readonly Span<P>[],
  limits: PlanLimits,
  cost: RequestCost,
): ReadBlock<P>[] {
  const { withBefore, earliest } = joinable(table, spans, limits);
  const limit = maxCount(table, limits);
  const [perUnit, unit] = isBitTable(table) ? [cost.perByteMs, 8] : [2 * cost.perByteMs, 1];
  const begin = cheapestCuts({
    first: Int32Array.from(spans, (span) => span.first),
    end: Int32Array.from(spans, (span) => span.end),
    lowest: Int32Array.from(spans, ({ end }, index) => Math.max(earliest[index] ?? 0, end - limit)),
    joins: withBefore,
    unit,
    perUnit,
    perBlock: cost.perRequestMs,
  });
  return trace(table, spans, begin);
}

/** What may stand in one block. */
interface Joins {
  /** For each span: may it stand in one block with the one before it? */
  readonly withBefore: readonly boolean[];
  /** For each span: the lowest first address of a block that ends with it, lest it contain a refused range. */
  readonly earliest: readonly number[];
}

function joinable(table: Table, spans: readonly Span<unknown>[], limits: PlanLimits): Joins {
  const withBefore = spans.map((span, index) => {
    const before = spans[index - 1];
    if (before === undefined) return false;
    return span.first - before.end <= limits.maxGap && !touchesForbidden(before.end, span.first, limits);
  });
  const refused = (limits.refused ?? []).filter((range) => range.table === table).sort((a, b) => a.last - b.last);
  let at = 0;
  let first = 0;
  const earliest = spans.map((span) => {
    for (let range = refused[at]; range !== undefined && range.last < span.end; range = refused[++at]) {
      first = Math.max(first, range.first + 1);
    }
    return first;
  });
  return { withBefore, earliest };
}

function trace<P extends Located>(table: Table, spans: readonly Span<P>[], begin: Int32Array): ReadBlock<P>[] {
  const blocks: ReadBlock<P>[] = [];
  for (let end = spans.length; end > 0; ) {
    const from = begin[end] ?? 0;
    blocks.push(toBlock(table, spans.slice(from, end)));
    end = from;
  }
  return blocks.reverse();
}

function toBlock<P extends Located>(table: Table, spans: readonly Span<P>[]): ReadBlock<P> {
  const first = spans[0]?.first ?? 0;
  const end = spans.at(-1)?.end ?? first;
  return { table, first, count: end - first, points: spans.flatMap((span) => span.points) };
}
