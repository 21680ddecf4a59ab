import type { Point } from "../../../src/core/points/point";
import { rawAt } from "../../../src/simulator/movement";
import { writeRaw } from "../../../src/simulator/registers";
import { createSparseTable } from "../../../src/simulator/sparseTable";
import { type Truth, truthOf } from "../../../src/simulator/truth";
import { pointOf } from "../../support/simulatorConfig";

/** The point's truth at each of these seconds. */
function over(point: Point, seconds: readonly number[]): readonly Truth[] {
  const table = createSparseTable();
  return seconds.map((second) => {
    writeRaw(table, point, rawAt("meter", point, second));
    return truthOf(table, point);
  });
}

const minutes = Array.from({ length: 300 }, (_, i) => i);

function numbers(point: Point): readonly number[] {
  return over(point, minutes).map((truth) => ("digits" in truth ? Number(truth.digits) : Number.NaN));
}

const float = { type: "float32", count: 2, order: [0, 1, 2, 3] } as const;

describe("movement", () => {
  test("depends on the point and the time alone", () => {
    const point = pointOf({ name: "v", address: 0, unit: "volt", ...float });
    expect(rawAt("meter", point, 12.34)).toBe(rawAt("meter", point, 12.34));
    expect(rawAt("meter", point, 12.34)).not.toBe(rawAt("other", point, 12.34));
    expect(rawAt("meter", point, 12.34)).not.toBe(rawAt("meter", point, 14));
  });

  test.each([
    ["volt", 226, 234],
    ["hertz", 49.96, 50.04],
    ["degreeCelsius", 22, 58],
    ["percent", 5, 95],
  ])("%s stays between %d and %d and moves", (unit, low, high) => {
    const values = numbers(pointOf({ name: "v", address: 0, unit, ...float }));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...values)).toBeLessThanOrEqual(high);
    expect(new Set(values).size).toBeGreaterThan(10);
  });

  test("energy never falls", () => {
    const values = numbers(pointOf({ name: "e", address: 0, unit: "kilowattHour", ...float }));
    expect(values.every((value, i) => i === 0 || value >= (values[i - 1] ?? 0))).toBe(true);
    expect(values.at(-1)).toBeGreaterThan(values[0] ?? 0);
  });

  test("a uint64 is beyond what a double carries", () => {
    const point = pointOf({ name: "n", address: 0, type: "uint64", count: 4, order: [0, 1, 2, 3, 4, 5, 6, 7] });
    expect(rawAt("meter", point, 0)).toBeGreaterThan(2n ** 53n);
    expect(rawAt("meter", point, 10)).toBe((rawAt("meter", point, 0) as bigint) + 30n);
  });

  test.each<[string, Partial<Point>]>([
    ["a narrow range", { type: "int16", min: { coefficient: 100n, scale: 0 }, max: { coefficient: 103n, scale: 0 } }],
    ["a bound between two steps", { scale: { coefficient: 1n, scale: 1 }, max: { coefficient: 5005n, scale: 2 } }],
    ["a byte with a foreign unit", { type: "uint8Low", unit: "volt" }],
    ["a value that means nothing", { mask: 0x3n, notAvailable: new Set([0xffffn]) }],
    ["an offset", { offset: { coefficient: -40n, scale: 0 }, unit: "degreeCelsius" }],
  ])("is always a good value: %s", (_name, given) => {
    const truths = over(pointOf({ name: "p", address: 3, type: "uint16", ...given }), minutes);
    expect(truths.filter((truth) => "bad" in truth)).toEqual([]);
  });

  test("an enum goes through its texts, a switch toggles, a text stands still", () => {
    const states = new Map([
      ["0", "off"],
      ["1", "on"],
      ["7", "fault"],
    ]);
    const state = pointOf({ name: "state", address: 0, type: "uint16", enum: states });
    const seen = new Set(over(state, minutes).map((truth) => JSON.stringify(truth)));
    expect(seen).toEqual(new Set(['{"value":"off"}', '{"value":"on"}', '{"value":"fault"}']));
    const door = pointOf({ name: "door", table: "discrete", address: 0, type: "bool" });
    expect(new Set(over(door, minutes).map((truth) => JSON.stringify(truth))).size).toBe(2);
    const text = pointOf({ name: "serial", address: 0, type: "string", count: 6 });
    expect(new Set(over(text, minutes).map((truth) => JSON.stringify(truth))).size).toBe(1);
  });
});
