import { refuseUnlessOneOf } from "../core/modbus/argument";
import type { ModbusFailure } from "../core/modbus/failure";
import type { TableRequest } from "../core/modbus/pdu";
import type { Table } from "../core/modbus/spec";
import { err, ok, type Result } from "../kernel/result";
import type { WriteOptions } from "./modbusClient";

export function readRequest(table: Table, address: number, count: number) {
  return table === "coil" || table === "discrete"
    ? ({ kind: "readBits", table, address, count } as const)
    : ({ kind: "readRegisters", table, address, count } as const);
}

type Values = readonly (number | boolean)[];

/** FC 5 or 6 for one value, 15 or 16 for more, unless `choice` says otherwise. Values are checked by the codec. */
export function writeRequest(
  table: string,
  address: number,
  values: unknown,
  choice: NonNullable<WriteOptions["function"]>,
): Result<TableRequest, ModbusFailure> {
  const wrong =
    refuseUnlessOneOf("table", table, ["coil", "holding"]) ??
    refuseUnlessOneOf("function", choice, ["auto", "single", "multiple"]);
  if (wrong !== undefined) return err(wrong);
  const list = ArrayBuffer.isView(values) ? Array.from(values as unknown as ArrayLike<number>) : values;
  const single = choice === "single" || (choice === "auto" && (!Array.isArray(list) || list.length === 1));
  if (!single) return ok(multiple(table, address, (Array.isArray(list) ? list : [list]) as Values));
  if (!Array.isArray(list)) return ok(one(table, address, list));
  if (list.length === 1) return ok(one(table, address, list[0]));
  return err({ kind: "argument", detail: `the function "single" writes one value, not ${list.length}` });
}

// What the values really are is for the codec to find out: it refuses what does not fit.
function one(table: string, address: number, value: unknown): TableRequest {
  return table === "coil"
    ? { kind: "writeSingleCoil", address, value: value as boolean }
    : { kind: "writeSingleRegister", address, value: value as number };
}

function multiple(table: string, address: number, values: Values): TableRequest {
  return table === "coil"
    ? { kind: "writeCoils", address, values: values as readonly boolean[] }
    : { kind: "writeRegisters", address, values: values as readonly number[] };
}
