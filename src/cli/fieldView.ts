import { addressText } from "../core/modbus/address";
import { isBitTable } from "../core/modbus/spec";
import { type Candidate, candidateName, candidatesAt, textIn } from "../core/points/candidates";
import type { Point } from "../core/points/point";
import { decodePoint, type PointData } from "../core/points/transform";
import { valueToJsonText } from "../core/points/valueText";
import type { ReadItem } from "./fieldRead";
import { pointRows } from "./fieldSummary";

/** A register as people compare it with a manual. */
export function hexText(register: number): string {
  return register.toString(16).toUpperCase().padStart(4, "0");
}

export function rawText(data: PointData): string {
  return Array.isArray(data)
    ? data.map((bit) => (bit ? "1" : "0")).join(" ")
    : [...registersOf(data)].map(hexText).join(" ");
}

function registersOf(data: PointData): Uint16Array {
  return data instanceof Uint16Array ? data : new Uint16Array(0);
}

function signed(register: number): number {
  return register > 0x7fff ? register - 0x10000 : register;
}

/** A value for people, with its unit; `bad: REASON` where there is none. */
export function readingText(point: Point, data: PointData): string {
  const reading = decodePoint(point, data, 0);
  if (!("value" in reading)) return `bad: ${reading.bad}`;
  return `${valueToJsonText(reading.value)}${point.unit === undefined ? "" : ` ${point.unit}`}`;
}

/** What was read, as a table; items that failed are left to `failures`. */
export function readTable(items: readonly ReadItem[], reasonOf: (item: ReadItem) => string): string {
  const points = items.filter(({ point }) => point !== undefined);
  const raw = items.filter(({ point }) => point === undefined);
  return `${pointTable(points, reasonOf)}${raw.map((item) => rawTable(item, reasonOf)).join("")}`;
}

function pointTable(items: readonly ReadItem[], reasonOf: (item: ReadItem) => string): string {
  const rowOf = (item: ReadItem): readonly string[] => {
    const { point, outcome } = item;
    const place = addressText(item.table, item.address);
    return point !== undefined && "data" in outcome
      ? [point.name, place, rawText(outcome.data), readingText(point, outcome.data)]
      : [point?.name ?? "", place, "-", reasonOf(item)];
  };
  const rows = pointRows(items, rowOf, reasonOf);
  return rows.length === 0 ? "" : columns([["point", "address", "raw", "value"], ...rows]);
}

function manyText({ table, count }: ReadItem): string {
  return count === 1 ? "" : `, ${count} ${isBitTable(table) ? "bits" : "registers"}`;
}

function rawTable(item: ReadItem, reasonOf: (item: ReadItem) => string): string {
  const { outcome, table, address } = item;
  if (!("data" in outcome)) return `${addressText(table, address)}${manyText(item)}: ${reasonOf(item)}\n`;
  if (isBitTable(table)) {
    const bits = [...(outcome.data as readonly boolean[])];
    return columns([
      ["address", "value"],
      ...bits.map((bit, index) => [addressText(table, address + index), String(bit)]),
    ]);
  }
  return registerTable(item, registersOf(outcome.data));
}

/** Pairs of registers in the orders that devices have: the column that shows what the display shows is the answer. */
const SHOWN: readonly (readonly [type: string, order: string])[] = [
  ["uint32", "ABCD"],
  ["uint32", "CDAB"],
  ["float32", "ABCD"],
  ["float32", "CDAB"],
];

function registerTable({ table, address }: ReadItem, registers: Uint16Array): string {
  const wide = registers.length > 1 ? SHOWN : [];
  const head = ["address", "hex", "unsigned", "signed", ...wide.map(([type, order]) => `${type} ${order}`)];
  const rows = [...registers].map((register, index) => {
    const found = wide.length > 0 ? candidatesAt(registers, index) : [];
    const pairs = wide.map(([type, order]) => pairText(found, type, order));
    return [
      addressText(table, address + index),
      hexText(register),
      String(register),
      String(signed(register)),
      ...pairs,
    ];
  });
  const text = textIn(registers);
  return `${columns([head, ...rows])}${text === undefined ? "" : `as text: ${JSON.stringify(text)}\n`}`;
}

function pairText(found: readonly Candidate[], type: string, order: string): string {
  const candidate = found.find((one) => one.type === type && one.order === order);
  return candidate === undefined ? "" : valueToJsonText(candidate.value);
}

/** Left-aligned columns, two spaces apart. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** One item as JSON text: numbers with every digit. */
export function itemJson(item: ReadItem, reasonOf: (item: ReadItem) => string): string {
  const { point, outcome, table, address, count } = item;
  const place = { ...(point === undefined ? {} : { point: point.name }), table, address, count };
  const head = JSON.stringify(place).slice(0, -1);
  if (!("data" in outcome)) {
    const { kind, exceptionCode } = outcome.error;
    const bad = exceptionCode === undefined ? kind : `exception:${exceptionCode}`;
    return `${head},${JSON.stringify({ bad, reason: reasonOf(item) }).slice(1)}`;
  }
  const { data } = outcome;
  const contents = Array.isArray(data)
    ? `"bits":${JSON.stringify(data)}`
    : `"registers":${JSON.stringify([...registersOf(data)])}`;
  return `${head},${contents}${point === undefined ? candidatesJson(data) : `,${readingJson(point, data)}`}}`;
}

function readingJson(point: Point, data: PointData): string {
  const reading = decodePoint(point, data, 0);
  return "value" in reading ? `"value":${valueToJsonText(reading.value)}` : `"bad":${JSON.stringify(reading.bad)}`;
}

/** By offset from the first register: type and order → value. */
function candidatesJson(data: PointData): string {
  const registers = registersOf(data);
  const rows = [...registers].flatMap((_, index) => {
    const found = candidatesAt(registers, index);
    const texts = found.map((one) => `"${candidateName(one)}":${valueToJsonText(one.value)}`);
    return texts.length === 0 ? [] : [`"${index}":{${texts.join(",")}}`];
  });
  const text = textIn(registers);
  const shown = text === undefined ? "" : `,"text":${JSON.stringify(text)}`;
  return rows.length === 0 ? shown : `,"candidates":{${rows.join(",")}}${shown}`;
}

/** What points read, the first at `from`, as a JSON list: values with every digit, \`null\` where there is none. */
export function valuesJson(points: readonly Point[], from: number, data: PointData): string {
  const texts = points.map((point) => {
    const offset = point.address - from;
    const reading = decodePoint(point, data.slice(offset, offset + point.count), 0);
    return "value" in reading ? valueToJsonText(reading.value) : "null";
  });
  return `[${texts.join(",")}]`;
}
