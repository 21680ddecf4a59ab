import {
  compareDecimals,
  decimalFromNumber,
  decimalText,
  divideToInteger,
  type ExactDecimal,
  multiplyDecimals,
  parseDecimal,
  roundDecimal,
  subtractDecimals,
  toPointNumber,
} from "../../../../src/core/points/decimal";

function decimal(text: string): ExactDecimal {
  const parsed = parseDecimal(text);
  if (parsed === undefined) throw new TypeError(`${text} is no decimal`);
  return parsed;
}

describe("parseDecimal", () => {
  test.each([
    ["0", 0n, 0],
    ["-0", 0n, 0],
    ["0.000", 0n, 0],
    ["61.5", 615n, 1],
    ["-0.050", -5n, 2],
    ["100", 100n, 0],
    ["1e3", 1000n, 0],
    ["1.25E+2", 125n, 0],
    ["125e-3", 125n, 3],
    ["1200e-1", 120n, 0],
    ["18446744073709551.615", 18446744073709551615n, 3],
  ])("%s", (text, coefficient, scale) => {
    expect(parseDecimal(text)).toEqual({ coefficient, scale });
  });

  test.each([
    "",
    "-",
    "+1",
    "01",
    "1.",
    ".5",
    "1e",
    "1,5",
    " 1",
    "1 ",
    "0x10",
    "NaN",
    "Infinity",
    "1e401",
    "1e-999999",
  ])("%j is no number", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  test("a text that would take unbounded memory is refused", () => {
    expect(parseDecimal("9".repeat(401))).toBeUndefined();
    expect(parseDecimal("1e999999999999")).toBeUndefined();
  });
});

test.each([
  [0.1, "0.1"],
  [-230.2, "-230.2"],
  [1e-7, "0.0000001"],
  [1e21, "1000000000000000000000"],
  [5e-324, `0.${"0".repeat(323)}5`],
  [-0, "0"],
  [9007199254740991, "9007199254740991"],
])("the decimal of the double %d is its shortest text", (value, text) => {
  expect(decimalText(decimalFromNumber(value))).toBe(text);
});

test.each([
  ["0.5", 0, "1"],
  ["-0.5", 0, "-1"],
  ["2.345", 2, "2.35"],
  ["-2.345", 2, "-2.35"],
  ["2.3449999", 2, "2.34"],
  ["1.999", 2, "2"],
  ["0.04", 1, "0"],
  ["7", 3, "7"],
])("%s to %d decimals is %s: halves go away from zero", (text, digits, expected) => {
  expect(decimalText(roundDecimal(decimal(text), digits))).toBe(expected);
});

test.each([
  ["7", "2", 4n, 3n, 4n],
  ["-7", "2", -4n, -4n, -3n],
  ["7", "-2", -4n, -4n, -3n],
  ["1", "0.1", 10n, 10n, 10n],
  ["21.3", "0.5", 43n, 42n, 43n],
  ["1", "3", 0n, 0n, 1n],
  ["-1", "3", 0n, -1n, 0n],
])("%s / %s as an integer", (a, b, nearest, floor, ceiling) => {
  expect(divideToInteger(decimal(a), decimal(b), "nearest")).toBe(nearest);
  expect(divideToInteger(decimal(a), decimal(b), "floor")).toBe(floor);
  expect(divideToInteger(decimal(a), decimal(b), "ceiling")).toBe(ceiling);
});

test("sums, products and order are exact where doubles are not", () => {
  expect(decimalText(subtractDecimals(decimal("0.3"), decimal("0.1")))).toBe("0.2");
  expect(decimalText(multiplyDecimals(decimal("18446744073709551615"), decimal("0.001")))).toBe(
    "18446744073709551.615",
  );
  expect(compareDecimals(decimal("9007199254740993"), decimal("9007199254740992"))).toBeGreaterThan(0);
  expect(compareDecimals(decimal("-0.10"), decimal("-0.1"))).toBe(0);
});

describe("toPointNumber", () => {
  test.each([
    ["61.5", 61.5],
    ["-0.000000001", -1e-9],
    ["9007199254740991", 9007199254740991],
    ["123456789012.345", 123456789012.345],
  ])("%s is a number", (text, value) => {
    expect(toPointNumber(decimal(text))).toBe(value);
  });

  test.each(["9007199254740993", "9007199254740992", "18446744073709551.615", "1234567890.123456789", "1e22"])(
    "%s stays a decimal",
    (text) => {
      expect(toPointNumber(decimal(text))).toEqual(decimal(text));
    },
  );
});
