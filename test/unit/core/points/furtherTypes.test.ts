import type { Point, PointValue } from "../../../../src/core/points/point";
import { decodePoint, encodePoint } from "../../../../src/core/points/transform";
import { valueToJsonText } from "../../../../src/core/points/valueText";
import { decimal, pointOf } from "./pointFixture";

function point(parts: Partial<Point>, count: number): Point {
  return pointOf({ count, ...parts });
}

/** The JSON text of the value, or the reason. */
function read(parts: Partial<Point>, registers: readonly number[]): string {
  const reading = decodePoint(point(parts, registers.length), Uint16Array.from([7, ...registers, 7]), 1);
  return "value" in reading ? valueToJsonText(reading.value) : reading.bad;
}

function write(parts: Partial<Point>, count: number, value: PointValue) {
  const encoded = encodePoint(point(parts, count), value);
  if (encoded.ok) return encoded.value;
  const { nearest, text } = encoded.error;
  return nearest === undefined ? text : valueToJsonText(nearest);
}

const WORDS_BACK_8 = [6, 7, 4, 5, 2, 3, 0, 1];

/**
 * Registers and what they mean. Halves: the examples of IEEE 754-2008 binary16 that every description gives. Dates: the
 * layout of Schneider's TI081 page, Unix times that are known by heart (1234567890, the end of 31 bits).
 */
const BOTH_WAYS: readonly (readonly [what: string, point: Partial<Point>, registers: number[], text: string])[] = [
  ["half 1", { type: "float16" }, [0x3c00], "1"],
  ["half -2", { type: "float16" }, [0xc000], "-2"],
  ["half 65504, the largest", { type: "float16" }, [0x7bff], "65504"],
  ["half one third", { type: "float16" }, [0x3555], "0.3333"],
  ["half smallest normal", { type: "float16" }, [0x0400], "0.00006104"],
  ["half smallest", { type: "float16" }, [0x0001], "6e-8"],
  ["half largest below 1", { type: "float16" }, [0x3bff], "0.9995"],
  ["half smallest above 1", { type: "float16" }, [0x3c01], "1.001"],
  ["half pi", { type: "float16" }, [0x4248], "3.14"],
  ["half 0.1, bytes swapped", { type: "float16", order: [1, 0] }, [0x662e], "0.1"],
  ["int24 -1", { type: "int24" }, [0x00ff, 0xffff], "-1"],
  ["int24 most negative", { type: "int24" }, [0x0080, 0x0000], "-8388608"],
  ["int24 words reversed", { type: "int24", order: [2, 3, 0, 1] }, [0x7961, 0x00fe], "-99999"],
  ["uint24", { type: "uint24" }, [0x0012, 0xd687], "1234567"],
  ["uint24 scaled", { type: "uint24", scale: decimal("0.01") }, [0x00ff, 0xffff], "167772.15"],
  ["bcd16", { type: "bcd16" }, [0x1234], "1234"],
  ["bcd32", { type: "bcd32" }, [0x1234, 0x5678], "12345678"],
  ["bcd32 words reversed", { type: "bcd32", order: [2, 3, 0, 1] }, [0x5678, 0x1234], "12345678"],
  ["bcd64, every digit", { type: "bcd64" }, [0x9999, 0x9999, 0x9999, 0x9999], "9999999999999999"],
  ["bcd64 scaled", { type: "bcd64", scale: decimal("0.001") }, [0x9999, 0x9999, 0x9999, 0x9997], "9999999999999.997"],
  ["sign and magnitude", { type: "signMagnitude16" }, [0x8001], "-1"],
  ["sign and magnitude, positive", { type: "signMagnitude16" }, [0x7fff], "32767"],
  ["sign and magnitude, 32 bits", { type: "signMagnitude32" }, [0x8001, 0x86a0], "-100000"],
  ["mod10k: PowerLogic energy", { type: "mod10k" }, [5678, 1234, 0, 0], "12345678"],
  ["mod10k of two words", { type: "mod10k" }, [1, 9999], "99990001"],
  ["mod10k of three words", { type: "mod10k" }, [0, 0, 9999], "999900000000"],
  ["mod10k of four words, every digit", { type: "mod10k" }, [9999, 9999, 9999, 9999], "9999999999999999"],
  ["mod10k words reversed", { type: "mod10k", order: [2, 3, 0, 1] }, [1234, 5678], "12345678"],
  ["low bytes", { type: "stringLow" }, [0x0053, 0x0044, 0x004d], '"SDM"'],
  ["high bytes", { type: "stringHigh" }, [0x5300, 0x4400, 0x4d00], '"SDM"'],
  ["low bytes, swapped", { type: "stringLow", order: [1, 0] }, [0x5300, 0x4400], '"SD"'],
  ["ti081", { type: "ti081" }, [26, 0x0b17, 0x0a0f, 30_123], '"2026-11-23T10:15:30.123Z"'],
  ["ti081 year 2127", { type: "ti081" }, [127, 0x0c1f, 0x173b, 59_999], '"2127-12-31T23:59:59.999Z"'],
  [
    "ti081 reversed",
    { type: "ti081", order: WORDS_BACK_8 },
    [30_123, 0x0a0f, 0x0b17, 26],
    '"2026-11-23T10:15:30.123Z"',
  ],
  ["ymdhms", { type: "ymdhms" }, [0x1a0b, 0x170a, 0x0f1e], '"2026-11-23T10:15:30.000Z"'],
  ["ymdhms leap day", { type: "ymdhms" }, [0x1802, 0x1d17, 0x3b3b], '"2024-02-29T23:59:59.000Z"'],
  ["unix32 1234567890", { type: "unix32" }, [0x4996, 0x02d2], '"2009-02-13T23:31:30.000Z"'],
  ["unix32 beyond 31 bits", { type: "unix32" }, [0x8000, 0x0000], '"2038-01-19T03:14:08.000Z"'],
  ["unix32 words reversed", { type: "unix32", order: [2, 3, 0, 1] }, [0x02d2, 0x4996], '"2009-02-13T23:31:30.000Z"'],
  ["unix64", { type: "unix64" }, [0, 0, 0x6553, 0xf100], '"2023-11-14T22:13:20.000Z"'],
  ["fixed zone", { type: "ymdhms", zone: "+05:30" }, [0x1a0b, 0x170a, 0x0f1e], '"2026-11-23T10:15:30.000+05:30"'],
  [
    "Berlin in winter",
    { type: "ymdhms", zone: "Europe/Berlin" },
    [0x1a0b, 0x170a, 0x0f1e],
    '"2026-11-23T10:15:30.000+01:00"',
  ],
  [
    "Berlin in summer",
    { type: "ymdhms", zone: "Europe/Berlin" },
    [0x1a07, 0x0100, 0x0000],
    '"2026-07-01T00:00:00.000+02:00"',
  ],
  [
    "west of Greenwich",
    { type: "ymdhms", zone: "America/St_Johns" },
    [0x1a01, 0x0100, 0x0000],
    '"2026-01-01T00:00:00.000-03:30"',
  ],
  [
    "the hour twice: which one the device says",
    { type: "ti081", zone: "Europe/Berlin" },
    [26, 0x0a19, 0x821e, 0],
    '"2026-10-25T02:30:00.000+02:00"',
  ],
  [
    "and the other",
    { type: "ti081", zone: "Europe/Berlin" },
    [26, 0x0a19, 0x021e, 0],
    '"2026-10-25T02:30:00.000+01:00"',
  ],
];

test.each(BOTH_WAYS)("%s", (_what, parts, registers, text) => {
  expect(read(parts, registers)).toBe(text);
  const reading = decodePoint(point(parts, registers.length), Uint16Array.from(registers), 0);
  expect("value" in reading && write(parts, registers.length, reading.value)).toEqual(registers);
});

const AUTO_BCD = { type: "bcd32", notAvailable: new Set([0xffff_ffffn]) } as const;

test.each<[string, Partial<Point>, number[], string]>([
  ["half infinity", { type: "float16" }, [0x7c00], "notAvailable"],
  ["half NaN", { type: "float16" }, [0x7e01], "notAvailable"],
  ["half -0 is 0", { type: "float16" }, [0x8000], "0"],
  ["half scaled keeps seven digits", { type: "float16", scale: decimal("0.1") }, [0x3555], "0.0333252"],
  ["int24: the top byte is not looked at", { type: "int24" }, [0xab00, 0x0005], "5"],
  ["uint24: the top byte is not looked at", { type: "uint24", order: [2, 3, 0, 1] }, [0x0005, 0xab00], "5"],
  [
    "int24, most negative as not available",
    { type: "int24", notAvailable: new Set([-8_388_608n]) },
    [0x5580, 0],
    "notAvailable",
  ],
  ["a nibble over 9", { type: "bcd16" }, [0x12a4], "decode"],
  ["a nibble over 9 far down", { type: "bcd64" }, [0, 0, 0, 0x000f], "decode"],
  ["all ones without notAvailable", { type: "bcd32" }, [0xffff, 0xffff], "decode"],
  ["all ones with it", AUTO_BCD, [0xffff, 0xffff], "notAvailable"],
  ["others beside it", AUTO_BCD, [0xffff, 0xfffe], "decode"],
  ["values beside it", AUTO_BCD, [0, 0x0042], "42"],
  ["a value that means not available", { type: "bcd16", notAvailable: new Set([9999n]) }, [0x9999], "notAvailable"],
  ["negative zero", { type: "signMagnitude16" }, [0x8000], "0"],
  [
    "negative zero as not available",
    { type: "signMagnitude16", notAvailable: new Set([0x8000n]) },
    [0x8000],
    "notAvailable",
  ],
  ["zero beside it", { type: "signMagnitude16", notAvailable: new Set([0x8000n]) }, [0], "0"],
  ["a word over 9999", { type: "mod10k" }, [10_000, 0, 0, 0], "decode"],
  ["a last word over 9999", { type: "mod10k" }, [0, 0xffff], "decode"],
  [
    "all ones as not available",
    { type: "mod10k", notAvailable: new Set([0xffff_ffffn]) },
    [0xffff, 0xffff],
    "notAvailable",
  ],
  ["bcd with texts", { type: "bcd16", enum: new Map([["10", "on"]]) }, [0x0010], '"on"'],
  ["high bytes stand beside low ones", { type: "stringLow" }, [0xff53, 0x1244], '"SD"'],
  ["latin1, one character a register", { type: "stringLow" }, [0x00b0, 0x0043], '"°C"'],
  ["the end of a text", { type: "stringHigh" }, [0x4100, 0x2000, 0x0000, 0x4200], '"A"'],
  ["ti081 with its day of the week", { type: "ti081" }, [26, 0x0b57, 0x0a0f, 30_123], '"2026-11-23T10:15:30.123Z"'],
  ["ti081 that is invalid", { type: "ti081" }, [26, 0x0b17, 0x0a8f, 30_123], "notAvailable"],
  ["ti081 of nothing", { type: "ti081" }, [0, 0, 0, 0], "decode"],
  ["ti081 of a 31st of November", { type: "ti081" }, [26, 0x0b1f, 0x0a0f, 0], "decode"],
  ["ti081 at 24 hours", { type: "ti081" }, [26, 0x0b17, 0x180f, 0], "decode"],
  ["ti081 with 60 seconds", { type: "ti081" }, [26, 0x0b17, 0x0a0f, 60_000], "decode"],
  ["ymdhms of a 29th of February", { type: "ymdhms" }, [0x1902, 0x1d00, 0], "decode"],
  ["ymdhms with a 60th second", { type: "ymdhms" }, [0x1a0b, 0x170a, 0x0f3c], "decode"],
  ["ymdhms of year 100", { type: "ymdhms" }, [0x640b, 0x170a, 0x0f1e], "decode"],
  [
    "ymdhms of ones",
    { type: "ymdhms", notAvailable: new Set([0xffff_ffff_ffffn]) },
    [0xffff, 0xffff, 0xffff],
    "notAvailable",
  ],
  ["unix32 0 as not available", { type: "unix32", notAvailable: new Set([0n]) }, [0, 0], "notAvailable"],
  ["unix64 beyond the year 9999", { type: "unix64" }, [0xffff, 0, 0, 0], "decode"],
  ["an hour that clocks skip", { type: "ymdhms", zone: "Europe/Berlin" }, [0x1a03, 0x1d02, 0x1e00], "decode"],
  [
    "an hour that they show twice: the first",
    { type: "ymdhms", zone: "Europe/Berlin" },
    [0x1a0a, 0x1902, 0x1e00],
    '"2026-10-25T02:30:00.000+02:00"',
  ],
])("read only, %s", (_what, parts, registers, text) => {
  expect(read(parts, registers)).toBe(text);
});

const IN_BERLIN = { type: "ymdhms", zone: "Europe/Berlin" } as const;

test.each<[string, Partial<Point>, number, PointValue, number[] | string]>([
  ["the nearest half", { type: "float16" }, 1, 0.1, [0x2e66]],
  ["halves tie to even", { type: "float16" }, 1, 2049 / 2048, [0x3c00]],
  ["a whole number that no half is", { type: "float16" }, 1, 2049, "2048"],
  ["beyond the halves", { type: "float16" }, 1, 65_520, "65504"],
  ["beyond 24 bits", { type: "int24" }, 2, 8_388_608, "8388607"],
  ["a negative BCD", { type: "bcd16" }, 1, -1, "0"],
  ["five digits", { type: "bcd16" }, 1, "10000", "9999"],
  ["seventeen digits", { type: "bcd64" }, 4, "10000000000000000", "9999999999999999"],
  ["the most negative magnitude", { type: "signMagnitude16" }, 1, -32_768, "-32767"],
  [
    "a magnitude that means not available",
    { type: "signMagnitude16", notAvailable: new Set([0xffffn]) },
    1,
    -32_767,
    "-32766",
  ],
  ["mod10k of two words", { type: "mod10k" }, 2, 100_000_000, "99999999"],
  ["a text too long for its registers", { type: "stringLow" }, 2, "ABC", '"AB"'],
  ["°, two bytes", { type: "stringHigh" }, 2, "°C", '"°"'],
  ["a time with another offset", { type: "unix32" }, 2, "2009-02-14T00:31:30+01:00", [0x4996, 0x02d2]],
  ["a time with a short fraction", { type: "ti081" }, 4, "2026-11-23T10:15:30.5Z", [26, 0x0b17, 0x0a0f, 30_500]],
  ["a time without seconds", { type: "unix32" }, 2, "1970-01-01T00:01Z", [0, 60]],
  ["half a second", { type: "unix32" }, 2, "2009-02-13T23:31:30.400Z", '"2009-02-13T23:31:30.000Z"'],
  ["a tenth of a millisecond", { type: "ti081" }, 4, "2026-11-23T10:15:30.1234Z", '"2026-11-23T10:15:30.123Z"'],
  ["before the years of two digits", { type: "ymdhms" }, 3, "1999-12-31T23:59:59Z", '"2000-01-01T00:00:00.000Z"'],
  ["after 32 bits", { type: "unix32" }, 2, "2200-01-01T00:00:00Z", '"2106-02-07T06:28:15.000Z"'],
  ["UTC into local time", IN_BERLIN, 3, "2026-07-01T10:00:00Z", [0x1a07, 0x010c, 0]],
  ["the second of two equal hours", IN_BERLIN, 3, "2026-10-25T02:30:00+01:00", '"2026-10-25T02:30:00.000+02:00"'],
  [
    "no offset",
    { type: "unix32" },
    2,
    "2009-02-13T23:31:30",
    'expected a time in ISO 8601 with its offset from UTC, such as "2026-11-23T10:15:30Z", got "2009-02-13T23:31:30"',
  ],
  [
    "no such day",
    { type: "unix32" },
    2,
    "2009-02-29T23:31:30Z",
    'expected a date and time that exist, got "2009-02-29T23:31:30Z"',
  ],
  ["no time", { type: "unix32" }, 2, 5, 'expected a time in ISO 8601, such as "2026-11-23T10:15:30Z", got 5'],
])("write, %s", (_what, parts, count, value, expected) => {
  expect(write(parts, count, value)).toEqual(expected);
});
