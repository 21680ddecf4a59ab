import { err, ok } from "../../../kernel/result";
import { nearest, show } from "../nearest";
import { pointShape } from "../schemaPoint";
import {
  accessCell,
  type Cell,
  decimalCell,
  flagCell,
  namesCell,
  pairsCell,
  rawValuesCell,
  tableCell,
  typeCell,
  wholeCell,
} from "./csvCells";

const textCell = (cell: string): Cell => ok(cell);

/** The keys of a point that a cell can say, and how it says them. `address` is read with the table. */
const CELLS: Readonly<Record<string, (cell: string) => Cell>> = {
  table: tableCell,
  address: textCell,
  type: typeCell,
  order: (cell) => ok(cell.toUpperCase()),
  length: wholeCell,
  bit: wholeCell,
  bits: pairsCell,
  mask: (cell) => ok(cell),
  scale: decimalCell,
  offset: decimalCell,
  scaleBy: namesCell,
  scalePoint: textCell,
  decimals: wholeCell,
  enum: pairsCell,
  notAvailable: rawValuesCell,
  zone: textCell,
  min: decimalCell,
  max: decimalCell,
  unit: textCell,
  title: textCell,
  description: textCell,
  enabled: flagCell,
  group: textCell,
  access: accessCell,
  kind: textCell,
  writeMin: decimalCell,
  writeMax: decimalCell,
  writeFunction: textCell,
  verify: textCell,
  verifyPoint: textCell,
  verifyDelayMs: wholeCell,
  verifyTolerance: wholeCell,
  minWriteIntervalMs: wholeCell,
  report: textCell,
  deadband: (cell) => (cell.endsWith("%") ? ok(cell.replace(",", ".").replaceAll(/\s/g, "")) : decimalCell(cell)),
  reportAtLeastMs: wholeCell,
};

/** Other words for columns, without regard to case, blanks and dashes. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  point: "name",
  tag: "name",
  parameter: "name",
  register: "address",
  startaddress: "address",
  registertype: "table",
  datatype: "type",
  format: "type",
  byteorder: "order",
  factor: "scale",
  multiplier: "scale",
  gain: "scale",
  units: "unit",
  comment: "description",
  remark: "description",
  remarks: "description",
  readwrite: "access",
  "r/w": "access",
};

export interface Column {
  readonly key: string;
  /** Where it stands in a row, from 0. */
  readonly at: number;
}

export interface Header {
  readonly columns: readonly Column[];
  readonly warnings: readonly string[];
  /** Why the table can't be read at all. */
  readonly fault?: string;
}

export const NAME_COLUMN = "name";

/** What the columns of a list mean, by the row of their titles. */
export function readHeader(titles: readonly string[]): Header {
  const columns: Column[] = [];
  const warnings: string[] = [];
  for (const [at, title] of titles.entries()) {
    if (title === "") continue;
    const key = keyOf(title);
    const twin = columns.find((column) => column.key === key);
    if (key === undefined) warnings.push(`the column ${show(title)} is left out${hintFor(title)}`);
    else if (twin !== undefined) {
      return { columns, warnings, fault: `two columns mean "${key}": ${show(titles[twin.at])} and ${show(title)}` };
    } else columns.push({ key, at });
  }
  const missing = [NAME_COLUMN, "address"].filter((key) => !columns.some((column) => column.key === key));
  if (missing.length === 0) return { columns, warnings };
  const fault = `the first row has no column "${missing.join('" and no "')}": it must name them, such as name,table,address,type,order,scale,offset,unit`;
  return { columns, warnings, fault };
}

function keyOf(title: string): string | undefined {
  const word = title.toLowerCase().replaceAll(/[\s_-]+/g, "");
  if (word === NAME_COLUMN) return NAME_COLUMN;
  const known = Object.keys(CELLS).find((key) => key.toLowerCase() === word);
  return known ?? (Object.hasOwn(OTHER_WORDS, word) ? OTHER_WORDS[word] : undefined);
}

function hintFor(title: string): string {
  const known = Object.keys(pointShape).find((key) => key.toLowerCase() === title.toLowerCase());
  if (known !== undefined) return ": a cell can't say it, write it into the result";
  const guess = nearest(title, [NAME_COLUMN, ...Object.keys(CELLS)]);
  return guess === undefined ? "" : `; did you mean "${guess}"?`;
}

/** `commas`: numbers of the list have decimal commas, so that a point may part thousands. */
export function readCell(key: string, cell: string, commas: boolean): Cell {
  if (commas && CELLS[key] === decimalCell && /^[+-]?[1-9]\d{0,2}(?:\.\d{3})+$/.test(cell)) {
    return err(`${show(cell)} may be thousands or a fraction: other numbers of the list have a decimal comma`);
  }
  return CELLS[key]?.(cell) ?? ok(cell);
}
