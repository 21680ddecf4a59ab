import type { ReadItem } from "../../../src/cli/fieldRead";
import { itemJson, rawText, readTable } from "../../../src/cli/fieldView";
import { ModbusError } from "../../../src/client/modbusError";
import type { Point } from "../../../src/core/points/point";

const registers = (address: number, ...words: number[]): ReadItem => ({
  ...{ table: "holding", address, count: words.length },
  outcome: { data: Uint16Array.from(words) },
});
const point = (name: string, type: Point["type"], count: number, more: Partial<Point> = {}): Point => ({
  ...{ name, table: "input", address: 100, count, type, group: "default", access: "read", kind: "telemetry" },
  ...more,
});
const failed: ReadItem = {
  ...{ table: "holding", address: 9, count: 1 },
  outcome: { error: new ModbusError("no", { kind: "exception", detail: "no", exceptionCode: 2 }) },
};
const because = (): string => "because";

test("one register: hex, unsigned, signed; no pairs where there is none", () => {
  expect(readTable([registers(199, 0xfffe)], because)).toBe(
    ["address               hex   unsigned  signed", "holding 199 (400200)  FFFE  65534     -2", ""].join("\n"),
  );
});

test("several registers: what pairs mean in the usual orders", () => {
  expect(readTable([registers(10, 0x4366, 0x199a)], because)).toBe(
    [
      "address              hex   unsigned  signed  uint32 ABCD  uint32 CDAB  float32 ABCD  float32 CDAB",
      "holding 10 (400011)  4366  17254     17254   1130764698   429540198    230.1",
      "holding 11 (400012)  199A  6554      6554",
      "",
    ].join("\n"),
  );
});

test("text is shown as text", () => {
  expect(readTable([registers(0, 0x5344, 0x4d36, 0x3330, 0)], because)).toContain('as text: "SDM630.."\n');
});

test("bits", () => {
  const bits: ReadItem = { table: "coil", address: 7, count: 2, outcome: { data: [true, false] } };
  expect(readTable([bits], because)).toBe("address          value\ncoil 7 (000008)  true\ncoil 8 (000009)  false\n");
  expect(rawText([true, false])).toBe("1 0");
});

test("points: value with unit, bad reason, failure", () => {
  const items: ReadItem[] = [
    { ...registers(100, 0x0267), table: "input", point: point("supply", "int16", 1, { unit: "degreeCelsius" }) },
    { ...registers(100, 0x7fc0, 0), table: "input", point: point("flow", "float32", 2) },
    { ...failed, point: point("gone", "uint16", 1) },
  ];
  expect(readTable(items, because)).toBe(
    [
      "point   address             raw        value",
      "supply  input 100 (300101)  0267       615 degreeCelsius",
      "flow    input 100 (300101)  7FC0 0000  bad: notAvailable",
      "gone    holding 9 (400010)  -          because",
      "",
    ].join("\n"),
  );
});

describe("JSON", () => {
  const json = (item: ReadItem): unknown => JSON.parse(itemJson(item, because));

  test("raw registers with what they may mean", () => {
    expect(json(registers(10, 0x199a, 0x4366))).toMatchObject({
      table: "holding",
      address: 10,
      count: 2,
      registers: [0x199a, 0x4366],
      candidates: { "0": { "float32 CDAB": 230.1, "uint32 ABCD": 429540198 } },
    });
    expect(json(registers(10, 7))).toEqual({
      ...{ table: "holding", address: 10, count: 1, registers: [7] },
      candidates: {
        "0": { uint16: 7, "uint16 BA": 1792, int16: 7, "int16 BA": 1792, uint8High: 0, uint8Low: 7 },
      },
    });
  });

  test("every digit of a 64-bit counter", () => {
    const counter = { ...registers(0, 0xffff, 0xffff, 0xffff, 0xffff), point: point("energy", "uint64", 4) };
    expect(itemJson(counter, because)).toContain('"value":18446744073709551615');
  });

  test("bad values and failures are no numbers", () => {
    expect(json({ ...registers(0, 0x7fc0, 0), point: point("flow", "float32", 2) })).toMatchObject({
      point: "flow",
      bad: "notAvailable",
    });
    expect(json(failed)).toEqual({ table: "holding", address: 9, count: 1, bad: "exception:2", reason: "because" });
  });
});
