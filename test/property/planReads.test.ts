import fc from "fast-check";
import type { RequestCost } from "../../src/core/planning/cost";
import { type PlanLimits, planReads, type ReadBlock } from "../../src/core/planning/readPlan";
import type { Point } from "../../src/core/points/point";
import { aPoint } from "../support/points";

const limitsArbitrary: fc.Arbitrary<PlanLimits> = fc.record({
  maxReadRegisters: fc.integer({ min: 1, max: 12 }),
  maxReadBits: fc.integer({ min: 1, max: 12 }),
  maxGap: fc.integer({ min: 0, max: 8 }),
  neverRead: fc.array(
    fc.tuple(fc.nat(30), fc.nat(2)).map(([first, more]) => [first, first + more] as const),
    { maxLength: 2 },
  ),
  singlePointReads: fc.boolean(),
  refused: fc.array(
    fc
      .record({ table: fc.constantFrom("holding" as const, "coil" as const), first: fc.nat(30), more: fc.nat(3) })
      .map(({ table, first, more }) => ({ table, first, last: first + more })),
    { maxLength: 3 },
  ),
});

const costArbitrary: fc.Arbitrary<RequestCost> = fc.record({
  perRequestMs: fc.integer({ min: 1, max: 20 }),
  perByteMs: fc.integer({ min: 0, max: 3 }),
});

const pointArbitrary = fc.record({
  address: fc.nat(30),
  count: fc.integer({ min: 1, max: 5 }),
  table: fc.constantFrom("holding", "coil"),
});

function pointsOf(max: number): fc.Arbitrary<Point[]> {
  return fc
    .array(pointArbitrary, { maxLength: max })
    .map((all) => all.map(({ address, count, table }, index) => aPoint(`p${index}`, address, { count, table })));
}

function limitOf(table: string, limits: PlanLimits): number {
  return table === "coil" ? limits.maxReadBits : limits.maxReadRegisters;
}

function forbidden(first: number, end: number, limits: PlanLimits): boolean {
  for (let address = first; address < end; address++) {
    if (limits.neverRead.some(([from, to]) => address >= from && address <= to)) return true;
  }
  return false;
}

/** Whether some range that was refused lies wholly in these addresses. */
function spoilt(table: string, first: number, end: number, limits: PlanLimits): boolean {
  return (limits.refused ?? []).some((range) => {
    let inside = range.table === table;
    for (let address = range.first; address <= range.last; address++) inside &&= address >= first && address < end;
    return inside;
  });
}

function readable(point: Point, limits: PlanLimits): boolean {
  const { table, address, count } = point;
  return (
    count <= limitOf(table, limits) &&
    !forbidden(address, address + count, limits) &&
    !spoilt(table, address, address + count, limits)
  );
}

/** The longest run of addresses inside the block that none of its points needs. */
function widestGap(block: ReadBlock): number {
  let widest = 0;
  let run = 0;
  for (let address = block.first; address < block.first + block.count; address++) {
    const needed = block.points.some((p) => address >= p.address && address < p.address + p.count);
    run = needed ? 0 : run + 1;
    widest = Math.max(widest, run);
  }
  return widest;
}

function costOf(table: string, count: number, cost: RequestCost): number {
  return cost.perRequestMs + cost.perByteMs * (table === "coil" ? Math.ceil(count / 8) : count * 2);
}

/** Cheapest way to cut a set of points into requests, by trying every partition of the set. */
function bruteForce(points: readonly Point[], limits: PlanLimits, cost: RequestCost): number {
  const [head, ...others] = points;
  if (head === undefined) return 0;
  let best = Number.POSITIVE_INFINITY;
  for (let mask = 0; mask < 2 ** others.length; mask++) {
    const together = [head, ...others.filter((_, index) => (mask >> index) & 1)];
    const rest = others.filter((_, index) => ((mask >> index) & 1) === 0);
    const ms = requestCost(together, limits, cost);
    if (ms < best) best = Math.min(best, ms + bruteForce(rest, limits, cost));
  }
  return best;
}

function requestCost(points: readonly Point[], limits: PlanLimits, cost: RequestCost): number {
  const table = points[0]?.table ?? "holding";
  const first = Math.min(...points.map((p) => p.address));
  const end = Math.max(...points.map((p) => p.address + p.count));
  const block: ReadBlock = { table, first, count: end - first, points };
  const refused =
    points.some((p) => p.table !== table) ||
    block.count > limitOf(table, limits) ||
    widestGap(block) > limits.maxGap ||
    forbidden(first, end, limits) ||
    spoilt(table, first, end, limits);
  return refused ? Number.POSITIVE_INFINITY : costOf(table, block.count, cost);
}

describe("planReads", () => {
  it("covers each readable point exactly once, whole, and keeps every limit", () => {
    fc.assert(
      fc.property(pointsOf(40), limitsArbitrary, costArbitrary, (points, limits, cost) => {
        const blocks = planReads(points, limits, cost);
        const names = blocks.flatMap((block) => block.points.map((p) => p.name)).sort();
        expect(names).toEqual(
          points
            .filter((p) => readable(p, limits))
            .map((p) => p.name)
            .sort(),
        );
        for (const block of blocks) {
          expect(block.count).toBeLessThanOrEqual(limitOf(block.table, limits));
          expect(widestGap(block)).toBeLessThanOrEqual(limits.singlePointReads ? 0 : limits.maxGap);
          expect(forbidden(block.first, block.first + block.count, limits)).toBe(false);
          expect(spoilt(block.table, block.first, block.first + block.count, limits)).toBe(false);
          for (const p of block.points) {
            expect(p.table).toBe(block.table);
            expect(p.address).toBeGreaterThanOrEqual(block.first);
            expect(p.address + p.count).toBeLessThanOrEqual(block.first + block.count);
            if (limits.singlePointReads) expect([p.address, p.count]).toEqual([block.first, block.count]);
          }
        }
      }),
    );
  });

  it("costs what the best of all partitions costs", () => {
    fc.assert(
      fc.property(pointsOf(7), limitsArbitrary, costArbitrary, (points, limits, cost) => {
        const together = { ...limits, singlePointReads: false };
        const planned = planReads(points, together, cost).reduce((sum, b) => sum + costOf(b.table, b.count, cost), 0);
        const best = bruteForce(
          points.filter((p) => readable(p, together)),
          together,
          cost,
        );
        expect(planned).toBe(best);
      }),
    );
  });
});

/** Cheapest cut of one table by trying every last block: quadratic, for points that no other point lies inside. */
function quadratic(points: readonly Point[], limits: PlanLimits, cost: RequestCost): number {
  const sorted = [...points].sort((a, b) => a.address - b.address);
  const best = [0];
  for (const [index, last] of sorted.entries()) {
    let least = Number.POSITIVE_INFINITY;
    for (let from = index; from >= 0; from--) {
      least = Math.min(least, (best[from] ?? 0) + requestCost(sorted.slice(from, index + 1), limits, cost));
      if (last.address + last.count - (sorted[from]?.address ?? 0) > limitOf(last.table, limits)) break;
    }
    best.push(least);
  }
  return best.at(-1) ?? 0;
}

describe("planReads of many points", () => {
  it.each(["holding", "coil"] as const)("%s: costs what trying every last block costs", (table) => {
    const gaps = fc.array(fc.record({ gap: fc.nat(12), count: fc.integer({ min: 1, max: 4 }) }), { maxLength: 60 });
    const limitsOf = fc.record({
      maxReadRegisters: fc.integer({ min: 4, max: 60 }),
      maxReadBits: fc.integer({ min: 4, max: 200 }),
      maxGap: fc.integer({ min: 0, max: 12 }),
      neverRead: fc.constant([]),
      singlePointReads: fc.constant(false),
    });
    fc.assert(
      fc.property(gaps, limitsOf, costArbitrary, (steps, limits, cost) => {
        let address = 0;
        const points = steps.map(({ gap, count }, index) => {
          address += gap;
          const point = aPoint(`p${index}`, address, { table, count });
          address += count;
          return point;
        });
        const planned = planReads(points, limits, cost).reduce((sum, b) => sum + costOf(b.table, b.count, cost), 0);
        expect(planned).toBe(quadratic(points, limits, cost));
      }),
    );
  });
});
