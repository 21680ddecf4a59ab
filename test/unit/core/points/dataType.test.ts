import { decodeRaw, encodeRaw } from "../../../../src/core/points/dataType";
import type { DataType } from "../../../../src/core/points/point";
import type { RawValue } from "../../../../src/core/points/typeSpec";

/** Registers worked out by hand from the two's complement and from IEEE 754 (the 32-bit ones in any textbook). */
const CASES: readonly (readonly [type: DataType, order: number[] | undefined, registers: number[], raw: RawValue])[] = [
  ["int16", [0, 1], [0xff85], -123],
  ["int16", [1, 0], [0x85ff], -123],
  ["int16", undefined, [0x8000], -32768],
  ["uint16", undefined, [0xff85], 65413],
  ["int32", undefined, [0xfffe, 0x7961], -99999],
  ["int32", [2, 3, 0, 1], [0x7961, 0xfffe], -99999],
  ["int32", [3, 2, 1, 0], [0x6179, 0xfeff], -99999],
  ["uint32", [1, 0, 3, 2], [0xadde, 0xefbe], 0xdeadbeef],
  ["uint32", [0, 2, 1, 3], [0xdebe, 0xadef], 0xdeadbeef],
  ["uint64", undefined, [0x0020, 0, 0, 0], 9007199254740992n],
  ["uint64", undefined, [0x001f, 0xffff, 0xffff, 0xffff], 9007199254740991],
  ["uint64", undefined, [0x0123, 0x4567, 0x89ab, 0xcdef], 81985529216486895n],
  ["uint64", [6, 7, 4, 5, 2, 3, 0, 1], [0xcdef, 0x89ab, 0x4567, 0x0123], 81985529216486895n],
  ["uint64", [7, 6, 5, 4, 3, 2, 1, 0], [0xefcd, 0xab89, 0x6745, 0x2301], 81985529216486895n],
  ["uint64", undefined, [0xffff, 0xffff, 0xffff, 0xffff], 18446744073709551615n],
  ["int64", undefined, [0xffff, 0xffff, 0xffff, 0xffff], -1],
  ["int64", undefined, [0x8000, 0, 0, 0], -9223372036854775808n],
  ["int64", undefined, [0xffe0, 0, 0, 1], -9007199254740991],
  ["float32", undefined, [0x3f80, 0x0000], 1],
  ["float32", undefined, [0xc2ed, 0x4000], -118.625],
  ["float32", [2, 3, 0, 1], [0x4000, 0xc2ed], -118.625],
  ["float32", [3, 2, 1, 0], [0x0040, 0xedc2], -118.625],
  ["float32", undefined, [0x7f7f, 0xffff], 3.4028234663852886e38],
  ["float32", undefined, [0x0000, 0x0001], 1.401298464324817e-45],
  ["float64", undefined, [0x4009, 0x21fb, 0x5444, 0x2d18], Math.PI],
  ["float64", [6, 7, 4, 5, 2, 3, 0, 1], [0x2d18, 0x5444, 0x21fb, 0x4009], Math.PI],
];

test.each(CASES)("%s order %j registers %j", (type, order, registers, raw) => {
  const format = order === undefined ? { type } : { type, order };
  expect(decodeRaw(format, Uint16Array.from([7, ...registers, 7]), 1)).toBe(raw);
  expect(encodeRaw(format, raw)).toEqual(registers);
});

test.each<[DataType, number, number]>([
  ["int8High", 0x80ff, -128],
  ["int8Low", 0x80ff, -1],
  ["uint8High", 0x80ff, 128],
  ["uint8Low", 0x80fe, 254],
])("%s of 0x%s", (type, register, raw) => {
  expect(decodeRaw({ type }, Uint16Array.of(register))).toBe(raw);
});

test.each([[[0x7fc0, 0]], [[0xffff, 0xffff]]])("a float32 NaN is NaN: %j", (registers) => {
  expect(decodeRaw({ type: "float32" }, Uint16Array.from(registers))).toBeNaN();
});

test.each<[string, number[], number[] | undefined, string]>([
  ["plain", [0x5344, 0x4d36, 0x3330, 0x0000], undefined, "SDM630"],
  ["swapped bytes", [0x4453, 0x364d, 0x3033, 0x0000], [1, 0], "SDM630"],
  ["rest after the NUL is ignored", [0x4100, 0x4242], undefined, "A"],
  ["trailing spaces", [0x4142, 0x2020], undefined, "AB"],
  ["trailing erased bytes", [0x41ff, 0xffff], undefined, "A"],
  ["spaces before a NUL", [0x4120, 0x0000], undefined, "A"],
  ["leading spaces stay", [0x2041, 0x0000], undefined, " A"],
  ["UTF-8: °C", [0xc2b0, 0x4300], undefined, "°C"],
  ["UTF-8 of three and four bytes", [0xe282, 0xacf0, 0x9f94, 0xa500], undefined, "€🔥"],
  ["not UTF-8: latin1", [0xb043, 0x0000], undefined, "°C"],
  ["latin1 has no gaps from 0x80 to 0x9f", [0x8041, 0x0000], undefined, "\u0080A"],
  ["a byte order mark stays", [0xefbb, 0xbf41], undefined, "\ufeffA"],
  ["empty", [0, 0], undefined, ""],
])("string, %s", (_what, registers, order, text) => {
  const format = { type: "string" as const, count: registers.length, ...(order === undefined ? {} : { order }) };
  expect(decodeRaw(format, Uint16Array.from(registers))).toBe(text);
});

test("a text is padded with NUL, and refused when it is longer than its registers", () => {
  expect(encodeRaw({ type: "string", count: 3 }, "ABC")).toEqual([0x4142, 0x4300, 0]);
  expect(encodeRaw({ type: "string", count: 2, order: [1, 0] }, "ABC")).toEqual([0x4241, 0x0043]);
  expect(encodeRaw({ type: "string", count: 1 }, "ABC")).toBeUndefined();
});

test.each<[DataType, RawValue]>([
  ["int16", 32768],
  ["int16", -32769],
  ["uint16", -1],
  ["uint16", 1.5],
  ["uint64", 18446744073709551616n],
  ["float32", "1"],
  ["bool", 1],
])("%s cannot carry %s", (type, raw) => {
  expect(encodeRaw({ type }, raw)).toBeUndefined();
});

test("registers that are not there are a bug, not a value", () => {
  expect(() => decodeRaw({ type: "float32" }, Uint16Array.of(1), 0)).toThrow(/not all there/);
});
