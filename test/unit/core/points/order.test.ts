import { bytesOf, registersOf } from "../../../../src/core/points/dataType";
import { orderBySwitches, orderFor, orderText, parseSwitches } from "../../../../src/core/points/order";
import type { DataType } from "../../../../src/core/points/point";

describe("the order of a point", () => {
  test.each<[DataType, string, number[]]>([
    ["int16", "AB", [0, 1]],
    ["uint16", "BA", [1, 0]],
    ["float32", "ABCD", [0, 1, 2, 3]],
    ["float32", "CDAB", [2, 3, 0, 1]],
    ["int32", "BADC", [1, 0, 3, 2]],
    ["uint32", "ACBD", [0, 2, 1, 3]],
    ["uint64", "GHEFCDAB", [6, 7, 4, 5, 2, 3, 0, 1]],
    ["float64", "HGFEDCBA", [7, 6, 5, 4, 3, 2, 1, 0]],
    ["string", "BA", [1, 0]],
  ])("%s %s", (type, letters, order) => {
    const result = orderFor(type, letters, 4);
    expect(result).toEqual({ ok: true, value: order });
    expect(orderText(type, order)).toBe(letters);
  });

  test.each<[DataType, string, RegExp]>([
    ["int16", "ABCD", /"ABCD" has 4 letters, but int16 has 2 bytes: use AB or BA/],
    ["float32", "AB", /"AB" has 2 letters, but float32 has 4 bytes: use such as ABCD, CDAB, BADC, DCBA/],
    ["uint64", "ABCD", /uint64 has 8 bytes.*GHEFCDAB/],
    ["float32", "ABCC", /does not name each of the bytes ABCD of float32 once/],
    ["float32", "ABCE", /does not name each/],
    ["float32", "abcd", /does not name each/],
    ["float32", "", /has 0 letters/],
    ["int8High", "AB", /int8High has no order: leave it out/],
    ["bool", "AB", /bool has no order/],
    ["string", "ABCD", /a register of a string has 2 bytes/],
  ])("%s %s is refused in words", (type, letters, words) => {
    const result = orderFor(type, letters, 2);
    expect(result.ok ? "" : result.error).toMatch(words);
  });

  test("equal orders are one array", () => {
    const a = orderFor("float32", "CDAB");
    const b = orderFor("int32", "CDAB");
    expect(a.ok && b.ok && a.value === b.value).toBe(true);
  });
});

describe("the order of a device", () => {
  test.each<[string, DataType, string]>([
    ["ABCD", "int16", "AB"],
    ["ABCD", "uint64", "ABCDEFGH"],
    ["CDAB", "int16", "AB"],
    ["CDAB", "float32", "CDAB"],
    ["CDAB", "uint64", "GHEFCDAB"],
    ["BADC", "int16", "BA"],
    ["BADC", "float32", "BADC"],
    ["BADC", "uint64", "BADCFEHG"],
    ["DCBA", "int16", "BA"],
    ["DCBA", "float32", "DCBA"],
    ["DCBA", "float64", "HGFEDCBA"],
    ["CDAB", "string", "AB"],
    ["BADC", "string", "BA"],
    ["DCBA", "string", "BA"],
  ])("%s on %s is %s", (letters, type, expected) => {
    const switches = parseSwitches(letters);
    expect(switches.ok).toBe(true);
    if (switches.ok) expect(orderText(type, orderBySwitches(type, switches.value, 8))).toBe(expected);
  });

  test.each<DataType>(["bool", "int8High", "int8Low", "uint8High", "uint8Low"])("%s has none", (type) => {
    expect(orderBySwitches(type, { wordsReversed: true, bytesSwapped: true })).toBeUndefined();
  });

  test.each(["AB", "ACBD", "cdab", "GHEFCDAB"])("%s is refused in words", (letters) => {
    const result = parseSwitches(letters);
    expect(result.ok ? "" : result.error).toMatch(/ABCD, CDAB .* BADC .* DCBA/);
  });
});

test("sizes", () => {
  expect(registersOf("bool")).toBe(1);
  expect(registersOf("int8Low")).toBe(1);
  expect(registersOf("uint16")).toBe(1);
  expect(registersOf("float32")).toBe(2);
  expect(registersOf("uint64")).toBe(4);
  expect(registersOf("string", 10)).toBe(10);
  expect([bytesOf("bool"), bytesOf("int8Low"), bytesOf("int16"), bytesOf("float64"), bytesOf("string", 10)]).toEqual([
    0, 1, 2, 8, 20,
  ]);
});
