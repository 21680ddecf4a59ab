import type { Point } from "../../../../src/core/points/point";
import { PointList, pointListOf } from "../../../../src/core/points/pointList";
import { withScalingPoints } from "../../../../src/core/points/scaledBy";
import { valueToJsonText } from "../../../../src/core/points/valueText";
import { badRun, type SampleRun, samplesOf } from "../../../../src/core/telemetry/sample";
import { runOf, settledRuns } from "../../../../src/core/telemetry/scaledRuns";
import { epochMs } from "../../../../src/kernel/units";
import { aPoint } from "../../../support/points";

const sf = aPoint("sf", 10, { type: "int16", kind: "none" });
const ratio = aPoint("ratio", 11, {
  kind: "none",
  scale: { coefficient: 5n, scale: 1 },
  scaledBy: [{ as: "power", point: sf }],
});
const byPower = aPoint("byPower", 0, { scaledBy: [{ as: "power", point: sf }] });
const byRatio = aPoint("byRatio", 1, {
  scaledBy: [
    { as: "factor", point: ratio },
    { as: "power", point: sf },
  ],
});
const plain = aPoint("plain", 2);

/** Readings of a cycle in which each register was answered by itself, 10 ms after the one before. */
function cycle(
  points: readonly Point[],
  registers: Readonly<Record<number, number>>,
  failed: readonly string[] = [],
): string[] {
  const runs = withScalingPoints(points).map((point, i): SampleRun => {
    const at = epochMs(1000 + 10 * i);
    const list = new PointList([point]);
    if (failed.includes(point.name)) return badRun(list, "timeout", at);
    return runOf(list, Uint16Array.of(registers[point.address] ?? 0), point.address, at);
  });
  return samplesOf(settledRuns(runs)).map(
    ({ point, at, reading }) =>
      `${point.name}@${at} ${"value" in reading ? valueToJsonText(reading.value) : reading.bad}`,
  );
}

test("the value is that of the cycle's scale, at the time of its own answer; what was read for the scale is left out", () => {
  expect(cycle([byPower, byRatio, plain], { 0: 2305, 1: 40, 2: 7, 10: 0xfffe, 11: 300 })).toEqual([
    "byPower@1000 23.05",
    // 40 x (300 x 0.5 x 10^-2) x 10^-2
    "byRatio@1010 0.6",
    "plain@1020 7",
  ]);
  expect(cycle([byPower], { 0: 2305, 10: 10 })).toEqual(["byPower@1000 23050000000000"]);
});

test.each<[string, number, readonly string[]]>([
  ["not implemented, as SunSpec says it", 0x8000, []],
  ["over 10", 11, []],
  ["below -10", 0xfff5, []],
  ["not read", 1, ["sf"]],
])("a power of ten that is %s leaves no value", (_what, power, failed) => {
  expect(cycle([byPower, plain], { 0: 1, 2: 7, 10: power }, failed)).toEqual(["byPower@1000 decode", "plain@1010 7"]);
});

test("a factor of 0 is none; a point that was not read itself says so", () => {
  expect(cycle([byRatio], { 1: 40, 11: 0 })).toEqual(["byRatio@1000 decode"]);
  expect(cycle([byRatio], { 1: 40, 11: 300 }, ["byRatio"])).toEqual(["byRatio@1000 timeout"]);
});

test("a scale point that is due itself is a sample like others", () => {
  const asked = aPoint("sf", 10, { type: "int16" });
  expect(cycle([asked, byPower], { 0: 5, 10: 2 })).toEqual(["sf@1000 2", "byPower@1010 500"]);
});

describe("responses", () => {
  it("settle as their samples do, whether what scales is in the same one or in another", () => {
    const registers = Uint16Array.of(2305, 40, 7, 0, 0, 0, 0, 0, 0, 0, 0xfffe, 300);
    const others = Uint16Array.of(0xfffe, 300);
    const values = [23.05, 0.6, 7];
    const [at, later] = [epochMs(1000), epochMs(1010)];
    const whole = [runOf(pointListOf([byPower, byRatio, plain, sf, ratio]), registers, 0, at)];
    const parted = [
      runOf(pointListOf([byPower, byRatio, plain]), registers.subarray(0, 3), 0, at),
      runOf(pointListOf([sf, ratio]), others, 10, later),
    ];
    for (const runs of [whole, parted]) {
      expect(samplesOf(settledRuns(runs))).toEqual(
        [byPower, byRatio, plain].map((point, place) => ({ point, at, reading: { value: values[place] } })),
      );
    }
  });

  it("leave lists that are the same in every cycle; one of which nothing is left is left out", () => {
    const settled = (address: number) =>
      settledRuns([
        runOf(pointListOf([sf]), Uint16Array.of(1), 10, epochMs(1000)),
        runOf(pointListOf([byPower, plain]), Uint16Array.of(address, 0, 7), 0, epochMs(1010)),
      ]);
    const [first, again] = [settled(3), settled(4)];
    expect(first).toEqual([{ list: pointListOf([byPower, plain]), at: 1010, values: [30, 7], bads: 0 }]);
    expect(again.map(({ values }) => values)).toEqual([[40, 7]]);
    expect(again[0]?.list).toBe(first[0]?.list);
  });

  it("without a scaled point are as they are", () => {
    const runs = [runOf(pointListOf([plain, sf]), new Uint16Array(20), 0, epochMs(1000))];
    expect(settledRuns(runs)).toBe(runs);
  });

  it("count what is bad", () => {
    const rare = aPoint("rare", 3, { notAvailable: new Set([0n]) });
    const run = runOf(pointListOf([plain, rare]), Uint16Array.of(7, 0), 2, epochMs(1000));
    expect([run.values, run.bads]).toEqual([[7, { bad: "notAvailable" }], 1]);
  });
});
