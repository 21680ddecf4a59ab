import fc from "fast-check";
import type { PointValue } from "../../src/core/points/point";
import { pnpMessages } from "../../src/core/telemetry/envelope";
import { runsOf } from "../../src/core/telemetry/sample";
import { epochMs } from "../../src/kernel/units";
import { pointOf } from "../unit/core/points/pointFixture";

const at = epochMs(1);

function bodyOf(values: readonly PointValue[]): string {
  const samples = values.map((value, i) => ({ point: pointOf({ name: `p${i}` }), at, reading: { value } }));
  return pnpMessages(runsOf(samples))[0]?.body ?? "{}";
}

/** What JavaScript itself writes. */
function expected(values: readonly PointValue[]): string {
  return JSON.stringify(Object.fromEntries(values.map((value, i) => [`p${i}`, value])));
}

const measured = fc
  .tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: -3, max: 14 }))
  .map(([digits, places]) => Number(`${digits}e${-places}`));
const float32 = fc.float({ noNaN: true, noDefaultInfinity: true });
const float64 = fc.double({ noNaN: true, noDefaultInfinity: true });
const long = fc
  .tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 }))
  .map(([n, places]) => Number(`${n}e${-places}`));
const value = fc.oneof(
  measured,
  float32,
  float64,
  long,
  fc.integer(),
  fc.boolean(),
  fc.string({ unit: "binary", maxLength: 40 }),
);

test("messages are what JSON.stringify writes", () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), (values) => {
      expect(bodyOf(values)).toBe(expected(values));
    }),
    { numRuns: 2000 },
  );
});

test("texts of any length and alphabet", () => {
  const texts = ["x".repeat(5000), "\u0000".repeat(3000), "€".repeat(4000), "🔥".repeat(2000), "\ud800", "\ufeffa"];
  expect(bodyOf(texts)).toBe(expected(texts));
});
