import type { Json, JsonObject } from "../../../kernel/json";
import { err, ok, type Result } from "../../../kernel/result";
import type { Table } from "../../modbus/spec";
import { bytesOf, needsLength, typeSpec } from "../../points/dataType";
import { orderBySwitches, parseSwitches } from "../../points/order";
import { DATA_TYPES, type DataType } from "../../points/point";
import { createNameGiver, nameFrom } from "../legacy/legacyNames";
import { nameFault, RESERVED_FOR_POINTS } from "../names";
import { show } from "../nearest";
import type { ProfileLookup } from "../profiles";
import { profileProblems } from "../resolve";
import { addressCell } from "./csvCells";
import { NAME_COLUMN, readCell, readHeader } from "./csvColumns";
import { type CsvRow, readCsv } from "./csvRows";

/** A line that could not be taken, or something about one that was. */
export interface LineNote {
  readonly line: number;
  readonly text: string;
}

export interface RegisterList {
  /** Points by name, in the order of the list: all of them valid in a profile. */
  readonly points: JsonObject;
  /** The groups that they name, each with the usual interval: a list says none. */
  readonly groups: JsonObject;
  readonly rejected: readonly LineNote[];
  readonly warnings: readonly LineNote[];
}

export interface ListOptions {
  /** Numbers of five and six digits are addresses, not references. */
  readonly plainAddresses: boolean;
  /** What numbers count from. */
  readonly addressBase: 0 | 1;
  /** For rows that name none. */
  readonly table?: Table;
}

/** Points of one line. */
interface Taken {
  readonly line: number;
  readonly name: string;
  readonly keys: JsonObject;
}

/** Reads a list of registers with a row of titles (CSV), or says why it is none. Pure. */
export function readRegisterList(
  text: string,
  options: ListOptions,
  lookup: ProfileLookup,
): Result<RegisterList, string> {
  const { rows, unclosed } = readCsv(text);
  const [titles, ...body] = rows;
  if (titles === undefined)
    return err("the file is empty: a JSON document, or a list with a row of titles is expected");
  const header = readHeader(titles.fields);
  if (header.fault !== undefined) return err(header.fault);
  const rejected: LineNote[] =
    unclosed === undefined ? [] : [{ line: unclosed, text: "a quote is not closed: nothing is read from here on" }];
  const warnings: LineNote[] = header.warnings.map((warning) => ({ line: titles.line, text: warning }));
  const names = createNameGiver("p", RESERVED_FOR_POINTS);
  const taken: Taken[] = [];
  const commas = body.some(({ fields }) => fields.some((field) => /^[+-]?\d+,\d+$/.test(field)));
  for (const row of body) {
    const read = readRow(row, titles.fields.length, header.columns, options, commas);
    if (!read.ok) {
      rejected.push({ line: row.line, text: read.error });
      continue;
    }
    const { name: title, ...keys } = read.value;
    const name = names.give(String(title));
    if (name !== nameFrom(String(title), "p")) {
      warnings.push({
        line: row.line,
        text: `the name ${show(title)} is taken, reserved, too long or has other letters than A to Z: it is "${name}" here`,
      });
    }
    const shown = name === title || keys["title"] !== undefined ? {} : { title: String(title) };
    taken.push({ line: row.line, name, keys: { ...keys, ...shown } });
  }
  const { good, faults } = sift(taken, options, lookup);
  const groups = groupsOf(good);
  const [some] = Object.keys(groups);
  if (some !== undefined) {
    const text = `the list names groups: each is polled every ${USUAL_INTERVAL_MS} ms until "groups" says otherwise`;
    warnings.push({ line: titles.line, text });
  }
  return ok({
    points: pointsOf(good),
    groups,
    rejected: [...rejected, ...faults].sort((a, b) => a.line - b.line),
    warnings,
  });
}

function readRow(
  { fields }: CsvRow,
  width: number,
  columns: ReturnType<typeof readHeader>["columns"],
  options: ListOptions,
  commas: boolean,
): Result<JsonObject, string> {
  const surplus = fields.slice(width).filter((field) => field !== "");
  if (surplus.length > 0)
    return err(`it has ${fields.length} fields, the titles are ${width}: a text with the delimiter in it needs quotes`);
  const keys = new Map<string, Json>();
  for (const { key, at } of columns) {
    const field = fields[at] ?? "";
    if (field === "" || (field === "-" && key !== NAME_COLUMN)) continue;
    const cell = readCell(key, field, commas);
    if (!cell.ok) return err(`${key}: ${cell.error}`);
    keys.set(key, cell.value);
  }
  if (!keys.has(NAME_COLUMN)) return err("it has no name");
  const address = keys.get("address");
  if (typeof address !== "string") return err("it has no address");
  const table = (keys.get("table") ?? options.table) as Table | undefined;
  const found = addressCell(address, keys.get("table") as Table | undefined, options.plainAddresses);
  if (!found.ok) return err(`address: ${found.error}`);
  const isReference = typeof found.value === "string";
  keys.set("address", found.value);
  if (isReference) keys.delete("table");
  else if (table !== undefined) keys.set("table", table);
  const order = ownOrder(keys.get("type"), keys.get("order"), keys.get("length"));
  if (order === undefined) keys.delete("order");
  else keys.set("order", order);
  return ok(Object.fromEntries(keys));
}

/** `CDAB` in every row is meant as two switches; a point has one letter a byte. Other letters stay as they are. */
function ownOrder(type: Json | undefined, letters: Json | undefined, length: Json | undefined): Json | undefined {
  const known = DATA_TYPES.find((one) => one === type) as DataType | undefined;
  const switches = parseSwitches(String(letters));
  if (known === undefined || letters === undefined || !switches.ok) return letters;
  const count = typeof length === "number" ? length : 1;
  if (typeSpec(known).ordering === "value" && bytesOf(known, count) === 4) return letters;
  if (typeSpec(known).ordering === "words" || (needsLength(known) && typeof length !== "number")) return letters;
  const order = orderBySwitches(known, switches.value, count);
  return order?.map((significance) => String.fromCharCode(65 + significance)).join("");
}

/** Leaves out what a profile would refuse, until it refuses nothing more: points may name one another. */
function sift(taken: readonly Taken[], { addressBase }: ListOptions, lookup: ProfileLookup) {
  const faults: LineNote[] = [];
  for (let good = taken; ; ) {
    const problems = profileProblems("list", { addressBase, groups: groupsOf(good), points: pointsOf(good) }, lookup);
    const reasons = new Map<string, string[]>();
    for (const { path, text } of problems) {
      const [, , , , name = "", ...keys] = path.split("/");
      reasons.set(name, [...(reasons.get(name) ?? []), `${keys.length === 0 ? "" : `${keys.join("/")}: `}${text}`]);
    }
    const bad = good.filter(({ name }) => reasons.has(name));
    if (bad.length === 0) return { good, faults };
    for (const { line, name } of bad) faults.push({ line, text: (reasons.get(name) ?? []).join("; ") });
    good = good.filter(({ name }) => !reasons.has(name));
  }
}

function pointsOf(taken: readonly Taken[]): JsonObject {
  return Object.fromEntries(taken.map(({ name, keys }) => [name, keys]));
}

const USUAL_INTERVAL_MS = 10_000;
const DEFAULT_GROUP = "default";

function groupsOf(taken: readonly Taken[]): JsonObject {
  const named = new Set(taken.flatMap(({ keys: { group } }) => (typeof group === "string" ? [group] : [])));
  named.delete(DEFAULT_GROUP);
  const valid = [...named].filter((group) => nameFault(group, "a group") === undefined);
  return Object.fromEntries(valid.map((group) => [group, { intervalMs: USUAL_INTERVAL_MS }]));
}
