import { type RawValue, readRaw, writeRaw } from "../../../src/simulator/registers";
import { createSparseTable, type SparseTable } from "../../../src/simulator/sparseTable";
import { pointOf } from "../../support/simulatorConfig";

function registers(table: SparseTable, address: number, count: number): string {
  return Array.from({ length: count }, (_, i) =>
    table
      .get(address + i)
      .toString(16)
      .padStart(4, "0"),
  ).join(" ");
}

const ABCDEFGH = [0, 1, 2, 3, 4, 5, 6, 7];

describe("raw values in registers", () => {
  // Registers worked out by hand or taken from IEEE 754 tables, not from a codec of ours.
  test.each<[name: string, point: Parameters<typeof pointOf>[0], raw: RawValue, expected: string]>([
    ["uint16", { name: "p", address: 5, type: "uint16", order: [0, 1] }, 0x1234n, "1234"],
    ["uint16 swapped", { name: "p", address: 5, type: "uint16", order: [1, 0] }, 0x1234n, "3412"],
    ["int16", { name: "p", address: 5, type: "int16", order: [0, 1] }, -2n, "fffe"],
    ["int32 ABCD", { name: "p", address: 5, type: "int32", count: 2, order: [0, 1, 2, 3] }, -2n, "ffff fffe"],
    ["uint32 CDAB", { name: "p", address: 5, type: "uint32", count: 2, order: [2, 3, 0, 1] }, 0x01020304n, "0304 0102"],
    ["uint32 BADC", { name: "p", address: 5, type: "uint32", count: 2, order: [1, 0, 3, 2] }, 0x01020304n, "0201 0403"],
    // An order that is not its own inverse: B arrives first, then C, D, A.
    ["uint32 BCDA", { name: "p", address: 5, type: "uint32", count: 2, order: [1, 2, 3, 0] }, 0x0a0b0c0dn, "0b0c 0d0a"],
    ["float32 ABCD", { name: "p", address: 5, type: "float32", count: 2, order: [0, 1, 2, 3] }, 1.5, "3fc0 0000"],
    ["float32 DCBA", { name: "p", address: 5, type: "float32", count: 2, order: [3, 2, 1, 0] }, 1.5, "0000 c03f"],
    ["float64", { name: "p", address: 5, type: "float64", count: 4, order: ABCDEFGH }, 1.5, "3ff8 0000 0000 0000"],
    [
      "uint64 GHEFCDAB",
      { name: "p", address: 5, type: "uint64", count: 4, order: [6, 7, 4, 5, 2, 3, 0, 1] },
      0x0102030405060708n,
      "0708 0506 0304 0102",
    ],
    ["string", { name: "p", address: 5, type: "string", count: 3, order: [0, 1] }, "ABCDE", "4142 4344 4500"],
    ["string BA", { name: "p", address: 5, type: "string", count: 3, order: [1, 0] }, "ABCDE", "4241 4443 0045"],
  ])("%s", (_name, given, raw, expected) => {
    const table = createSparseTable();
    const point = pointOf(given);
    writeRaw(table, point, raw);
    expect(registers(table, 5, point.count)).toBe(expected);
    expect(readRaw(table, point)).toStrictEqual(raw);
  });

  test("8-bit types, bits and masks leave their neighbours alone", () => {
    const table = createSparseTable();
    table.set(9, 0xa5a5);
    writeRaw(table, pointOf({ name: "h", address: 9, type: "int8High" }), -1n);
    expect(registers(table, 9, 1)).toBe("ffa5");
    writeRaw(table, pointOf({ name: "l", address: 9, type: "uint8Low" }), 0x10n);
    expect(registers(table, 9, 1)).toBe("ff10");
    writeRaw(table, pointOf({ name: "b", address: 9, type: "uint16", order: [0, 1], bit: 15 }), false);
    expect(registers(table, 9, 1)).toBe("7f10");
    writeRaw(table, pointOf({ name: "m", address: 9, type: "uint16", order: [0, 1], mask: 0x0f00n }), 3n);
    expect(registers(table, 9, 1)).toBe("7310");
    expect(readRaw(table, pointOf({ name: "m", address: 9, type: "uint16", order: [0, 1], mask: 0x0f00n }))).toBe(3n);
  });

  test("a bit table holds 0 and 1", () => {
    const table = createSparseTable();
    const point = pointOf({ name: "c", table: "coil", address: 65_535, type: "bool" });
    writeRaw(table, point, true);
    expect(table.get(65_535)).toBe(1);
    expect(readRaw(table, point)).toBe(true);
  });

  test("text ends at the first NUL; padding is not part of it", () => {
    const table = createSparseTable();
    [0x4f4b, 0x2020, 0xffff].forEach((word, i) => {
      table.set(i, word);
    });
    expect(readRaw(table, pointOf({ name: "s", address: 0, count: 3, type: "string" }))).toBe("OK");
    table.set(1, 0x0041);
    expect(readRaw(table, pointOf({ name: "s", address: 0, count: 3, type: "string" }))).toBe("OK");
  });
});
