import fc from "fast-check";
import { readCsv } from "../../../../../src/core/config/csv/csvRows";
import { type ListOptions, readRegisterList } from "../../../../../src/core/config/csv/registerList";
import { builtInProfiles } from "../../../../../src/core/config/profiles";
import type { JsonObject } from "../../../../../src/kernel/json";

const PLAIN: ListOptions = { plainAddresses: false, addressBase: 0 };

function read(text: string, options: Partial<ListOptions> = {}) {
  const list = readRegisterList(text, { ...PLAIN, ...options }, builtInProfiles);
  if (!list.ok) throw new Error(list.error);
  return list.value;
}

/** The only point of a list with these cells, or the reason why there is none. */
function point(cells: Readonly<Record<string, string>>, options: Partial<ListOptions> = {}): JsonObject | string {
  const all = { name: "p", table: "holding", address: "7", type: "uint16", ...cells };
  const list = read(`${Object.keys(all).join(";")}\n${Object.values(all).join(";")}\n`, options);
  return (list.points["p"] as JsonObject | undefined) ?? list.rejected.map(({ text }) => text).join();
}

describe("rows", () => {
  test("quotes, delimiters and line ends in them, doubled quotes, a mark of the byte order, remarks, empty rows", () => {
    const text = '\ufeff# a list\r\n\r\nname;x\r\n"a;b";"say ""hi"""\n;;\n"two\r\nlines"; 1 \rlast;"unclosed\n';
    expect(readCsv(text)).toEqual({
      delimiter: ";",
      unclosed: 8,
      rows: [
        { line: 3, fields: ["name", "x"] },
        { line: 4, fields: ["a;b", 'say "hi"'] },
        { line: 6, fields: ["two\r\nlines", "1"] },
      ],
    });
  });

  test.each([
    ["a,b;c,d", ","],
    ["a;b,c;d", ";"],
    ['"a,b,c";d', ";"],
    ["a\tb", "\t"],
    ["a", ","],
  ])("the delimiter of %j is %j", (text, delimiter) => expect(readCsv(text).delimiter).toBe(delimiter));

  test("what is written is read, whatever it is", () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", ";", "\t", "\n", "\r", " ", "ü"), maxLength: 6 });
    const table = fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { maxLength: 5 });
    fc.assert(
      fc.property(table, fc.constantFrom(",", ";", "\t"), (rows, delimiter) => {
        const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const text = [`x${delimiter}y`, ...rows.map((row) => row.map(quote).join(delimiter))].join("\n");
        const kept = rows.map((row) => row.map((one) => one.trim())).filter(([a, b]) => a !== "" || b !== "");
        expect(
          readCsv(text)
            .rows.slice(1)
            .map(({ fields }) => fields),
        ).toEqual(kept);
      }),
    );
  });
});

describe("cells", () => {
  test.each<[Record<string, string>, JsonObject]>([
    [
      { scale: "0,1", offset: "-2.50" },
      { scale: 0.1, offset: -2.5 },
    ],
    [{ scale: "0.1234567890123456789" }, { scale: "0.1234567890123456789" }],
    [{ address: "0x1F" }, { address: 31, table: "holding" }],
    [{ address: "1Fh" }, { address: 31 }],
    [{ address: "$1f" }, { address: 31 }],
    [{ address: "40008" }, { address: "40008" }],
    [{ address: "40008", table: "4x" }, { address: "40008" }],
    [{ address: "30010", table: "" }, { address: "30010" }],
    [{ address: "20001" }, { address: 20001, table: "holding" }],
    [{ table: "Input Registers" }, { table: "input" }],
    [
      { table: "Coil", type: "BOOL" },
      { table: "coil", type: "bool" },
    ],
    [{ table: "discrete-input", type: "" }, { table: "discrete" }],
    [
      { type: "Float 32", order: "cdab" },
      { type: "float32", order: "CDAB" },
    ],
    [
      { type: "S16", order: "DCBA" },
      { type: "int16", order: "BA" },
    ],
    [
      { type: "uint64", order: "CDAB" },
      { type: "uint64", order: "GHEFCDAB" },
    ],
    [{ type: "uint8High", order: "ABCD" }, { type: "uint8High" }],
    [
      { type: "string", length: "4", order: "BADC" },
      { type: "string", length: 4, order: "BA" },
    ],
    [
      { access: "R/W", writeMin: "1", writeMax: "9" },
      { access: "readWrite", writeMin: 1, writeMax: 9 },
    ],
    [{ access: "Read only" }, { access: "read" }],
    [{ enum: "0=off|1=on" }, { enum: { "0": "off", "1": "on" } }],
    [{ notAvailable: "0xFFFF 32767" }, { notAvailable: ["0xFFFF", "32767"] }],
    [{ enabled: "No" }, { enabled: false }],
    [{ deadband: "0,5 %" }, { deadband: "0.5%" }],
    [
      { Unit: "V", Description: "of L1", GROUP: "fast" },
      { unit: "V", description: "of L1", group: "fast" },
    ],
    [
      { scale: "-", unit: "-" },
      { address: 7, table: "holding", type: "uint16" },
    ],
  ])("%j", (cells, expected) => expect(point(cells)).toMatchObject(expected));

  test.each<[Record<string, string>, string]>([
    [{ scale: "1,000" }, "may be thousands or a fraction"],
    [{ scale: "1.000", offset: "0,5" }, "may be thousands or a fraction"],
    [{ scale: "1.234,5" }, "is not a number"],
    [{ scale: "x10" }, "is not a number"],
    [{ address: "" }, "it has no address"],
    [{ address: "7-8" }, '"7-8" is not an address'],
    [{ address: "70000", table: "holding" }, "looks like a reference of no table"],
    [{ address: "30001" }, "looks like a reference of the table input, and the row says holding"],
    [{ address: "40000" }, "out of range"],
    [{ table: "3" }, "a function code, or the first digit of a reference?"],
    [{ table: "" }, '"table" is missing'],
    [{ type: "" }, '"type" is missing'],
    [{ type: "int" }, '"int" is not a type'],
    [{ type: "string" }, '"length" is missing'],
    [{ order: "ABCDEFGH" }, "has 8 letters"],
    [{ length: "two" }, "is not a whole number"],
    [{ enum: "off" }, "pairs such as 0=off|1=on"],
    [{ access: "maybe" }, "is not an access"],
    [{ enabled: "perhaps" }, "neither true nor false"],
    [{ min: "5", max: "1" }, "min"],
    [{ name: "" }, "it has no name"],
    [{ scalePoint: "nowhere" }, "nowhere"],
  ])("%j is refused", (cells, reason) => expect(point(cells)).toContain(reason));

  test("with options", () => {
    expect(point({ address: "30001" }, { plainAddresses: true })).toMatchObject({ address: 30001, table: "holding" });
    expect(point({ table: "" }, { table: "input" })).toMatchObject({ table: "input" });
    expect(point({ address: "0" }, { addressBase: 1 })).toContain("out of range");
  });
});

describe("lists", () => {
  test("every rejected line has its number; what the others say of it goes with it", () => {
    const { points, rejected, warnings } = read(
      [
        "Name,Address,Type,ScalePoint,Colour,Formular",
        "factor,40001,int8,,,",
        "power,40002,uint16,factor,red,",
        "ok,40003,uint16,,,",
        "ok,40004,uint16,,,",
        "wide,40005,uint16,,,,more",
        "Ünit 1/2,40006,uint16,,,",
      ].join("\n"),
    );
    expect(rejected.map(({ line }) => line)).toEqual([2, 3, 6]);
    expect(Object.keys(points)).toEqual(["ok", "ok2", "Unit1_2"]);
    expect(points["Unit1_2"]).toMatchObject({ title: "Ünit 1/2" });
    expect(warnings.map(({ line, text }) => `${line} ${text}`)).toEqual([
      '1 the column "Colour" is left out',
      expect.stringContaining('1 the column "Formular" is left out'),
      '5 the name "ok" is taken, reserved, too long or has other letters than A to Z: it is "ok2" here',
    ]);
  });

  test.each([
    ["", "the file is empty"],
    ["\n\n", "the file is empty"],
    ["a,b\n1,2", 'no column "name" and no "address"'],
    ["name,type\n", 'no column "address"'],
    ["name,address,Register\n", 'two columns mean "address"'],
  ])("%j is none", (text, reason) => {
    const list = readRegisterList(text, PLAIN, builtInProfiles);
    expect(list.ok ? "" : list.error).toContain(reason);
  });

  test("reserved names, and names of no one", () => {
    const { points } = read(
      "name,address,type\nmodbus,40001,uint16\nconstructor,40002,uint16\n__proto__,40003,uint16\n",
    );
    expect(Object.keys(points)).toEqual(["modbus2", "constructor", "proto"]);
  });
});
