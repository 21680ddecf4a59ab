import fc from "fast-check";
import { decimalFromNumber } from "../../../../src/core/points/decimal";
import type { PointValue, ReportRule } from "../../../../src/core/points/point";
import { isWorthSending } from "../../../../src/core/points/reportFilter";
import { decimal } from "./pointFixture";

const AT_LEAST = 900_000;

function rule(deadband?: string): ReportRule {
  if (deadband === undefined) return { atLeastMs: AT_LEAST };
  const width = decimal(deadband.replace("%", ""));
  return { deadband: { by: deadband.endsWith("%") ? "percent" : "unit", width }, atLeastMs: AT_LEAST };
}

/** Whether `value` is sent a second after `last`. */
function sent(value: PointValue, last: PointValue, deadband?: string): boolean {
  return isWorthSending({ report: rule(deadband) }, value, { value: last, at: 0 }, 1000, 1000);
}

test("without a rule, and at first, everything is sent", () => {
  expect(isWorthSending({}, 1, { value: 1, at: 0 }, 1, 0)).toBe(true);
  expect(isWorthSending({ report: rule() }, 1, undefined, 1, 0)).toBe(true);
});

test("by change: what differs from what was sent last", () => {
  expect(sent(1, 1)).toBe(false);
  expect(sent(1.0000001, 1)).toBe(true);
  expect(sent(true, true)).toBe(false);
  expect(sent(false, true)).toBe(true);
  expect(sent("on", "off")).toBe(true);
  expect(sent(decimal("18446744073709551615"), decimal("18446744073709551615"))).toBe(false);
  expect(sent(decimal("18446744073709551615"), decimal("18446744073709551614"))).toBe(true);
});

test("a deadband is what is not worth sending: its edge is within, exactly", () => {
  expect(sent(0.3, 0.2, "0.1")).toBe(false); // in doubles 0.09999999999999998
  expect(sent(0.8, 0.7, "0.1")).toBe(false); // in doubles 0.10000000000000009
  expect(sent(0.8001, 0.7, "0.1")).toBe(true);
  expect(sent(-0.8001, -0.7, "0.1")).toBe(true);
  expect(sent(decimal("18446744073709551615"), decimal("18446744073709551613"), "2")).toBe(false);
  expect(sent(decimal("18446744073709551615"), decimal("18446744073709551612"), "2")).toBe(true);
  expect(sent(5, 5, "0")).toBe(false);
  expect(sent(5.0001, 5, "0")).toBe(true);
});

test("a share is of the value last sent", () => {
  expect(sent(102, 100, "2%")).toBe(false);
  expect(sent(102.01, 100, "2%")).toBe(true);
  expect(sent(97.9, 100, "2%")).toBe(true);
  expect(sent(-102, -100, "2%")).toBe(false);
  expect(sent(0, 0, "2%")).toBe(false);
  expect(sent(0.0001, 0, "2%")).toBe(true);
});

test("what has not been sent for so long is sent, at the reading that is nearest to the time", () => {
  const at = (now: number, intervalMs: number) =>
    isWorthSending({ report: rule() }, 1, { value: 1, at: 0 }, now, intervalMs);
  expect(at(AT_LEAST - 1, 0)).toBe(false);
  expect(at(AT_LEAST, 0)).toBe(true);
  // A poll is never on the millisecond: the one at 900 s must not be left out for being a little early.
  expect(at(AT_LEAST - 10, 10_000)).toBe(true);
  expect(at(AT_LEAST - 9000, 10_000)).toBe(false);
});

test("doubles and exact decimals decide alike", () => {
  const short = fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100);
  fc.assert(
    fc.property(short, short, fc.integer({ min: 0, max: 1000 }), fc.boolean(), (value, last, hundredths, share) => {
      const deadband = `${hundredths / 100}${share ? "%" : ""}`;
      const fast = sent(value, last, deadband);
      // An exact decimal on one side makes everything exact.
      expect(sent(decimalFromNumber(value), last, deadband)).toBe(fast);
    }),
    { numRuns: 2000 },
  );
});
