import type { IServiceVector } from "modbus-serial";
import type { Table } from "../core/modbus/spec";
import { ok, type Result } from "../kernel/result";
import type { EpochMs } from "../kernel/units";
import type { EventLogWriter } from "./eventLog";
import type { WriteEntry } from "./traffic";
import type { ExceptionCode, UnitImage } from "./unitImage";

/** What modbus-serial's servers take as a failure: the exception code that goes on the wire. */
class ModbusException extends Error {
  readonly modbusErrorCode: number;
  constructor(code: number) {
    super(`exception ${code}`);
    this.modbusErrorCode = code;
  }
}

type Callback<T> = (error: Error | null, value: T) => void;

export interface ServedConnection {
  readonly name: string;
  readonly units: ReadonlyMap<number, UnitImage>;
  /** What a client hears about a unit id that is not here: nothing, or a gateway's exception. */
  readonly unknownUnit: "silence" | ExceptionCode;
  /** A serial line knows broadcast: a write to unit 0 reaches all units and is not answered. */
  readonly broadcast: boolean;
  readonly writes: EventLogWriter<WriteEntry>;
  readonly epoch: () => EpochMs;
}

/** On TCP unit 0 and 255 both mean the device itself. */
function findUnit(connection: ServedConnection, unitId: number): UnitImage | undefined {
  const unit = connection.units.get(unitId);
  if (unit !== undefined || connection.broadcast) return unit;
  return unitId === 0 || unitId === 255 ? connection.units.get(255 - unitId) : undefined;
}

/** The answer is given by the callback; never calling it is silence. */
function answer<T>(callback: Callback<T>, outcome: Result<T, ExceptionCode>, nothing: T): void {
  if (outcome.ok) callback(null, outcome.value);
  else callback(new ModbusException(outcome.error), nothing);
}

/**
 * The functions by which modbus-serial 8.0.25 asks for data. The number of parameters matters to it: with the callback
 * as the last one it waits for the callback, so a unit can stay silent. Its `setCoilArray` answers before it writes;
 * without it FC 15 arrives coil by coil.
 */
export function createServiceVector(connection: ServedConnection): IServiceVector {
  function read<T>(
    where: readonly [table: Table, address: number, count: number, unitId: number],
    nothing: T,
    callback: Callback<T>,
    shape: (cells: Uint16Array) => T,
  ): void {
    const [table, address, count, unitId] = where;
    const unit = findUnit(connection, unitId);
    if (unit === undefined) {
      noUnit(nothing, callback);
      return;
    }
    const cells = unit.read(table, address, count);
    answer(callback, cells.ok ? ok(shape(cells.value)) : cells, nothing);
  }

  function noUnit<T>(nothing: T, callback: Callback<T>): void {
    if (connection.unknownUnit !== "silence") callback(new ModbusException(connection.unknownUnit), nothing);
  }

  function record(unitId: number, table: "coil" | "holding", address: number, values: readonly number[]): void {
    connection.writes.add({ at: connection.epoch(), connection: connection.name, unitId, table, address, values });
  }

  function write(
    table: "coil" | "holding",
    address: number,
    values: readonly number[],
    unitId: number,
    callback: (error: Error | null) => void,
  ): void {
    if (connection.broadcast && unitId === 0) {
      for (const [id, unit] of connection.units) {
        if (unit.write(table, address, values).ok) record(id, table, address, values);
      }
      return;
    }
    const unit = findUnit(connection, unitId);
    if (unit === undefined) {
      noUnit(undefined, callback);
      return;
    }
    const outcome = unit.write(table, address, values);
    if (outcome.ok) record(unitId, table, address, values);
    answer(callback, outcome, undefined);
  }

  const one = (cells: Uint16Array): number => cells[0] ?? 0;
  const bit = (cells: Uint16Array): boolean => cells[0] === 1;
  const many = (cells: Uint16Array): number[] => [...cells];

  return {
    getCoil: (addr: number, unit: number, cb: Callback<boolean>) => read(["coil", addr, 1, unit], false, cb, bit),
    getDiscreteInput: (addr: number, unit: number, cb: Callback<boolean>) =>
      read(["discrete", addr, 1, unit], false, cb, bit),
    getInputRegister: (addr: number, unit: number, cb: Callback<number>) => read(["input", addr, 1, unit], 0, cb, one),
    getHoldingRegister: (addr: number, unit: number, cb: Callback<number>) =>
      read(["holding", addr, 1, unit], 0, cb, one),
    getMultipleInputRegisters: (addr: number, count: number, unit: number, cb: Callback<number[]>) =>
      read(["input", addr, count, unit], [], cb, many),
    getMultipleHoldingRegisters: (addr: number, count: number, unit: number, cb: Callback<number[]>) =>
      read(["holding", addr, count, unit], [], cb, many),
    setCoil: (addr: number, value: boolean, unit: number, cb: (error: Error | null) => void) =>
      write("coil", addr, [value ? 1 : 0], unit, cb),
    setRegister: (addr: number, value: number, unit: number, cb: (error: Error | null) => void) =>
      write("holding", addr, [value], unit, cb),
    setRegisterArray: (addr: number, values: number[], unit: number, cb: (error: Error | null) => void) =>
      write("holding", addr, values, unit, cb),
  };
}
