import type { DeviceConfig } from "../core/config/gatewayConfig";
import { isBitTable, type Table } from "../core/modbus/spec";
import { err, ok, type Result } from "../kernel/result";
import type { EpochMs } from "../kernel/units";
import { type ServedPoint, touchesAny } from "./clusters";
import { placeModels } from "./modelChain";
import { createServedHistory, type ServedHistory, type ServedValue } from "./servedHistory";
import { createTableImage, type TableImage } from "./tableImage";
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

type Tables = Readonly<Record<Table, TableImage>>;

function lastOf({ point }: ServedPoint): number {
  return point.address + point.count - 1;
}

/** What clients were given, by point. */
function createHistories(limit: number) {
  const histories = new Map<string, ServedHistory>();
  return {
    of: (name: string): readonly ServedValue[] => histories.get(name)?.values() ?? [],
    note(name: string, at: EpochMs, truth: Truth): void {
      const history = histories.get(name) ?? createServedHistory(limit);
      histories.set(name, history);
      history.note(at, truth);
    },
  };
}

const key = (device: string, point: string): string => `${device}/${point}`;

/** The image of one unit. `devices` are all devices with this connection and unit id. */
export function createUnitImage(devices: readonly DeviceConfig[], time: ImageTime, historyLimit: number): UnitImage {
  const { points, constants } = placeModels(devices);
  const tables: Tables = {
    coil: createTableImage(points, "coil"),
    discrete: createTableImage(points, "discrete"),
    input: createTableImage(points, "input"),
    holding: createTableImage(points, "holding", constants),
  };
  const memoryOf = (table: Table) => tables[table].memory;
  const byName = new Map(points.map((served) => [key(served.device, served.point.name), served]));
  const histories = createHistories(historyLimit);
  const forbidden = devices.flatMap((device) => device.limits.neverRead);
  const maxRegisters = Math.min(125, ...devices.map((device) => device.limits.maxReadRegisters));

  function refusal(table: Table, first: number, last: number): ExceptionCode | undefined {
    if (!isBitTable(table) && last - first + 1 > maxRegisters) return 3;
    return !tables[table].answers(first, last) || touchesAny(forbidden, first, last) ? 2 : undefined;
  }

  return {
    read(table, address, count) {
      const last = address + count - 1;
      const code = refusal(table, address, last);
      if (code !== undefined) return err(code);
      const { memory, move } = tables[table];
      const at = time.epoch();
      for (const served of move(address, last, time.seconds())) {
        const whole = served.point.address >= address && lastOf(served) <= last;
        if (whole) histories.note(key(served.device, served.point.name), at, truthOf(memory, served.point, memoryOf));
      }
      return ok(Uint16Array.from({ length: count }, (_, i) => memory.get(address + i)));
    },
    write(table, address, values) {
      const { memory, writable } = tables[table];
      if (!writable(address, address + values.length - 1)) return err(2);
      for (const [i, value] of values.entries()) memory.set(address + i, value);
      return ok(undefined);
    },
    truth(device, name) {
      const served = byName.get(key(device, name));
      if (served === undefined) return undefined;
      const { memory, move } = tables[served.point.table];
      move(served.point.address, lastOf(served), time.seconds());
      return truthOf(memory, served.point, memoryOf);
    },
    served: (device, point) => histories.of(key(device, point)),
  };
}
