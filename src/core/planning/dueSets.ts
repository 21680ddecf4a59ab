/** What falls due together, and how often. */
export interface DueSet<G> {
  readonly groups: readonly G[];
  /** Mean time between two instants at which exactly these are due, ms. */
  readonly everyMs: number;
}

/** Instants that are looked at; more, and groups are reckoned as if they never fell due together. */
const MOST_INSTANTS = 20_000;

/**
 * Which groups of one unit are due together on a common grid, by their intervals. Groups with an infinite interval
 * (read once after a connect) are in none. The most frequent set comes first.
 */
export function dueSets<G extends { readonly intervalMs: number }>(all: readonly G[]): readonly DueSet<G>[] {
  const groups = all.filter(({ intervalMs }) => Number.isFinite(intervalMs));
  const window = groups.reduce((period, { intervalMs }) => leastCommonMultiple(period, intervalMs), 1);
  const instants = groups.reduce((sum, { intervalMs }) => sum + window / intervalMs, 0);
  if (!(instants <= MOST_INSTANTS)) return groups.map((group) => ({ groups: [group], everyMs: group.intervalMs }));
  const due = new Map<number, G[]>();
  for (const group of groups) {
    for (let at = 0; at < window; at += group.intervalMs) {
      const together = due.get(at);
      if (together === undefined) due.set(at, [group]);
      else together.push(group);
    }
  }
  const index = new Map(groups.map((group, at) => [group, at]));
  const sets = new Map<string, { groups: readonly G[]; count: number }>();
  for (const together of due.values()) {
    const key = together.map((group) => index.get(group)).join();
    const known = sets.get(key);
    if (known === undefined) sets.set(key, { groups: together, count: 1 });
    else known.count += 1;
  }
  return [...sets.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ groups: together, count }) => ({ groups: together, everyMs: window / count }));
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
