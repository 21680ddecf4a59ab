import type { Point } from "../../../../src/core/points/point";
import { decodePoint } from "../../../../src/core/points/transform";
import { valueToJsonText } from "../../../../src/core/points/valueText";
import { decimal, pointOf } from "./pointFixture";

/** The JSON text of the value, or the reason. */
function read(parts: Partial<Point>, registers: readonly number[]): string {
  const reading = decodePoint(pointOf(parts), Uint16Array.from(registers), 0);
  return "value" in reading ? valueToJsonText(reading.value) : reading.bad;
}

describe("numbers", () => {
  test.each<[string, Partial<Point>, number[], string]>([
    ["SDM630 manual: 230.2 V", { type: "float32" }, [0x4366, 0x3333], "230.2"],
    ["float32 0.1", { type: "float32" }, [0x3dcc, 0xcccd], "0.1"],
    ["float32 16777216", { type: "float32" }, [0x4b80, 0x0000], "16777216"],
    ["largest float32", { type: "float32" }, [0x7f7f, 0xffff], "3.4028235e+38"],
    ["smallest float32", { type: "float32" }, [0x0000, 0x0001], "1e-45"],
    ["smallest normal float32", { type: "float32" }, [0x0080, 0x0000], "1.1754944e-38"],
    ["float32 -0 is 0", { type: "float32" }, [0x8000, 0x0000], "0"],
    ["float32 of pi", { type: "float32" }, [0x4049, 0x0fdb], "3.1415927"],
    ["float32 scaled keeps 7 digits", { type: "float32", scale: decimal("0.001") }, [0x4366, 0x3333], "0.2302"],
    ["float32 scaled up", { type: "float32", scale: decimal("1000") }, [0x3dcc, 0xcccd], "100"],
    ["float32, decimals", { type: "float32", decimals: 1 }, [0x4049, 0x0fdb], "3.1"],
    ["float32 0.25 to one decimal: away from zero", { type: "float32", decimals: 1 }, [0x3e80, 0x0000], "0.3"],
    ["float32 230.15 is 230.2, though below it in binary", { type: "float32", decimals: 1 }, [0x4366, 0x2666], "230.2"],
    ["float64 of pi", { type: "float64" }, [0x4009, 0x21fb, 0x5444, 0x2d18], "3.141592653589793"],
    [
      "float64 scaled keeps 15 digits",
      { type: "float64", offset: decimal("0.5") },
      [0x4009, 0x21fb, 0x5444, 0x2d18],
      "3.64159265358979",
    ],
    ["uint16 x 0.1", { scale: decimal("0.1") }, [3], "0.3"],
    ["int16 x 0.1", { type: "int16", scale: decimal("0.1") }, [0xff85], "-12.3"],
    ["uint16 x 0.01 - 40", { scale: decimal("0.01"), offset: decimal("-40") }, [6513], "25.13"],
    ["offset alone", { offset: decimal("-273.15") }, [300], "26.85"],
    ["falling scale", { scale: decimal("-0.5") }, [3], "-1.5"],
    ["decimals of an integer: away from zero", { scale: decimal("0.01"), decimals: 1 }, [2325], "23.3"],
    ["decimals of a negative one", { type: "int16", scale: decimal("0.01"), decimals: 1 }, [0x10000 - 2325], "-23.3"],
    ["decimals to nothing leave no -0", { type: "int16", scale: decimal("0.01"), decimals: 1 }, [0xffff], "0"],
    ["at most nine decimals", { scale: decimal("0.0000000012") }, [4], "5e-9"],
    ["uint64 keeps every digit", { type: "uint64" }, [0xffff, 0xffff, 0xffff, 0xffff], "18446744073709551615"],
    [
      "uint64 x 0.001",
      { type: "uint64", scale: decimal("0.001") },
      [0xffff, 0xffff, 0xffff, 0xffff],
      "18446744073709551.615",
    ],
    ["int64 most negative", { type: "int64" }, [0x8000, 0, 0, 0], "-9223372036854775808"],
    [
      "int64 x 0.01 beyond 15 digits",
      { type: "int64", scale: decimal("0.01") },
      [0x0020, 0, 0, 1],
      "90071992547409.93",
    ],
    ["uint32 x 1.000001", { type: "uint32", scale: decimal("1.000001") }, [0xffff, 0xffff], "4294971589.967295"],
    ["int8High scaled", { type: "int8High", scale: decimal("0.5") }, [0xff00], "-0.5"],
  ])("%s", (_what, point, registers, text) => {
    expect(read(point, registers)).toBe(text);
  });
});

describe("parts of a register", () => {
  test.each<[string, Partial<Point>, number[], string]>([
    ["bit 0", { bit: 0 }, [0x0001], "true"],
    ["bit 15 of an int16", { type: "int16", bit: 15 }, [0x8000], "true"],
    ["bit 1", { bit: 1 }, [0x0001], "false"],
    ["bit 31 of a uint32", { type: "uint32", bit: 31 }, [0x8000, 0], "true"],
    ["bit 63 of a uint64", { type: "uint64", bit: 63 }, [0x8000, 0, 0, 0], "true"],
    ["bit 63 of an int64", { type: "int64", bit: 63 }, [0xffff, 0xffff, 0xffff, 0xffff], "true"],
    ["bit 32 of a small uint64", { type: "uint64", bit: 32 }, [0, 1, 0, 0], "true"],
    ["bit 32 of a smaller uint64", { type: "uint64", bit: 32 }, [0, 0, 0, 1], "false"],
    ["bit 0 of swapped bytes", { bit: 0, order: [1, 0] }, [0x0100], "true"],
    ["mask is shifted down", { mask: 0x0f00n }, [0x1a34], "10"],
    ["mask of a negative raw", { type: "int16", mask: 0xff00n }, [0xff85], "255"],
    ["mask of 32 bits", { type: "uint32", mask: 0xffff0000n }, [0xdead, 0xbeef], "57005"],
    [
      "mask of 64 bits",
      { type: "uint64", mask: 0xffffffffffffff00n },
      [0xffff, 0xffff, 0xffff, 0xff12],
      "72057594037927935",
    ],
    ["mask, then scale", { mask: 0x00ffn, scale: decimal("0.1") }, [0x1215], "2.1"],
    ["mask, then enum", { mask: 0x3n, enum: new Map([["2", "heating"]]) }, [0xfffe], '"heating"'],
  ])("%s", (_what, point, registers, text) => {
    expect(read(point, registers)).toBe(text);
  });
});

describe("what is not known is never a number", () => {
  const enumeration = new Map([
    ["0", "off"],
    ["-1", "fault"],
  ]);
  test.each<[string, Partial<Point>, number[], string]>([
    ["NaN", { type: "float32" }, [0x7fc0, 0x0000], "notAvailable"],
    ["another NaN", { type: "float32" }, [0xffff, 0xffff], "notAvailable"],
    ["Infinity", { type: "float32" }, [0x7f80, 0x0000], "notAvailable"],
    ["-Infinity", { type: "float64" }, [0xfff0, 0, 0, 0], "notAvailable"],
    ["a sentinel", { type: "int16", notAvailable: new Set([-32768n]) }, [0x8000], "notAvailable"],
    ["a sentinel given as its bits", { type: "int16", notAvailable: new Set([0x8000n]) }, [0x8000], "notAvailable"],
    ["an unsigned sentinel given as -1", { notAvailable: new Set([-1n]) }, [0xffff], "notAvailable"],
    ["a sentinel wider than the type is never met", { notAvailable: new Set([65536n]) }, [0], "0"],
    [
      "a 64-bit sentinel",
      { type: "uint64", notAvailable: new Set([0xffffffffffffffffn]) },
      [65535, 65535, 65535, 65535],
      "notAvailable",
    ],
    [
      "a 64-bit signed sentinel",
      { type: "int64", notAvailable: new Set([0x8000000000000000n]) },
      [0x8000, 0, 0, 0],
      "notAvailable",
    ],
    ["a sentinel comes before mask", { mask: 0xfn, notAvailable: new Set([0xffffn]) }, [0xffff], "notAvailable"],
    ["a sentinel comes before bit", { bit: 0, notAvailable: new Set([0xffffn]) }, [0xffff], "notAvailable"],
    ["a sentinel of a float", { type: "float32", notAvailable: new Set([-9999n]) }, [0xc61c, 0x3c00], "notAvailable"],
    [
      "below the plausible range",
      { type: "int16", scale: decimal("0.1"), min: decimal("-40") },
      [0x10000 - 401],
      "outOfRange",
    ],
    ["at its end", { type: "int16", scale: decimal("0.1"), min: decimal("-40") }, [0x10000 - 400], "-40"],
    ["above it", { max: decimal("100") }, [101], "outOfRange"],
    [
      "above it in 64 bits",
      { type: "uint64", max: decimal("18446744073709551614") },
      [65535, 65535, 65535, 65535],
      "outOfRange",
    ],
    [
      "a 64-bit value above a small end",
      { type: "uint64", max: decimal("10") },
      [65535, 65535, 65535, 65535],
      "outOfRange",
    ],
    ["a float above it", { type: "float32", max: decimal("230.1") }, [0x4366, 0x3333], "outOfRange"],
    ["a float at the end, by its decimal", { type: "float32", max: decimal("230.2") }, [0x4366, 0x3333], "230.2"],
    [
      "a scaled float beyond the doubles",
      { type: "float64", scale: decimal("1000") },
      [0x7fef, 0xffff, 0xffff, 0xffff],
      "outOfRange",
    ],
    ["an unlisted raw", { enum: enumeration }, [1], "notInEnum"],
    ["a listed raw", { enum: enumeration }, [0], '"off"'],
    ["a listed negative raw", { type: "int16", enum: enumeration }, [0xffff], '"fault"'],
  ])("%s", (_what, point, registers, text) => {
    expect(read(point, registers)).toBe(text);
  });
});

test("bit tables yield booleans, or their texts", () => {
  const coil = pointOf({ type: "bool", table: "coil" });
  expect(decodePoint(coil, [false, true], 1)).toEqual({ value: true });
  const named = pointOf({
    type: "bool",
    table: "discrete",
    enum: new Map([
      ["0", "closed"],
      ["1", "open"],
    ]),
  });
  expect(decodePoint(named, [false, true], 0)).toEqual({ value: "closed" });
});

test("a point begins at its offset and must be there as a whole", () => {
  const point = pointOf({ type: "uint32" });
  expect(decodePoint(point, Uint16Array.of(9, 0, 5, 9), 1)).toEqual({ value: 5 });
  expect(() => decodePoint(point, Uint16Array.of(9, 0, 5, 9), 3)).toThrow(/not all there/);
  expect(() => decodePoint(pointOf({ type: "bool", table: "coil" }), [true], 1)).toThrow(/not there/);
  expect(() => decodePoint(point, [true, false], 0)).toThrow(/given bits/);
});

test("a text", () => {
  const point = pointOf({ type: "string", count: 3, order: [1, 0] });
  expect(decodePoint(point, Uint16Array.of(0x4453, 0x364d, 0x3033), 0)).toEqual({ value: "SDM630" });
});
