import fc from "fast-check";
import { createBreaker, createProbeBudget, LONGEST_DISTANCE_MS, nextProbe } from "../../src/core/planning/breaker";
import { monotonicMs } from "../../src/kernel/units";

interface Unit {
  readonly breaker: ReturnType<typeof createBreaker>;
  /** What a request to it costs while it does not answer, ms. */
  readonly costMs: number;
  readonly probes: number[];
}

/** Units of one line that never answer, probed whenever they may be; three failures have opened each breaker. */
function deadLine(costs: readonly number[], ms: number) {
  const budget = createProbeBudget();
  const units: Unit[] = costs.map((costMs) => ({ breaker: createBreaker(budget), costMs, probes: [] }));
  let now = 0;
  for (const { breaker, costMs } of units) {
    for (let n = 0; n < 3; n++) {
      breaker.failed(monotonicMs(now), monotonicMs(now + costMs));
      now += costMs;
    }
  }
  // The first breaker opened here; the units behind it were still polled.
  const opened = 3 * (costs[0] ?? 0);
  const busy: { readonly from: number; readonly to: number }[] = [];
  while (now < ms) {
    const unit = nextProbe(units, monotonicMs(now));
    if (unit === undefined) {
      now = Math.min(...units.map(({ breaker }) => breaker.probeAt() ?? Number.POSITIVE_INFINITY));
      continue;
    }
    unit.breaker.probing();
    expect(unit.breaker.gate(monotonicMs(now + 1e9))).toBe("wait");
    unit.probes.push(now);
    busy.push({ from: now, to: now + unit.costMs });
    unit.breaker.failed(monotonicMs(now), monotonicMs(now + unit.costMs));
    now += unit.costMs;
  }
  return { units, busy, opened, now };
}

const costsArbitrary = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 });

describe("breakers of one line", () => {
  it("all probes together take at most 5 % of its time, from the opening to any later moment", () => {
    fc.assert(
      fc.property(costsArbitrary, (costs) => {
        const { busy, opened } = deadLine(costs, 1_200_000);
        let sum = 0;
        for (const { from, to } of busy) {
          sum += to - from;
          expect(sum).toBeLessThanOrEqual(0.05 * (to - opened));
        }
      }),
    );
  });

  it("a unit's distances never shrink while it is dead, and reach a minute or what the budget makes of it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), (costMs) => {
        const { units } = deadLine([costMs], 1_200_000);
        const probes = units[0]?.probes ?? [];
        const distances = probes.slice(1).map((at, index) => at - (probes[index] ?? 0) - costMs);
        for (const [index, distance] of distances.entries())
          expect(distance).toBeGreaterThanOrEqual(distances[index - 1] ?? 0);
        expect(distances.at(-1)).toBe(Math.max(LONGEST_DISTANCE_MS, 24 * costMs));
      }),
    );
  });

  it("no unit is forgotten: each is probed again and again, however many are dead", () => {
    fc.assert(
      fc.property(costsArbitrary, (costs) => {
        const { units } = deadLine(costs, 5_000_000);
        for (const { probes } of units) expect(probes.length).toBeGreaterThan(3);
      }),
      { numRuns: 50 },
    );
  });
});
