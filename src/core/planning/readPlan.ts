import type { ReadLimits } from "../config/gatewayConfig";
import { isBitTable, LIMITS, TABLES, type Table } from "../modbus/spec";
import type { Point } from "../points/point";
import { blockMs, LAN_COST, type RequestCost } from "./cost";

/** One read request, and the points that its answer carries. */
export interface ReadBlock {
  readonly table: Table;
  /** 0-based address of the first register (or bit). */
  readonly first: number;
  readonly count: number;
  /** In the order of their addresses. */
  readonly points: readonly Point[];
}

/** Addresses `first` … `end - 1` that belong in one request, and the points on them. */
interface Span {
  readonly first: number;
  readonly end: number;
  readonly points: Point[];
}

/** Whether any request within the limits can carry the whole point. */
export function isReadable(point: Point, limits: ReadLimits): boolean {
  return (
    point.count <= maxCount(point.table, limits) &&
    !touchesForbidden(point.address, point.address + point.count, limits)
  );
}

/**
 * The requests that read these points in the least time under the cost model: every readable point in exactly one
 * block, whole; no block over the limits, over more than `maxGap` addresses that no point of it needs, or over an
 * address of `neverRead`. Points that are not readable (`isReadable`) are in no block. Pure; the result depends on
 * the set of points, not on their order, but for points on the same addresses. O(points × points of a request).
 */
export function planReads(
  points: readonly Point[],
  limits: ReadLimits,
  cost: RequestCost = LAN_COST,
): readonly ReadBlock[] {
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
function spansOf(points: readonly Point[]): Span[] {
  const spans = new Map<number, Span>();
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
function mergeNested(spans: readonly Span[]): Span[] {
  const outer: Span[] = [];
  for (const span of spans) {
    const last = outer.at(-1);
    if (last !== undefined && span.end <= last.end) last.points.push(...span.points);
    else outer.push({ ...span, points: [...span.points] });
  }
  return outer;
}

/** Exact dynamic program: `best[j]` is the least cost of the first j spans, and where their last block begins. */
function partition(table: Table, spans: readonly Span[], limits: ReadLimits, cost: RequestCost): ReadBlock[] {
  const joins = joinable(spans, limits);
  const limit = maxCount(table, limits);
  const best: { ms: number; from: number }[] = [{ ms: 0, from: 0 }];
  for (const [index, last] of spans.entries()) {
    let chosen = { ms: Number.POSITIVE_INFINITY, from: index };
    for (let from = index; from >= 0; from--) {
      const count = last.end - (spans[from]?.first ?? 0);
      if (count > limit) break;
      const ms = (best[from]?.ms ?? 0) + blockMs(table, count, cost);
      if (ms < chosen.ms) chosen = { ms, from };
      if (joins[from] !== true) break;
    }
    best.push(chosen);
  }
  return trace(table, spans, best);
}

/** For each span: may it stand in one block with the one before it? */
function joinable(spans: readonly Span[], limits: ReadLimits): boolean[] {
  return spans.map((span, index) => {
    const before = spans[index - 1];
    if (before === undefined) return false;
    return span.first - before.end <= limits.maxGap && !touchesForbidden(before.end, span.first, limits);
  });
}

function trace(table: Table, spans: readonly Span[], best: readonly { readonly from: number }[]): ReadBlock[] {
  const blocks: ReadBlock[] = [];
  for (let end = spans.length; end > 0; ) {
    const from = best[end]?.from ?? 0;
    blocks.push(toBlock(table, spans.slice(from, end)));
    end = from;
  }
  return blocks.reverse();
}

function toBlock(table: Table, spans: readonly Span[]): ReadBlock {
  const first = spans[0]?.first ?? 0;
  const end = spans.at(-1)?.end ?? first;
  return { table, first, count: end - first, points: spans.flatMap((span) => span.points) };
}
