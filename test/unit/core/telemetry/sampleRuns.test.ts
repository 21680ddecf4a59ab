import fc from "fast-check";
import { decimalFromInteger } from "../../../../src/core/points/decimal";
import type { BadReason, Reading } from "../../../../src/core/points/point";
import { pointListOf } from "../../../../src/core/points/pointList";
import { badRun, cycleOf, runsOf, type Sample, samplesOf } from "../../../../src/core/telemetry/sample";
import { epochMs } from "../../../../src/kernel/units";
import { aPoint } from "../../../support/points";

const POINTS = Array.from({ length: 6 }, (_, at) => aPoint(`p${at}`, at));
const [a, b, c] = POINTS as [Sample["point"], Sample["point"], Sample["point"]];
const AT = epochMs(1000);

const good = (point: Sample["point"], at = AT): Sample => ({ point, at, reading: { value: point.address } });
const bad = (point: Sample["point"], reason: BadReason, at = AT): Sample => ({ point, at, reading: { bad: reason } });

const reading = fc.oneof(
  fc
    .oneof(fc.integer(), fc.double(), fc.string(), fc.boolean(), fc.bigInt().map(decimalFromInteger))
    .map((value): Reading => ({ value })),
  fc.constantFrom<BadReason>("timeout", "crc", "exception:2", "decode").map((reason): Reading => ({ bad: reason })),
);
/** Few instants, so that neighbours often share one, and clocks that step back. */
const samples = fc.array(
  fc.record({ point: fc.constantFrom(...POINTS), at: fc.integer({ min: 1, max: 3 }).map(epochMs), reading }),
  { maxLength: 20 },
);

describe("runs of samples", () => {
  it("hold, for any samples, the same ones in the same order", () => {
    fc.assert(fc.property(samples, (given) => expect(samplesOf(runsOf(given))).toEqual(given)));
  });

  it("are split, for any samples, exactly where the instant changes, and know how many of them are bad", () => {
    fc.assert(
      fc.property(samples, (given) => {
        const runs = runsOf(given);
        const instants = given.map(({ at }) => at);
        expect(runs.map(({ at }) => at)).toEqual(instants.filter((at, place) => at !== instants[place - 1]));
        for (const { list, values } of runs) {
          expect(values.length).toBeGreaterThan(0);
          expect(list.points).toHaveLength(values.length);
        }
        const faults = runs.map((run) => samplesOf([run]).filter((sample) => "bad" in sample.reading).length);
        expect(runs.map(({ bads }) => bads)).toEqual(faults);
      }),
    );
  });

  it("carry values as they are, and a reason where there is none", () => {
    const later = epochMs(AT + 10);
    const runs = runsOf([good(a), bad(b, "notInEnum"), good(c), bad(a, "timeout", later), good(b)]);
    expect(runs.map(({ list, at, values, bads }) => [list.points, at, values, bads])).toEqual([
      [[a, b, c], AT, [0, { bad: "notInEnum" }, 2], 1],
      [[a], later, [{ bad: "timeout" }], 1],
      [[b], AT, [1], 0],
    ]);
    expect(runsOf([])).toEqual([]);
  });

  it("that failed as a whole are bad for one reason, each point of them", () => {
    const run = badRun(pointListOf([a, b]), "offline", AT);
    expect(run.bads).toBe(2);
    expect(samplesOf([run])).toEqual([bad(a, "offline"), bad(b, "offline")]);
  });

  it("of several responses are those of one after the other", () => {
    const later = epochMs(AT + 10);
    const { device, runs } = cycleOf("boiler", [good(a), good(b, later)]);
    expect(device).toBe("boiler");
    const all = [...runs, badRun(pointListOf([c]), "crc", later)];
    expect(samplesOf(all)).toEqual([good(a), good(b, later), bad(c, "crc", later)]);
  });
});
