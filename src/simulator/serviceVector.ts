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

function noUnit<T>(connection: ServedConnection, callback: Callback<T>, nothing: T): void {
  if (connection.unknownUnit !== "silence") callback(new ModbusException(connection.unknownUnit), nothing);
}

/** What to read, and how the cells look to the library. */
interface Reading<T> {
  readonly table: Table;
  readonly address: number;
  readonly count: number;
  readonly unitId: number;
  readonly nothing: T;
  shape(cells: Uint16Array): T;
}

function read<T>(connection: ServedConnection, reading: Reading<T>, callback: Callback<T>): void {
  const unit = findUnit(connection, reading.unitId);
  if (unit === undefined) {
    noUnit(connection, callback, reading.nothing);
    return;
  }
  const cells = unit.read(reading.table, reading.address, reading.count);
  answer(callback, cells.ok ? ok(reading.shape(cells.value)) : cells, reading.nothing);
}

type Written = Pick<WriteEntry, "unitId" | "table" | "address" | "values">;

function carryOut(connection: ServedConnection, unit: UnitImage, written: Written): Result<void, ExceptionCode> {
  const outcome = unit.write(written.table, written.address, written.values);
  if (outcome.ok) connection.writes.add({ at: connection.epoch(), connection: connection.name, ...written });
  return outcome;
}

function write(connection: ServedConnection, written: Written, callback: (error: Error | null) => void): void {
  if (connection.broadcast && written.unitId === 0) {
    for (const [unitId, unit] of connection.units) carryOut(connection, unit, { ...written, unitId });
    return;
  }
  const unit = findUnit(connection, written.unitId);
  if (unit === undefined) noUnit(connection, callback, undefined);
  else answer(callback, carryOut(connection, unit, written), undefined);
}

const one = (cells: Uint16Array): number => cells[0] ?? 0;
const bit = (cells: Uint16Array): boolean => cells[0] === 1;
const many = (cells: Uint16Array): number[] => [...cells];

/**
 * The functions by which modbus-serial 8.0.25 asks for data. The number of parameters matters to it: with the callback
 * as the last one it waits for the callback, so a unit can stay silent. Its `setCoilArray` answers before it writes;
 * without it FC 15 arrives coil by coil.
 */
export function createServiceVector(connection: ServedConnection): IServiceVector {
  const readBit = (table: Table) => (address: number, unitId: number, callback: Callback<boolean>) =>
    read(connection, { table, address, count: 1, unitId, nothing: false, shape: bit }, callback);
  const readOne = (table: Table) => (address: number, unitId: number, callback: Callback<number>) =>
    read(connection, { table, address, count: 1, unitId, nothing: 0, shape: one }, callback);
  const readMany = (table: Table) => (address: number, count: number, unitId: number, callback: Callback<number[]>) =>
    read(connection, { table, address, count, unitId, nothing: [], shape: many }, callback);
  type Done = (error: Error | null) => void;
  return {
    getCoil: readBit("coil"),
    getDiscreteInput: readBit("discrete"),
    getInputRegister: readOne("input"),
    getHoldingRegister: readOne("holding"),
    getMultipleInputRegisters: readMany("input"),
    getMultipleHoldingRegisters: readMany("holding"),
    setCoil: (address: number, value: boolean, unitId: number, done: Done) =>
      write(connection, { table: "coil", address, values: [value ? 1 : 0], unitId }, done),
    setRegister: (address: number, value: number, unitId: number, done: Done) =>
      write(connection, { table: "holding", address, values: [value], unitId }, done),
    setRegisterArray: (address: number, values: number[], unitId: number, done: Done) =>
      write(connection, { table: "holding", address, values, unitId }, done),
  };
}
