/** Runs of neighbours to be cut into blocks, in the order of their addresses; first and end ascend. */
export interface CutProblem {
  readonly first: Int32Array;
  readonly end: Int32Array;
  /** For each: the lowest first address of a block that ends with it; ascends, and is never above its own first. */
  readonly lowest: Int32Array;
  /** For each: may it stand in one block with the one before it? */
  readonly joins: readonly boolean[];
  /** Addresses that cost `perUnit` together: 1 register, 8 bits. */
  readonly unit: number;
  readonly perUnit: number;
  readonly perBlock: number;
}

/**
 * The cheapest way to cut: for each position j, where the last block of the first j spans begins. Exact, by the dynamic
 * program `cost[j] = min over i of cost[i] + perBlock + ceil((end[j] - first[i]) / unit) × perUnit`. What depends on i
 * can be told apart from what depends on j (for each remainder of first[i] by the unit), and the i that are allowed
 * form a window that only moves on: its least is at the head of a queue. O(spans × unit).
 */
export function cheapestCuts({ first, end, lowest, joins, unit, perUnit, perBlock }: CutProblem): Int32Array {
  const count = first.length;
  const cost = new Float64Array(count + 1);
  const begin = new Int32Array(count + 1);
  const part = new Float64Array(count);
  const queues = Array.from({ length: unit }, () => new Int32Array(count));
  const heads = new Int32Array(unit);
  const tails = new Int32Array(unit);
  for (let index = 0; index < count; index++) {
    const start = first[index] ?? 0;
    if (joins[index] !== true) heads.set(tails);
    const own = start % unit;
    part[index] = (cost[index] ?? 0) - ((start - own) / unit) * perUnit;
    const queue = queues[own] ?? first;
    let tail = tails[own] ?? 0;
    while (tail > (heads[own] ?? 0) && (part[queue[tail - 1] ?? 0] ?? 0) >= (part[index] ?? 0)) tail--;
    queue[tail] = index;
    tails[own] = tail + 1;
    let least = Number.POSITIVE_INFINITY;
    for (let remainder = 0; remainder < unit; remainder++) {
      const candidates = queues[remainder] ?? first;
      let head = heads[remainder] ?? 0;
      while (head < (tails[remainder] ?? 0) && (first[candidates[head] ?? 0] ?? 0) < (lowest[index] ?? 0)) head++;
      heads[remainder] = head;
      if (head >= (tails[remainder] ?? 0)) continue;
      const from = candidates[head] ?? 0;
      const total = (part[from] ?? 0) + Math.ceil(((end[index] ?? 0) - remainder) / unit) * perUnit;
      if (total < least) {
        least = total;
        begin[index + 1] = from;
      }
    }
    cost[index + 1] = least + perBlock;
  }
  return begin;
}
