import type { ExactDecimal } from "../../../src/core/points/decimal";
import { createSparseTable } from "../../../src/simulator/sparseTable";
import { decimalText, matchesTruth, truthOf } from "../../../src/simulator/truth";
import { pointOf } from "../../support/simulatorConfig";

const exact = (coefficient: bigint, scale = 0): ExactDecimal => ({ coefficient, scale });

function truth(words: readonly number[], given: Partial<Parameters<typeof pointOf>[0]>): unknown {
  const table = createSparseTable();
  words.forEach((word, i) => {
    table.set(100 + i, word);
  });
  return truthOf(table, pointOf({ name: "p", address: 100, type: "uint16", count: words.length, ...given }));
}

describe("the truth about registers", () => {
  test("the largest uint64 keeps every digit", () => {
    const order = [6, 7, 4, 5, 2, 3, 0, 1];
    expect(truth([0xffff, 0xffff, 0xffff, 0xffff], { type: "uint64", order, scale: exact(1n, 3) })).toEqual({
      digits: "18446744073709551.615",
    });
  });

  test("scale and offset are exact", () => {
    expect(truth([615], { scale: exact(1n, 1) })).toEqual({ digits: "61.5" });
    expect(truth([0xfffe], { type: "int16", scale: exact(1n, 1), offset: exact(-40n) })).toEqual({ digits: "-40.2" });
    expect(truth([125], { scale: exact(1n, 2), decimals: 1 })).toEqual({ digits: "1.3" });
  });

  test("a float32 is its shortest decimal", () => {
    // 0x4366199A is the float32 nearest to 230.1.
    expect(truth([0x4366, 0x199a], { type: "float32", order: [0, 1, 2, 3] })).toEqual({ digits: "230.1" });
    expect(truth([0x4366, 0x199a], { type: "float32", order: [0, 1, 2, 3], decimals: 0 })).toEqual({ digits: "230" });
    expect(truth([0x7fc0, 0], { type: "float32", order: [0, 1, 2, 3] })).toEqual({ bad: "notAvailable" });
  });

  test("what is not known is not a number", () => {
    expect(truth([0x8000], { type: "int16", notAvailable: new Set([-32768n]) })).toEqual({ bad: "notAvailable" });
    expect(truth([3], { enum: new Map([["1", "on"]]) })).toEqual({ bad: "notInEnum" });
    expect(truth([101], { max: exact(100n) })).toEqual({ bad: "outOfRange" });
    expect(truth([1], { enum: new Map([["1", "on"]]) })).toEqual({ value: "on" });
    expect(truth([0x8000], { bit: 15 })).toEqual({ value: true });
  });

  test("rounding is half away from zero", () => {
    expect(decimalText(-125n, 2, 1)).toBe("-1.3");
    expect(decimalText(-4n, 2, 1)).toBe("0");
    expect(decimalText(1200n, 2, 9)).toBe("12");
  });

  test("a message's number matches as a double, its digits match literally", () => {
    const big = { digits: "18446744073709551.615" };
    expect(matchesTruth(big, 18446744073709552)).toBe(true);
    expect(matchesTruth(big, "18446744073709551.615")).toBe(true);
    expect(matchesTruth(big, "18446744073709551.616")).toBe(false);
    expect(matchesTruth({ value: "on" }, "on")).toBe(true);
    expect(matchesTruth({ bad: "notInEnum" }, null)).toBe(false);
  });
});
