import type { Located, ReadBlock } from "./readPlan";

/** What to try after a block was refused. */
export interface Split<P extends Located> {
  /** Points on exactly the addresses that were refused: there is nothing smaller to ask for. */
  readonly refused: readonly P[];
  /** Smaller blocks that carry the others: none, one or two. */
  readonly parts: readonly ReadBlock<P>[];
}

/** Points that no cut can part, since their addresses overlap. */
interface Cluster<P> {
  readonly first: number;
  readonly end: number;
  readonly points: readonly P[];
}

/**
 * Parts a refused block between its points: at the gap nearest to its middle, for nobody has said that the addresses
 * of a gap exist; without a gap at the border nearest to its middle. Every part is smaller than the block.
 */
export function splitRead<P extends Located>(block: ReadBlock<P>): Split<P> {
  const isWhole = (point: P): boolean => point.address === block.first && point.count === block.count;
  const refused = block.points.filter(isWhole);
  const rest = refused.length === 0 ? block.points : block.points.filter((point) => !isWhole(point));
  if (rest.length === 0) return { refused, parts: [] };
  const clusters = clustersOf(rest);
  if (clusters.length > 1) return { refused, parts: halves(block, clusters) };
  if (refused.length > 0) return { refused, parts: [blockOf(block, rest)] };
  const sorted = [...rest].sort((a, b) => a.address - b.address || a.count - b.count);
  const middle = sorted.length >> 1;
  return { refused, parts: [blockOf(block, sorted.slice(0, middle)), blockOf(block, sorted.slice(middle))] };
}

function clustersOf<P extends Located>(points: readonly P[]): Cluster<P>[] {
  const clusters: Cluster<P>[] = [];
  for (const point of [...points].sort((a, b) => a.address - b.address)) {
    const end = point.address + point.count;
    const last = clusters.at(-1);
    if (last === undefined || point.address >= last.end) {
      clusters.push({ first: point.address, end, points: [point] });
    } else {
      clusters[clusters.length - 1] = { ...last, end: Math.max(last.end, end), points: [...last.points, point] };
    }
  }
  return clusters;
}

function halves<P extends Located>(block: ReadBlock<P>, clusters: readonly Cluster<P>[]): ReadBlock<P>[] {
  const middle = block.first + block.count / 2;
  let at = 1;
  let best = Number.POSITIVE_INFINITY;
  for (const [index, cluster] of clusters.entries()) {
    const before = clusters[index - 1];
    if (before === undefined) continue;
    const distance = Math.abs((before.end + cluster.first) / 2 - middle);
    const score = distance + (cluster.first > before.end ? 0 : block.count);
    if (score < best) [at, best] = [index, score];
  }
  const pointsOf = (part: readonly Cluster<P>[]): readonly P[] => part.flatMap((cluster) => cluster.points);
  return [blockOf(block, pointsOf(clusters.slice(0, at))), blockOf(block, pointsOf(clusters.slice(at)))];
}

function blockOf<P extends Located>({ table }: ReadBlock<P>, points: readonly P[]): ReadBlock<P> {
  const first = Math.min(...points.map((point) => point.address));
  const end = Math.max(...points.map((point) => point.address + point.count));
  return { table, first, count: end - first, points };
}
