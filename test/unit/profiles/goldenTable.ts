import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A table of golden/NAME.txt: what the profile NAME makes of registers, worked out by hand or taken from the maker's
 * examples, never by our own encoder. One line a point (a point may have several), columns between "|":
 *   point · where it stands (`input 52`, `holding 7 bit 3`, `model 101,102,103 + 14`; counted from 0) · unit ·
 *   what may be written: nothing, `6 to 32`, `listed` (the texts of its enum) or `any` · registers as the wire brings them, hexadecimal (a bit table: 0 or 1) · value as JSON, or `bad REASON` ·
 *   registers of the points that it is scaled by (`powerScale FFFF`)
 * Lines without registers say where a point stands and no more; lines with "#" are for people.
 */
export interface GoldenRow {
  readonly point: string;
  readonly where: string;
  readonly unit: string;
  readonly write: string;
  readonly registers: readonly number[];
  readonly value: string;
  /** By the name of the scaling point. */
  readonly scaledWith: ReadonlyMap<string, readonly number[]>;
}

const FOLDER = join(__dirname, "golden");

export function goldenNames(): readonly string[] {
  return readdirSync(FOLDER).map((file) => file.replace(/\.txt$/, ""));
}

export function goldenRows(name: string): readonly GoldenRow[] {
  const [, ...lines] = readFileSync(join(FOLDER, `${name}.txt`), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map(rowOf);
}

function rowOf(line: string): GoldenRow {
  const [point = "", where = "", unit = "", write = "", registers = "", value = "", scaledWith = ""] = line
    .split("|")
    .map((cell) => cell.trim());
  return { point, where, unit, write, registers: wordsOf(registers), value, scaledWith: new Map(scalesOf(scaledWith)) };
}

function wordsOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(" ").map((word) => Number.parseInt(word, 16));
}

function* scalesOf(text: string): Generator<[string, readonly number[]]> {
  for (const one of text === "" ? [] : text.split(",")) {
    const [name = "", ...words] = one.trim().split(" ");
    yield [name, wordsOf(words.join(" "))];
  }
}
