import type { Point, Scaling } from "../core/points/point";

/** A point of a device, as the simulator serves it. */
export interface ServedPoint {
  readonly device: string;
  readonly point: Point;
  /** Present where others are scaled by it. */
  readonly role?: Scaling["as"];
}

/** Points that share registers, directly or through others. They are moved together, so that they never contradict. */
export interface Cluster {
  readonly first: number;
  readonly last: number;
  /** In the order in which they are written: whole words first, then their masks, then their bits. */
  readonly members: readonly ServedPoint[];
  /** A cluster that a client may write does not move: it keeps what was written. */
  readonly writable: boolean;
}

function fineness({ point }: ServedPoint): number {
  if (point.bit !== undefined || point.type === "bool") return 2000;
  return point.mask !== undefined ? 1000 : 200 - point.count;
}

function toCluster(members: readonly ServedPoint[]): Cluster {
  return {
    first: Math.min(...members.map(({ point }) => point.address)),
    last: Math.max(...members.map(({ point }) => point.address + point.count - 1)),
    members: [...members].sort((a, b) => fineness(a) - fineness(b)),
    writable: members.some(({ point }) => point.access !== "read"),
  };
}

/** Groups the points of one table by the registers that they share; the result is disjoint and sorted by address. */
export function clustersOf(points: readonly ServedPoint[]): readonly Cluster[] {
  const sorted = [...points].sort((a, b) => a.point.address - b.point.address);
  const groups: ServedPoint[][] = [];
  let end = -1;
  for (const served of sorted) {
    const group = groups.at(-1);
    if (group === undefined || served.point.address > end) groups.push([served]);
    else group.push(served);
    end = Math.max(end, served.point.address + served.point.count - 1);
  }
  return groups.map(toCluster);
}

/** The clusters that share a register with [first, last]. */
export function clustersWithin(clusters: readonly Cluster[], first: number, last: number): readonly Cluster[] {
  let low = 0;
  let high = clusters.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((clusters[middle]?.last ?? 0) < first) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < clusters.length && (clusters[end]?.first ?? Infinity) <= last) end++;
  return clusters.slice(low, end);
}

/** Addresses with no point between two that have one answer 0 when there are at most this many of them. */
const MAX_HOLE = 128;

type Span = readonly [first: number, last: number];

/** The address ranges that answer at all: the clusters and the holes between them, as on real meters. */
export function spansOf(clusters: readonly Cluster[]): readonly Span[] {
  const spans: [number, number][] = [];
  for (const { first, last } of clusters) {
    const before = spans.at(-1);
    if (before !== undefined && first - before[1] - 1 <= MAX_HOLE) before[1] = last;
    else spans.push([first, last]);
  }
  return spans;
}

export function insideOne(spans: readonly Span[], first: number, last: number): boolean {
  return spans.some(([from, to]) => first >= from && last <= to);
}

export function touchesAny(spans: readonly Span[], first: number, last: number): boolean {
  return spans.some(([from, to]) => first <= to && last >= from);
}
