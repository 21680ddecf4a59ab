import { candidateName, candidatesAt, textIn } from "../../../../src/core/points/candidates";
import { valueToJsonText } from "../../../../src/core/points/valueText";

const shown = (registers: number[], offset = 0): readonly string[] =>
  candidatesAt(Uint16Array.from(registers), offset).map(
    (candidate) => `${candidateName(candidate)} ${valueToJsonText(candidate.value)}`,
  );
/** Those of one type, whatever the order. */
const only = (type: string, registers: number[]) => shown(registers).filter((text) => text.startsWith(type));

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
  expect(shown([1])).toEqual(["uint16 1", "uint16 BA 256", "int16 1", "int16 BA 256", "uint8High 0", "uint8Low 1"]);
  expect(shown([1, 2, 3], 1).some((text) => text.includes("64"))).toBe(false);
  expect(shown([1, 2, 3], 2).some((text) => text.includes("32"))).toBe(false);
});

test("text", () => {
  expect(textIn(Uint16Array.of(0x4142, 0x4344, 0x0000))).toBe("ABCD..");
  expect(textIn(Uint16Array.of(0x4142, 0x0043, 0x4400))).toBeUndefined();
  expect(textIn(Uint16Array.of(0x2020, 0x2020))).toBeUndefined();
});

test("one register: sign, bytes, half floats, decimal digits", () => {
  expect(shown([0xfffe])).toEqual(
    expect.arrayContaining(["uint16 65534", "int16 -2", "uint16 BA 65279", "int8Low -2"]),
  );
  // 0x5640 is 100 in half precision.
  expect(shown([0x5640])).toEqual(expect.arrayContaining(["float16 100", "bcd16 5640", "uint8High 86", "uint8Low 64"]));
  expect(shown([0x8005])).toContain("signMagnitude16 -5");
  expect(only("int8", [0x0102])).toEqual([]);
  expect(only("signMagnitude16", [5])).toEqual([]);
  expect([only("float16", [1]), only("bcd16", [0x00fa]), only("bcd16", [9])]).toEqual([[], [], []]);
});

test("coded integers of several registers", () => {
  expect(shown([0x1234, 0x5678])).toContain("bcd32 ABCD 12345678");
  expect(shown([0x5678, 0x1234])).toContain("bcd32 CDAB 12345678");
  // A Schneider counter: 23 + 4 x 10^4 + 1 x 10^8, the least significant register first.
  expect(shown([23, 4, 1])).toEqual(expect.arrayContaining(["mod10k[2] ABCD 40023", "mod10k[3] ABCD 100040023"]));
  expect(only("mod10k", [10_000, 65_000])).toEqual([]);
  expect(shown([0, 0x1234, 0x5678, 0x9012])).toContain("bcd64 ABCD 123456789012");
});

test("clocks, where the date is one", () => {
  // 1 700 000 000 s is 2023-11-14T22:13:20Z.
  expect(shown([0x6553, 0xf100])).toContain('unix32 ABCD "2023-11-14T22:13:20.000Z"');
  expect(shown([0xf100, 0x6553])).toContain('unix32 CDAB "2023-11-14T22:13:20.000Z"');
  expect(only("unix", [0, 0, 0, 7])).toEqual([]);
  expect(shown([0x170b, 0x0e16, 0x0d14])).toContain('ymdhms ABCD "2023-11-14T22:13:20.000Z"');
  expect(only("ymdhms", [0, 0, 0])).toEqual([]);
});

test("text is told once, where it begins, whichever way it lies", () => {
  expect(only("string", [0x5344, 0x4d36, 0x3330, 0])).toContain('string AB "SDM630"');
  expect(candidatesAt(Uint16Array.of(0x5344, 0x4d36, 0x3330), 1).filter(({ type }) => type === "string")).toEqual([]);
  expect(shown([0x4453, 0x364d, 0x3033])).toContain('string BA "SDM630"');
  expect(shown([0x41, 0x42, 0x43, 0x44, 0])).toContain('stringLow "ABCD"');
  expect(shown([0x4100, 0x4200, 0x4300, 0x4400])).toContain('stringHigh "ABCD"');
  expect(only("string", [0x4142, 1])).toEqual([]);
});

test("zeros and noise stay few: an answer does not drown its reader", () => {
  expect(shown([0, 0, 0, 0]).length).toBeLessThan(50);
  expect(shown(new Array(125).fill(0x3132)).length).toBeLessThan(80);
});
