import fc from "fast-check";
import { Accumulator, type AggregateKind } from "../../../../src/core/points/aggregate";
import type { BadReason, Point, PointValue, Reading } from "../../../../src/core/points/point";
import { valueToJsonText } from "../../../../src/core/points/valueText";
import { decimal, pointOf } from "./pointFixture";

const bad = (reason: BadReason): Reading => ({ bad: reason });

/** What comes of periods of values; a text in `{}` is a bad reading. */
function periods(kind: AggregateKind, point: Partial<Point>, ...given: readonly (readonly (PointValue | Reading)[])[]) {
  const accumulator = new Accumulator(pointOf(point), kind);
  return given.map((readings) => {
    for (const one of readings)
      accumulator.add(typeof one === "object" && !("coefficient" in one) ? one : { value: one });
    const reading = accumulator.close();
    return "value" in reading ? reading.value : reading.bad;
  });
}

describe("the mean", () => {
  test("of integers keeps nine digits after the point, halves away from zero", () => {
    expect(periods("mean", {}, [1, 2], [1, 1, 2], [-1, -1, -2])).toEqual([1.5, 1.333333333, -1.333333333]);
    expect(periods("mean", { decimals: 1 }, [1, 1, 2], [0.05, 0.05], [-0.05])).toEqual([1.3, 0.1, -0.1]);
  });

  test("is taken of the exact decimals", () => {
    expect(periods("mean", {}, [0.1, 0.2])).toEqual([0.15]);
    const huge = [decimal("18446744073709551615"), decimal("18446744073709551613")];
    expect(periods("mean", {}, huge)).toEqual([decimal("18446744073709551614")]);
  });

  test("of floats keeps the digits they are good for", () => {
    expect(periods("mean", { type: "float32" }, [230.1, 230.2, 230.2], [1e-30, 2e-30])).toEqual([230.1667, 1.5e-30]);
    expect(periods("mean", { type: "float64" }, [1, 1, 2])).toEqual([1.33333333333333]);
  });
});

test("the least, the greatest, the last", () => {
  const values = [3, -1, decimal("18446744073709551615"), 2];
  expect(periods("min", {}, values)).toEqual([-1]);
  expect(periods("max", {}, values)).toEqual([decimal("18446744073709551615")]);
  expect(periods("last", {}, values, [7])).toEqual([2, 7]);
});

describe("the delta", () => {
  test("goes from period to period, so that deltas add up", () => {
    expect(periods("delta", {}, [10, 12], [15], [15, 15], [21.5])).toEqual([2, 3, 0, 6.5]);
  });

  test("of one reading is not known; of a counter that was reset negative", () => {
    expect(periods("delta", {}, [10], [12], [3])).toEqual(["notAvailable", 2, -9]);
  });

  test("spans periods without a good reading", () => {
    expect(periods("delta", {}, [1, 2], [bad("timeout")], [9])).toEqual([1, "timeout", 7]);
  });

  test("is exact", () => {
    expect(periods("delta", { type: "float32" }, [230.1, 230.2])).toEqual([0.1]);
    expect(periods("delta", {}, [decimal("18446744073709551000"), decimal("18446744073709551615")])).toEqual([615]);
  });
});

test("bad readings never enter, and without a good one the period is bad for the last reason", () => {
  for (const kind of ["last", "mean", "min", "max", "delta"] as const) {
    expect(periods(kind, {}, [bad("crc"), bad("timeout")], [])).toEqual(["timeout", "notAvailable"]);
    const mixed = periods(kind, {}, [4, bad("crc"), 4, bad("outOfRange")]);
    expect(mixed).toEqual([kind === "delta" ? 0 : 4]);
  }
});

test("texts and booleans: the last", () => {
  for (const kind of ["mean", "min", "max", "delta"] as const) {
    expect(periods(kind, {}, [true, false], ["b", "a"])).toEqual([false, "a"]);
  }
});

test("any mean of integers is within half of the last digit of the true one", () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 20 }), (values) => {
      const [mean] = periods("mean", {}, values);
      const sum = values.reduce((a, b) => a + BigInt(b), 0n);
      const { coefficient, scale } = decimal(valueToJsonText(mean as PointValue));
      const error = coefficient * BigInt(values.length) * 10n ** 9n - sum * 10n ** BigInt(9 + scale);
      const limit = (BigInt(values.length) * 10n ** BigInt(scale)) / 2n;
      expect(error <= limit && error >= -limit).toBe(true);
    }),
  );
});
