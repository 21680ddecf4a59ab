import { candidatesAt, textIn } from "../../../../src/core/points/candidates";
import { valueToJsonText } from "../../../../src/core/points/valueText";

const shown = (registers: number[], offset = 0): readonly string[] =>
  candidatesAt(Uint16Array.from(registers), offset).map(
    ({ type, order, value }) => `${type} ${order} ${valueToJsonText(value)}`,
  );

test("230.1 V in two registers, in each order", () => {
  // 230.1 is 0x4366199A as a float32.
  expect(shown([0x4366, 0x199a])).toContain("float32 ABCD 230.1");
  expect(shown([0x199a, 0x4366])).toContain("float32 CDAB 230.1");
  expect(shown([0x6643, 0x9a19])).toContain("float32 BADC 230.1");
  expect(shown([0x9a19, 0x6643])).toContain("float32 DCBA 230.1");
});

test("counters of two and four registers, every digit", () => {
  expect(shown([0x0001, 0x86a0])).toEqual(expect.arrayContaining(["uint32 ABCD 100000", "int32 ABCD 100000"]));
  expect(shown([0x86a0, 0x0001])).toContain("uint32 CDAB 100000");
  expect(shown([0xffff, 0xffff, 0xffff, 0xffff])).toContain("uint64 ABCD 18446744073709551615");
  expect(shown([0xffff, 0xffff, 0xffff, 0xffff])).toContain("int64 ABCD -1");
});

test("floats that nobody measures are left out; what is not there too", () => {
  expect(shown([0, 1]).filter((text) => text.startsWith("float32 ABCD"))).toEqual([]);
  expect(shown([1])).toEqual([]);
  expect(shown([1, 2, 3], 1).some((text) => text.includes("64"))).toBe(false);
  expect(shown([1, 2, 3], 2)).toEqual([]);
});

test("text", () => {
  expect(textIn(Uint16Array.of(0x4142, 0x4344, 0x0000))).toBe("ABCD..");
  expect(textIn(Uint16Array.of(0x4142, 0x0043, 0x4400))).toBeUndefined();
  expect(textIn(Uint16Array.of(0x2020, 0x2020))).toBeUndefined();
});
