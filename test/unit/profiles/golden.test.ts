import { BUILT_IN_PROFILES } from "../../../src/core/config/builtInProfiles";
import type { DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { modelPlace } from "../../../src/core/modbus/modelAddress";
import { decimalText, type ExactDecimal } from "../../../src/core/points/decimal";
import type { Point, Reading } from "../../../src/core/points/point";
import { factorOf, withFactor } from "../../../src/core/points/scaledBy";
import { decodePoint } from "../../../src/core/points/transform";
import { valueToJsonText } from "../../../src/core/points/valueText";
import { type GoldenRow, goldenNames, goldenRows } from "./goldenTable";
import { deviceWith } from "./profilePoints";

test("every profile has a table, every table a profile", () => {
  expect([...goldenNames()].sort()).toEqual([...BUILT_IN_PROFILES.keys()].sort());
});

describe.each([...BUILT_IN_PROFILES.keys()])("%s", (name) => {
  const device = deviceWith(name);
  const rows = goldenRows(name);
  const points = new Map(device.points.map((point) => [point.name, point]));

  it("has every point of the table, where it says, and no other", () => {
    const told = new Set(rows.map(({ point, where, unit, write }) => `${point} | ${where} | ${unit} | ${write}`));
    expect([...told].sort()).toEqual(device.points.map((point) => layoutOf(device, point)).sort());
  });

  it("makes the values of the table from its registers", () => {
    const wrong = rows
      .filter(({ registers }) => registers.length > 0)
      .map((row) => [row, made(points, row)] as const)
      .filter(([row, text]) => text !== row.value)
      .map(([row, text]) => `${row.point}: ${text} instead of ${row.value}`);
    expect(wrong).toEqual([]);
  });

  it("has a row with registers for each way of its points to be read", () => {
    const shown = new Set(rows.filter(({ registers }) => registers.length > 0).map(({ point }) => point));
    const open = new Map<string, string[]>();
    for (const point of device.points) {
      const way = wayOf(point);
      open.set(way, [...(open.get(way) ?? []), point.name]);
    }
    expect([...open].filter(([, names]) => !names.some((one) => shown.has(one)))).toEqual([]);
  });
});

function layoutOf(device: DeviceConfig, point: Point): string {
  const model = modelPlace(point.address);
  const models = model === undefined ? undefined : (device.models?.get(model.number) ?? []).join(",");
  const bit = point.bit === undefined ? "" : ` bit ${point.bit}`;
  const place = model === undefined ? `${point.table} ${point.address}` : `model ${models} + ${model.offset}`;
  return `${point.name} | ${place}${bit} | ${point.unit ?? ""} | ${writesOf(point)}`;
}

function writesOf({ write, enum: texts }: Point): string {
  if (write === undefined) return "";
  if (write.min !== undefined || write.max !== undefined) return `${limitText(write.min)} to ${limitText(write.max)}`;
  return texts === undefined ? "any" : "listed";
}

function limitText(limit: ExactDecimal | undefined): string {
  return limit === undefined ? "?" : decimalText(limit);
}

function made(points: ReadonlyMap<string, Point>, row: GoldenRow): string {
  const point = points.get(row.point);
  if (point === undefined) return "no such point";
  const factor = factorOf(point, ({ name }) => readingOf(points.get(name), row.scaledWith.get(name) ?? []));
  if (factor === undefined) return textOf({ bad: "decode" });
  return textOf(readingOf(point.scaledBy === undefined ? point : withFactor(point, factor), row.registers));
}

function readingOf(point: Point | undefined, words: readonly number[]): Reading {
  if (point === undefined) return { bad: "decode" };
  const isBits = point.table === "coil" || point.table === "discrete";
  if (words.length !== point.count) throw new TypeError(`${point.name} has ${point.count} registers`);
  return decodePoint(point, isBits ? words.map((word) => word === 1) : Uint16Array.from(words), 0);
}

function textOf(reading: Reading): string {
  return "bad" in reading ? `bad ${reading.bad}` : valueToJsonText(reading.value);
}

/** What decides how registers become a value. Bits are alike. */
function wayOf(point: Point): string {
  const { type, order, mask, scale, offset, divisor, scaledBy, decimals, notAvailable, min, max, zone } = point;
  const meaning = point.enum === undefined ? undefined : [...point.enum];
  const scales = scaledBy?.map(({ as }) => as);
  const isBit = point.bit !== undefined;
  const parts = [type, isBit, order, mask, scale, offset, divisor, scales, decimals, meaning, zone, min, max];
  const absent = notAvailable === undefined ? [] : [...notAvailable];
  return JSON.stringify([...parts, absent], (_, value) => (typeof value === "bigint" ? String(value) : value));
}
