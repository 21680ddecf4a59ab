import { applyDocument } from "../../../../src/core/config/apply";
import { builtInProfiles } from "../../../../src/core/config/profiles";
import { type Display, parseDisplay, shows } from "../../../../src/core/fieldwork/display";
import { type Contents, findDisplay, narrow } from "../../../../src/core/fieldwork/displaySearch";
import { matchDefinition } from "../../../../src/core/fieldwork/matchDefinition";
import { READING_FORMS } from "../../../../src/core/fieldwork/readingForms";
import { decodePoint } from "../../../../src/core/points/transform";

function display(text: string): Display {
  const parsed = parseDisplay(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

const holding = (first: number, ...registers: number[]): Contents => ({
  table: "holding",
  first,
  registers: Uint16Array.from(registers),
});

function float(value: number): [number, number] {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return [view.getUint16(0), view.getUint16(2)];
}

describe("what a display shows", () => {
  test.each([
    ["49.98", 49.98, 0.005],
    ["-3,5", -3.5, 0.05],
    ["1200", 1200, 0.5],
    ["\u22123.50 °C", -3.5, 0.005],
    ["230.1V", 230.1, 0.05],
  ])("%s", (text, value, tolerance) => {
    expect(display(text).value).toBe(value);
    expect(display(text).tolerance).toBeCloseTo(tolerance, 12);
  });

  test.each([["on"], [""], ["1.2.3"], ["0x10"], ["1e5"], ["NaN"], ["\u0000".repeat(100)]])("%j is none", (text) => {
    expect(parseDisplay(text)).toMatchObject({ ok: false });
  });

  test("the digits given are the tolerance, its ends are in", () => {
    expect([49.975, 49.985, 49.98].map((value) => shows(display("49.98"), value))).toEqual([true, true, true]);
    expect([49.9749, 49.9851].map((value) => shows(display("49.98"), value))).toEqual([false, false]);
    // A float64 of arbitrary registers overflows at scale 1000.
    expect([Infinity, -Infinity, Number.NaN].map((value) => shows(display("230"), value))).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe("what follows it", () => {
  test("the simplest comes first: a scaled register before finer scales and wider types", () => {
    const { matches } = findDisplay([holding(100, 7, 4998, 0)], display("49.98"));
    expect(matches[0] && matchDefinition(matches[0])).toEqual({
      table: "holding",
      address: 101,
      type: "uint16",
      scale: 0.01,
    });
  });

  test("a float with its words reversed, beside a register that agrees by chance: the second value tells", () => {
    const first = [holding(10, 50, ...float(49.98).reverse())];
    const before = findDisplay(first, display("50")).matches;
    expect(before.map(({ address }) => address)).toEqual(expect.arrayContaining([10, 11]));
    const survivors = narrow(before, [holding(10, 50, ...float(51.02).reverse())], display("51.0"));
    expect(survivors.map(matchDefinition)).toEqual([{ table: "holding", address: 11, type: "float32", order: "CDAB" }]);
  });

  test("a negative value is a signed one; zero is zero by no scale", () => {
    const [match] = findDisplay([holding(0, 0xffdd)], display("-3.5")).matches;
    expect(match && matchDefinition(match)).toEqual({ table: "holding", address: 0, type: "int16", scale: 0.1 });
    const zeros = findDisplay([holding(0, 0)], display("0")).matches;
    expect(new Set(zeros.map(({ scale }) => scale))).toEqual(new Set([1]));
  });

  test("what could not be read again stays", () => {
    const { matches } = findDisplay([holding(5, 12)], display("12"));
    expect(narrow(matches, [], display("13"))).toEqual(matches);
    expect(narrow(matches, [holding(5, 13)], display("12"))).toEqual([]);
  });

  test("every form finds itself, and its definition is a point that reads the same", () => {
    const registers = Uint16Array.from([0x1234, 0x0567, 0x0089, 0x0012]);
    for (const form of READING_FORMS) {
      const reading = decodePoint(form.point, registers, 0);
      if (!("value" in reading)) continue;
      const match = { table: "holding", address: 0, form, scale: 1, value: 0, cost: 0 } as const;
      const device = {
        connection: "a",
        unitId: 1,
        points: { p: matchDefinition(match) },
        ...(form.deviceOrder === undefined ? {} : { order: form.deviceOrder }),
      };
      const document = {
        schemaVersion: 1,
        connections: { a: { transport: "tcp", host: "h" } },
        devices: { d: device },
      };
      const { config, problems } = applyDocument(undefined, document, builtInProfiles);
      expect(problems).toEqual([]);
      const [point] = config.devices.get("d")?.points ?? [];
      expect(point && decodePoint(point, registers, 0)).toEqual(reading);
    }
  });
});
