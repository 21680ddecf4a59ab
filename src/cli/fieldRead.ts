import type { RequestOptions } from "../client/modbusClient";
import { isModbusError, ModbusError } from "../client/modbusError";
import type { DeviceConfig, ReadLimits } from "../core/config/gatewayConfig";
import { consequenceOf, exceptionFailure } from "../core/modbus/failure";
import { isBitTable, LIMITS, type Table } from "../core/modbus/spec";
import { linkCost } from "../core/planning/cost";
import { isReadable, planReads } from "../core/planning/readPlan";
import type { Point } from "../core/points/point";
import { factorOf, withFactor, withScalingPoints } from "../core/points/scaledBy";
import { decodePoint, type PointData } from "../core/points/transform";
import type { FieldClient } from "./fieldModels";
import type { FieldTarget } from "./fieldTarget";

/** Consecutive addresses whose contents are wanted as they are. */
export interface RawRange {
  readonly table: Table;
  readonly address: number;
  readonly count: number;
}

/** What came of one part: its data, or why there is none. */
export type Outcome = { readonly data: PointData } | { readonly error: ModbusError };

export interface ReadItem extends RawRange {
  /** Absent: raw contents. */
  readonly point?: Point;
  readonly outcome: Outcome;
}

/** One request's worth, and what it is for. */
interface Part extends RawRange {
  readonly points: readonly Point[];
}

/** Reads points and raw ranges. A device that gives no answer is asked once: the rest fails with the same reason. */
export async function readTarget(
  client: FieldClient,
  { device, points: wanted, connection }: FieldTarget,
  ranges: readonly RawRange[],
  options: RequestOptions,
): Promise<readonly ReadItem[]> {
  const points = withScalingPoints(wanted);
  const blocks = planReads(points, device.limits, linkCost(connection));
  const parts: Part[] = [
    ...blocks.map(({ table, first, count, points: inside }) => ({ table, address: first, count, points: inside })),
    ...ranges.flatMap((range) => inRequests(range, device.limits)),
  ];
  const items = points.filter((point) => !isReadable(point, device.limits)).map(unreadable);
  let silent: ModbusError | undefined;
  for (const part of parts) {
    const read =
      silent === undefined ? await readPart(client, device, part, options) : itemsOf(part, { error: silent });
    items.push(...read);
    silent ??= read.map(({ outcome }) => outcome).find(isSilence)?.error;
  }
  return points.length === 0 ? items : inOrder(items, wanted).map((item) => settled(item, items));
}

/** A point that is scaled by others becomes what it is with their values; where they are not known it stays `decode`. */
function settled(item: ReadItem, items: readonly ReadItem[]): ReadItem {
  const { point } = item;
  if (point?.scaledBy === undefined) return item;
  const factor = factorOf(point, (scaling) => {
    const found = items.find((one) => one.point === scaling);
    const now = found === undefined ? undefined : settled(found, items);
    return now?.point === undefined || "error" in now.outcome ? undefined : decodePoint(now.point, now.outcome.data, 0);
  });
  return factor === undefined ? item : { ...item, point: withFactor(point, factor) };
}

function isSilence(outcome: Outcome): outcome is { readonly error: ModbusError } {
  return "error" in outcome && ["timeout", "offline", "lost", "aborted"].includes(outcome.error.kind);
}

function inRequests({ table, address, count }: RawRange, limits: ReadLimits): readonly Part[] {
  const most = isBitTable(table)
    ? Math.min(limits.maxReadBits, LIMITS.readBits)
    : Math.min(limits.maxReadRegisters, LIMITS.readRegisters);
  return Array.from({ length: Math.ceil(count / most) }, (_, index) => ({
    table,
    address: address + index * most,
    count: Math.min(most, count - index * most),
    points: [],
  }));
}

function unreadable(point: Point): ReadItem {
  const detail = "no request within the limits of the device can carry it (maxReadRegisters, neverRead)";
  return { ...placeOf(point), point, outcome: { error: new ModbusError(detail, { kind: "argument", detail }) } };
}

function placeOf({ table, address, count }: Point): RawRange {
  return { table, address, count };
}

/** Where a device refuses a block of several points, each is asked for by itself: one of them spoils it. */
async function readPart(
  client: FieldClient,
  device: DeviceConfig,
  part: Part,
  options: RequestOptions,
): Promise<readonly ReadItem[]> {
  const outcome = await readRange(client, device.unitId, part, options);
  const code = "error" in outcome ? outcome.error.exceptionCode : undefined;
  if (code === undefined || part.points.length < 2 || !consequenceOf(exceptionFailure(code)).splitBlock)
    return itemsOf(part, outcome);
  const alone: ReadItem[] = [];
  for (const point of part.points) {
    const place = placeOf(point);
    alone.push({ ...place, point, outcome: await readRange(client, device.unitId, place, options) });
  }
  return alone;
}

/** The contents of one range within the limits of a request; failures of the client become outcomes. */
export async function readRange(
  client: FieldClient,
  unitId: number,
  { table, address, count }: RawRange,
  options: RequestOptions,
): Promise<Outcome> {
  try {
    if (table === "coil" || table === "discrete")
      return { data: await client.read(unitId, table, address, count, options) };
    return { data: Uint16Array.from(await client.read(unitId, table, address, count, options)) };
  } catch (error) {
    return { error: modbusErrorOf(error) };
  }
}

/** Whatever else was thrown is a bug, and stays one. */
export function modbusErrorOf(error: unknown): ModbusError {
  if (isModbusError(error)) return error;
  throw error;
}

function itemsOf(part: Part, outcome: Outcome): readonly ReadItem[] {
  if (part.points.length === 0) return [{ table: part.table, address: part.address, count: part.count, outcome }];
  return part.points.map((point) => ({ ...placeOf(point), point, outcome: cut(outcome, part, point) }));
}

function cut(outcome: Outcome, part: Part, point: Point): Outcome {
  if ("error" in outcome) return outcome;
  const offset = point.address - part.address;
  return { data: outcome.data.slice(offset, offset + point.count) };
}

/** As they were asked for. */
function inOrder(items: readonly ReadItem[], points: readonly Point[]): readonly ReadItem[] {
  const byPoint = new Map(items.map((item) => [item.point, item]));
  return points.flatMap((point) => byPoint.get(point) ?? []);
}
