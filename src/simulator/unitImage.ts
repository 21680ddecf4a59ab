import type { DeviceConfig } from "../core/config/gatewayConfig";
import { isBitTable, TABLES, type Table } from "../core/modbus/spec";
import type { Point } from "../core/points/point";
import { err, ok, type Result } from "../kernel/result";
import type { EpochMs } from "../kernel/units";
import { type Cluster, clustersOf, clustersWithin, insideOne, type ServedPoint, spansOf, touchesAny } from "./clusters";
import { rawAt } from "./movement";
import { type RawValue, writeRaw } from "./registers";
import { createServedHistory, type ServedHistory, type ServedValue } from "./servedHistory";
import { createSparseTable, type SparseTable } from "./sparseTable";
import { type Truth, truthOf } from "./truth";

/** A Modbus exception code (section 7 of the specification): 2 address, 3 quantity. */
export type ExceptionCode = number;

/** The four tables of one unit, filled from the points of all devices that name this unit. */
export interface UnitImage {
  /** Registers (0 … 65535) or bits (0, 1) as they are now. Notes every point that lies whole in the range as served. */
  read(table: Table, address: number, count: number): Result<Uint16Array, ExceptionCode>;
  /** Only where every address belongs to a point that may be written; else nothing is written and the answer is 2. */
  write(table: "coil" | "holding", address: number, values: readonly number[]): Result<void, ExceptionCode>;
  /** The value a point has at this moment; undefined for a point that is not here. */
  truth(device: string, point: string): Truth | undefined;
  /** What clients were given for this point, oldest first, at most the last `historyLimit` changes. */
  served(device: string, point: string): readonly ServedValue[];
}

export interface ImageTime {
  /** Seconds since the simulator started; values are functions of it. */
  seconds(): number;
  epoch(): EpochMs;
}

interface TableImage {
  readonly memory: SparseTable;
  readonly clusters: readonly Cluster[];
  readonly spans: readonly (readonly [number, number])[];
}

/** What a point holds at the start: a switch that can be written is off, and what can only be written is 0. */
function initialRaw({ device, point }: ServedPoint): RawValue {
  const raw = rawAt(device, point, 0);
  if (point.access === "read") return raw;
  if (typeof raw === "boolean") return false;
  return point.access === "write" && typeof raw === "bigint" ? 0n : raw;
}

function createTableImage(points: readonly ServedPoint[]): TableImage {
  const memory = createSparseTable();
  const clusters = clustersOf(points);
  for (const cluster of clusters)
    for (const member of cluster.members) writeRaw(memory, member.point, initialRaw(member));
  return { memory, clusters, spans: spansOf(clusters) };
}

function pointsOf(devices: readonly DeviceConfig[], table: Table): readonly ServedPoint[] {
  return devices.flatMap((device) =>
    device.points.filter((point) => point.table === table).map((point) => ({ device: device.name, point })),
  );
}

const key = (device: string, point: string): string => `${device}/${point}`;

function covers(point: Point, address: number): boolean {
  return address >= point.address && address < point.address + point.count;
}

/** The image of one unit. `devices` are all devices with this connection and unit id. */
export function createUnitImage(devices: readonly DeviceConfig[], time: ImageTime, historyLimit: number): UnitImage {
  const tables = new Map(TABLES.map((table) => [table, createTableImage(pointsOf(devices, table))]));
  const histories = new Map<string, ServedHistory>();
  const byName = new Map(
    devices.flatMap((device) => device.points.map((point) => [key(device.name, point.name), point] as const)),
  );
  const forbidden = devices.flatMap((device) => device.limits.neverRead);
  const maxRegisters = Math.min(125, ...devices.map((device) => device.limits.maxReadRegisters));

  const tableImage = (table: Table): TableImage => tables.get(table) ?? createTableImage([]);

  function move(image: TableImage, first: number, last: number): readonly Cluster[] {
    const touched = clustersWithin(image.clusters, first, last);
    const seconds = time.seconds();
    for (const cluster of touched) {
      if (cluster.writable) continue;
      for (const { device, point } of cluster.members) writeRaw(image.memory, point, rawAt(device, point, seconds));
    }
    return touched;
  }

  function note(image: TableImage, { device, point }: ServedPoint, at: EpochMs): void {
    const name = key(device, point.name);
    let history = histories.get(name);
    if (history === undefined) {
      history = createServedHistory(historyLimit);
      histories.set(name, history);
    }
    history.note(at, truthOf(image.memory, point));
  }

  function refusal(table: Table, image: TableImage, first: number, last: number): ExceptionCode | undefined {
    if (!isBitTable(table) && last - first + 1 > maxRegisters) return 3;
    if (!insideOne(image.spans, first, last) || touchesAny(forbidden, first, last)) return 2;
    return undefined;
  }

  return {
    read(table, address, count) {
      const image = tableImage(table);
      const last = address + count - 1;
      const code = refusal(table, image, address, last);
      if (code !== undefined) return err(code);
      const at = time.epoch();
      for (const member of move(image, address, last).flatMap((cluster) => cluster.members)) {
        const { point } = member;
        if (point.address >= address && point.address + point.count - 1 <= last) note(image, member, at);
      }
      return ok(Uint16Array.from({ length: count }, (_, i) => image.memory.get(address + i)));
    },
    write(table, address, values) {
      const image = tableImage(table);
      const touched = clustersWithin(image.clusters, address, address + values.length - 1);
      const writable = touched.flatMap((cluster) => cluster.members).filter(({ point }) => point.access !== "read");
      const allowed = values.every((_, i) => writable.some(({ point }) => covers(point, address + i)));
      if (!allowed) return err(2);
      for (const [i, value] of values.entries()) image.memory.set(address + i, value);
      return ok(undefined);
    },
    truth(device, name) {
      const point = byName.get(key(device, name));
      if (point === undefined) return undefined;
      const image = tableImage(point.table);
      move(image, point.address, point.address + point.count - 1);
      return truthOf(image.memory, point);
    },
    served: (device, point) => histories.get(key(device, point))?.values() ?? [],
  };
}
