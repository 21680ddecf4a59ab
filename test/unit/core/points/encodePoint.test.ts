import type { Point, PointValue } from "../../../../src/core/points/point";
import { encodePoint, sameRaw } from "../../../../src/core/points/transform";
import { valueToJsonText } from "../../../../src/core/points/valueText";
import { decimal, pointOf } from "./pointFixture";

const setpoint: Partial<Point> = {
  scale: decimal("0.5"),
  write: { verify: "readBack", min: decimal("10"), max: decimal("80") },
};

describe("what fits", () => {
  test.each<[string, Partial<Point>, PointValue, number[] | boolean]>([
    ["a scaled integer", setpoint, 21.5, [43]],
    ["at the lower limit", setpoint, 10, [20]],
    ["a string of digits", setpoint, "21.50", [43]],
    ["a decimal", setpoint, decimal("79.5"), [159]],
    ["with an offset", { type: "int16", scale: decimal("0.1"), offset: decimal("-40") }, -52.3, [0xff85]],
    ["0.3 in steps of 0.1, which doubles cannot divide", { scale: decimal("0.1") }, 0.3, [3]],
    ["a falling scale", { type: "int16", scale: decimal("-0.1") }, 12.3, [0xff85]],
    ["negative", { type: "int16" }, -123, [0xff85]],
    ["swapped bytes", { type: "int16", order: [1, 0] }, -123, [0x85ff]],
    ["words reversed", { type: "uint32", order: [2, 3, 0, 1] }, 0xdeadbeef, [0xbeef, 0xdead]],
    ["every digit of a uint64", { type: "uint64" }, "18446744073709551615", [65535, 65535, 65535, 65535]],
    [
      "a scaled uint64",
      { type: "uint64", scale: decimal("0.001") },
      "18446744073709551.615",
      [65535, 65535, 65535, 65535],
    ],
    ["a value as it is shown with decimals", { scale: decimal("0.003"), decimals: 2 }, 0.01, [3]],
    ["a value exactly, though shown with fewer decimals", { scale: decimal("0.01"), decimals: 1 }, 21.54, [2154]],
    ["float32 230.2", { type: "float32" }, 230.2, [0x4366, 0x3333]],
    ["float32, words reversed", { type: "float32", order: [2, 3, 0, 1] }, 230.2, [0x3333, 0x4366]],
    ["a fraction as the nearest float32", { type: "float32" }, Math.PI, [0x4049, 0x0fdb]],
    [
      "the largest float32 by its shortest digits",
      { type: "float32" },
      "340282350000000000000000000000000000000",
      [0x7f7f, 0xffff],
    ],
    ["a scaled float32", { type: "float32", scale: decimal("0.001") }, 0.001, [0x3f80, 0x0000]],
    ["float64", { type: "float64" }, Math.PI, [0x4009, 0x21fb, 0x5444, 0x2d18]],
    [
      "an enum's text",
      {
        enum: new Map([
          ["0", "off"],
          ["3", "auto"],
        ]),
      },
      "auto",
      [3],
    ],
    [
      "an enum's raw value",
      {
        enum: new Map([
          ["0", "off"],
          ["3", "auto"],
        ]),
      },
      3,
      [3],
    ],
    [
      "an enum's raw value in digits",
      {
        enum: new Map([
          ["0", "off"],
          ["3", "auto"],
        ]),
      },
      "3",
      [3],
    ],
    [
      "an enum's text before its raw values",
      {
        enum: new Map([
          ["0", "1"],
          ["1", "0"],
        ]),
      },
      "1",
      [0],
    ],
    ["a coil", { type: "bool", table: "coil" }, true, true],
    [
      "a coil by its text",
      {
        type: "bool",
        table: "coil",
        enum: new Map([
          ["0", "closed"],
          ["1", "open"],
        ]),
      },
      "open",
      true,
    ],
    ["a text", { type: "string", count: 3 }, "SDM63", [0x5344, 0x4d36, 0x3300]],
    ["a text of swapped bytes", { type: "string", count: 2, order: [1, 0] }, "SDM", [0x4453, 0x004d]],
    ["a text that fills its registers", { type: "string", count: 2 }, "°C!", [0xc2b0, 0x4321]],
  ])("%s", (_what, point, value, encoded) => {
    expect(encodePoint(pointOf(point), value)).toEqual({ ok: true, value: encoded });
  });
});

describe("what does not fit is refused with the nearest value", () => {
  test.each<[string, Partial<Point>, PointValue, string, string, RegExp]>([
    [
      "above the limit",
      setpoint,
      81,
      "limits",
      "80",
      /^81 is above 80, the highest value that may be written; the nearest value is 80$/,
    ],
    ["below the limit", setpoint, -1, "limits", "10", /^-1 is below 10, the lowest/],
    ["far above it", setpoint, "1e300", "limits", "80", /is above 80/],
    [
      "a limit between two steps",
      { ...setpoint, write: { verify: "echo", max: decimal("80.3") } },
      90,
      "limits",
      "80",
      /above 80.3/,
    ],
    [
      "a limit with a falling scale",
      { type: "int16", scale: decimal("-0.5"), write: { verify: "echo", max: decimal("80") } },
      90,
      "limits",
      "80",
      /above 80/,
    ],
    ["outside the plausible range", { type: "int16", min: decimal("-40") }, -41, "limits", "-40", /below -40/],
    [
      "between two steps",
      setpoint,
      21.3,
      "notEncodable",
      "21.5",
      /^21.3 lies between two steps of 0.5; the nearest value is 21.5$/,
    ],
    ["halfway: away from zero", setpoint, 21.25, "notEncodable", "21.5", /between two steps/],
    [
      "near a limit: not beyond it",
      { ...setpoint, write: { verify: "echo", max: decimal("80.3") } },
      80.28,
      "notEncodable",
      "80",
      /between two steps/,
    ],
    [
      "too large for the type",
      {},
      65536,
      "notEncodable",
      "65535",
      /^65536 does not fit uint16, which carries 0 to 65535 here/,
    ],
    ["negative", {}, -1, "notEncodable", "0", /does not fit uint16/],
    ["too large, scaled", { scale: decimal("0.1") }, 6553.6, "notEncodable", "6553.5", /carries 0 to 6553.5 here/],
    [
      "one more than a uint64",
      { type: "uint64" },
      "18446744073709551616",
      "notEncodable",
      "18446744073709551615",
      /does not fit uint64/,
    ],
    [
      "a sentinel",
      { notAvailable: new Set([0xffffn]) },
      65535,
      "notEncodable",
      "65534",
      /by which the device says "not available"/,
    ],
    [
      "too large, and the largest is a sentinel",
      { notAvailable: new Set([0xffffn]) },
      70000,
      "notEncodable",
      "65534",
      /does not fit/,
    ],
    [
      "a whole number that a float32 would change",
      { type: "float32" },
      16777217,
      "notEncodable",
      "16777216",
      /more digits than float32/,
    ],
    ["beyond float32", { type: "float32" }, -1e39, "notEncodable", "-3.4028235e+38", /beyond the range of float32/],
    ["beyond float64", { type: "float64" }, "1e309", "notEncodable", "1.7976931348623157e+308", /beyond the range/],
    ["vanishing in a float32", { type: "float32" }, 1e-46, "notEncodable", "0", /too small for float32/],
    ["a float above the limit", { type: "float32", max: decimal("60") }, 60.001, "limits", "60", /above 60/],
    [
      "more than a double's digits",
      { type: "float64" },
      "9007199254740993",
      "notEncodable",
      "9007199254740992",
      /more digits/,
    ],
    [
      "a text that is too long",
      { type: "string", count: 2 },
      "abcde",
      "notEncodable",
      '"abcd"',
      /longer than 4 bytes of UTF-8/,
    ],
    ["a text cut at a character", { type: "string", count: 2 }, "abc°", "notEncodable", '"abc"', /longer than 4 bytes/],
    [
      "a text with a NUL",
      { type: "string", count: 2 },
      "a\u0000b",
      "notEncodable",
      '"a"',
      /would read back differently/,
    ],
    [
      "a text with a space at the end",
      { type: "string", count: 2 },
      "a ",
      "notEncodable",
      '"a"',
      /would read back differently/,
    ],
  ])("%s", (_what, point, value, kind, nearest, words) => {
    const result = encodePoint(pointOf(point), value);
    expect(result).toMatchObject({ ok: false, error: { kind, status: 422 } });
    if (result.ok) return;
    expect(result.error.text).toMatch(words);
    expect(result.error.nearest === undefined ? "" : valueToJsonText(result.error.nearest)).toBe(nearest);
    if (result.error.nearest !== undefined) expect(encodePoint(pointOf(point), result.error.nearest).ok).toBe(true);
  });

  test("no nearest value where nothing may be written", () => {
    const point = pointOf({ scale: decimal("10"), write: { verify: "echo", min: decimal("11"), max: decimal("19") } });
    expect(encodePoint(point, 15)).toMatchObject({ ok: false, error: { kind: "notEncodable" } });
    expect(encodePoint(point, 15)).not.toHaveProperty("error.nearest");
  });

  test("a text that is not listed names those that are", () => {
    const result = encodePoint(
      pointOf({
        enum: new Map([
          ["0", "off"],
          ["3", "auto"],
        ]),
      }),
      "on",
    );
    expect(result).toMatchObject({ ok: false, error: { status: 422, text: '"on" is not one of "off", "auto"' } });
    expect(encodePoint(pointOf({ enum: new Map([["0", "off"]]) }), 1).ok).toBe(false);
  });
});

describe("the wrong kind of value", () => {
  test.each<[string, Partial<Point>, PointValue, RegExp]>([
    ["a boolean for a number", {}, true, /expected a number, got true/],
    ["a word for a number", {}, "hot", /expected a number or a string of its digits, got "hot"/],
    ["an empty text for a number", { type: "float32" }, "", /expected a number/],
    ["NaN", { type: "float32" }, Number.NaN, /expected a number/],
    ["Infinity", { type: "float32" }, Number.POSITIVE_INFINITY, /expected a number/],
    ["a number for a coil", { type: "bool", table: "coil" }, 1, /expected true or false, got 1/],
    ["a text for a coil", { type: "bool", table: "coil" }, "true", /expected true or false, got "true"/],
    ["a number for a text", { type: "string", count: 2 }, 5, /expected a text, got 5/],
    ["a boolean for an enum", { enum: new Map([["0", "off"]]) }, false, /expected one of "off"/],
  ])("%s", (_what, point, value, words) => {
    const result = encodePoint(pointOf(point), value);
    expect(result).toMatchObject({ ok: false, error: { kind: "type", status: 400 } });
    if (!result.ok) expect(result.error.text).toMatch(words);
  });

  test("a number beyond ±(2^53-1) is asked for as digits", () => {
    const result = encodePoint(pointOf({ type: "uint64" }), 2 ** 64);
    expect(result).toMatchObject({ ok: false, error: { kind: "unsafe", status: 400 } });
    if (!result.ok) expect(result.error.text).toMatch(/send it as a string of digits/);
    expect(encodePoint(pointOf({ type: "uint64" }), 9007199254740991)).toEqual({
      ok: true,
      value: [0x1f, 65535, 65535, 65535],
    });
  });

  test.each<[string, Partial<Point>, PointValue]>([
    ["a bit", { bit: 3 }, true],
    ["a mask", { mask: 0xffn }, 5],
    ["half a register", { type: "uint8High" }, 5],
  ])("%s of a register would change its other part", (_what, point, value) => {
    expect(encodePoint(pointOf(point), value)).toMatchObject({
      ok: false,
      error: { kind: "unsupported", status: 403 },
    });
  });
});

test("sameRaw compares what was written with what was read", () => {
  expect(sameRaw([1, 2], Uint16Array.of(9, 1, 2, 9), 1)).toBe(true);
  expect(sameRaw([1, 2], Uint16Array.of(1, 3))).toBe(false);
  expect(sameRaw([1, 2], Uint16Array.of(1))).toBe(false);
  expect(sameRaw(true, [false, true], 1)).toBe(true);
  expect(sameRaw(true, [false], 0)).toBe(false);
});
