import type { Json } from "../../../kernel/json";
import { err, ok, type Result } from "../../../kernel/result";
import type { Table } from "../../modbus/spec";
import { DATA_TYPES } from "../../points/point";
import { show } from "../nearest";

/** What a cell says, as a value of the configuration, or why it says nothing. */
export type Cell = Result<Json, string>;

const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,2})?$/;
/** `1,234`: a thousand and more, or one and a bit. */
const AMBIGUOUS = /^[+-]?[1-9]\d{0,2}(?:,\d{3})+$/;

/** A decimal, with a point or a comma; every digit is kept. */
export function decimalCell(cell: string): Cell {
  const text = cell.replaceAll(/\s/g, "");
  if (AMBIGUOUS.test(text))
    return err(`${show(cell)} may be thousands or a fraction: write it with a point, or without`);
  const plain = text.replace(/^\+/, "").replace(",", ".");
  if (!NUMBER.test(plain)) return err(`${show(cell)} is not a number`);
  // A double keeps 15 digits; more stay a text.
  return ok(plain.replaceAll(/[eE].*|\D/g, "").length <= 15 ? Number(plain) : plain);
}

/** A whole number, decimal or hexadecimal. */
export function wholeCell(cell: string): Cell {
  const hex = hexadecimal(cell);
  if (hex !== undefined) return ok(hex);
  return /^[+-]?\d{1,15}$/.test(cell) ? ok(Number(cell)) : err(`${show(cell)} is not a whole number`);
}

/** `0x1F`, `1Fh`, `$1F`, `16#1F`. */
function hexadecimal(cell: string): number | undefined {
  const [, digits] = /^(?:0[xX]|\$|16#)([0-9A-Fa-f]{1,8})$/.exec(cell) ?? /^(\d[0-9A-Fa-f]{0,8})[hH]$/.exec(cell) ?? [];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

const YES = new Set(["true", "yes", "y", "x", "1"]);
const NO = new Set(["false", "no", "n", "0"]);

export function flagCell(cell: string): Cell {
  const word = cell.toLowerCase();
  if (YES.has(word)) return ok(true);
  return NO.has(word) ? ok(false) : err(`${show(cell)} is neither true nor false`);
}

/** `0=off|1=on`, `0:off;1:on`: pairs as an object. */
export function pairsCell(cell: string): Cell {
  const pairs = cell
    .split(/[|;\n]/)
    .flatMap((pair) => (pair.trim() === "" ? [] : [/^\s*([^=:]+?)\s*[=:]\s*(.+?)\s*$/.exec(pair)]));
  if (pairs.length === 0 || pairs.includes(null)) return err(`${show(cell)} does not fit: pairs such as 0=off|1=on`);
  return ok(Object.fromEntries(pairs.map((pair) => [pair?.[1] ?? "", pair?.[2] ?? ""])));
}

/** `0x8000 0x7FFF`: raw values, or `auto`. */
export function rawValuesCell(cell: string): Cell {
  if (cell.toLowerCase() === "auto") return ok("auto");
  return ok(cell.split(/[|;\s]+/).filter((value) => value !== ""));
}

export function namesCell(cell: string): Cell {
  return ok(cell.split(/[|;,\s]+/).filter((name) => name !== ""));
}

const TABLES: readonly (readonly [RegExp, Table])[] = [
  [/^(?:coils?|coil status|digital outputs?|0x|0xxxxx?)$/, "coil"],
  [/^(?:discretes?|discrete inputs?|input status|digital inputs?|1x|1xxxxx?)$/, "discrete"],
  [/^(?:inputs?|input registers?|analog inputs?|ir|3x|3xxxxx?)$/, "input"],
  [/^(?:holding|holdings|holding registers?|hr|4x|4xxxxx?)$/, "holding"],
];

/** Also `Holding Register`, `4x`. A bare digit is refused: a function code 3 reads the table 4. */
export function tableCell(cell: string): Cell {
  const word = cell
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ")
    .trim();
  const found = TABLES.find(([form]) => form.test(word))?.[1];
  if (found !== undefined) return ok(found);
  const hint = /^0?[1-4]$/.test(word) ? " (a function code, or the first digit of a reference?)" : "";
  return err(`${show(cell)} is not a table${hint}: coil, discrete, input or holding`);
}

/** Other words for types, as lists of registers have them. `int`, `long` and their like are of any width: refused. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  bit: "bool",
  boolean: "bool",
  word: "uint16",
  dword: "uint32",
  real: "float32",
  float: "float32",
  double: "float64",
  ...Object.fromEntries(
    ["16", "32", "64"].flatMap((bits) => [
      [`u${bits}`, `uint${bits}`],
      [`s${bits}`, `int${bits}`],
      [`i${bits}`, `int${bits}`],
      [`sint${bits}`, `int${bits}`],
      [`unsignedint${bits}`, `uint${bits}`],
      [`signedint${bits}`, `int${bits}`],
    ]),
  ),
  f32: "float32",
  f64: "float64",
};

/** A type by its name in any case, or a usual other word for it. */
export function typeCell(cell: string): Cell {
  const word = cell.toLowerCase().replaceAll(/[\s_-]+/g, "");
  const known = DATA_TYPES.find((type) => type.toLowerCase() === word);
  const other = Object.hasOwn(TYPE_WORDS, word) ? TYPE_WORDS[word] : undefined;
  return ok(known ?? other ?? cell);
}

const ACCESS: Readonly<Record<string, string>> = {
  r: "read",
  ro: "read",
  read: "read",
  readonly: "read",
  rw: "readWrite",
  wr: "readWrite",
  readwrite: "readWrite",
  w: "write",
  wo: "write",
  write: "write",
  writeonly: "write",
};

export function accessCell(cell: string): Cell {
  const word = cell.toLowerCase().replaceAll(/[^a-z]/g, "");
  return Object.hasOwn(ACCESS, word) ? ok(ACCESS[word] as string) : err(`${show(cell)} is not an access: R, RW or W`);
}

/** The address of a row: a reference of 5 or 6 digits, hexadecimal, or a number. */
export function addressCell(
  cell: string,
  table: Table | undefined,
  arePlain: boolean,
): Result<number | string, string> {
  const hex = hexadecimal(cell);
  if (hex !== undefined) return ok(hex);
  if (!/^\d{1,6}$/.test(cell)) return err(`${show(cell)} is not an address: 199, 0xC7, or a reference such as 40200`);
  if (arePlain || !/^\d{5,6}$/.test(cell)) return ok(Number(cell));
  const named = ({ "0": "coil", "1": "discrete", "3": "input", "4": "holding" } as Record<string, Table>)[
    cell.charAt(0)
  ];
  if (named !== undefined && (table === undefined || table === named)) return ok(cell);
  if (named === undefined && table !== undefined && Number(cell) <= 0xffff) return ok(Number(cell));
  const says = named === undefined ? "of no table" : `of the table ${named}`;
  return err(
    `${show(cell)} looks like a reference ${says}${table === undefined ? "" : `, and the row says ${table}`}: with --plain-addresses it is a number`,
  );
}
