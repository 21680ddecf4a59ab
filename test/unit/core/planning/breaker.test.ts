import { createBreaker, createProbeBudget, FAILURES, LONGEST_DISTANCE_MS } from "../../../../src/core/planning/breaker";
import { monotonicMs as at } from "../../../../src/kernel/units";

/** A breaker that three failures of 10 ms have opened, the last one at 1000. */
function opened() {
  const budget = createProbeBudget();
  const breaker = createBreaker(budget);
  for (const end of [100, 500, 1000]) breaker.failed(at(end - 10), at(end));
  return { budget, breaker };
}

describe("breaker", () => {
  it("opens at the third failure in a row", () => {
    const breaker = createBreaker(createProbeBudget());
    expect([1, 2].map((n) => breaker.failed(at(n), at(n + 1)))).toEqual([false, false]);
    breaker.answered();
    const outcomes = Array.from({ length: FAILURES }, (_, n) => breaker.failed(at(n), at(n + 1)));
    expect(outcomes).toEqual([false, false, true]);
    expect(breaker.gate(at(10))).toBe("wait");
  });

  it("allows repetitions to the first failure only", () => {
    const breaker = createBreaker(createProbeBudget());
    breaker.failed(at(0), at(1));
    expect([breaker.mayRepeat(0), breaker.mayRepeat(1)]).toEqual([true, true]);
    breaker.failed(at(1), at(2));
    expect([breaker.mayRepeat(0), breaker.mayRepeat(1)]).toEqual([false, true]);
    breaker.failed(at(2), at(3));
    expect(breaker.mayRepeat(2)).toBe(false);
  });

  it("probes at a distance that doubles up to a minute, one probe at a time", () => {
    const { breaker } = opened();
    const distances: number[] = [];
    for (let now = 1000, n = 0; n < 9; n++) {
      const probe = breaker.probeAt() ?? at(Number.NaN);
      distances.push(probe - now);
      expect([breaker.gate(at(probe - 1)), breaker.gate(probe)]).toEqual(["wait", "probe"]);
      breaker.probing();
      expect([breaker.gate(at(probe + 1e6)), breaker.probeAt()]).toEqual(["wait", undefined]);
      now = probe + 10;
      breaker.failed(probe, at(now));
    }
    expect(distances).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, LONGEST_DISTANCE_MS]);
  });

  it("waits for the line's budget, which unanswered probes of any unit use up", () => {
    const { breaker, budget } = opened();
    budget.spent(at(1500), at(2500));
    expect(breaker.probeAt()).toBe(2500 + 24 * 1000);
    budget.reset();
    expect(breaker.probeAt()).toBe(2000);
  });

  it("is closed by an answer; on trial one failure opens it again, at the distance it had reached", () => {
    const { breaker } = opened();
    breaker.failed(at(2000), at(2010));
    expect(breaker.answered()).toBe(true);
    expect(breaker.gate(at(2011))).toBe("poll");
    expect(breaker.failed(at(3000), at(3010))).toBe(true);
    expect(breaker.probeAt()).toBe(3010 + 4000);
    breaker.answered();
    for (let n = 0; n < 5; n++) breaker.answered();
    expect([1, 2, 3].map((n) => breaker.failed(at(n * 1e5), at(n * 1e5 + 10)))).toEqual([false, false, true]);
    expect(breaker.probeAt()).toBe(3e5 + 10 + 1000);
  });

  it("keeps its distance after a probe that showed nothing, and hurries when something speaks for it", () => {
    const { breaker } = opened();
    breaker.probing();
    breaker.probed(at(2000));
    expect(breaker.probeAt()).toBe(3000);
    breaker.hasten(at(2100));
    expect(breaker.gate(at(2100))).toBe("probe");
  });
});
