import { parseAddress } from "../core/config/address";
import type { ConnectionConfig } from "../core/config/gatewayConfig";
import { nearest, show } from "../core/config/nearest";
import { hasUnit } from "../core/config/resolveConnection";
import { addressText } from "../core/modbus/address";
import { isBitTable, LIMITS, TABLES, type Table } from "../core/modbus/spec";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { type CommandPorts, type MethodError, refusal } from "./methodError";

/** Registers or bits of a unit, named by a payload. */
export interface RegisterRange {
  readonly connection: ConnectionConfig;
  readonly unitId: number;
  readonly table: Table;
  /** 0-based. */
  readonly address: number;
}

/** Whether the connection still is what it was when it was named. */
export function standsOn({ connection }: RegisterRange, { config }: Pick<CommandPorts, "config">): boolean {
  return config().connections.get(connection.name)?.fingerprint === connection.fingerprint;
}

/** `{connection, unitId, table, address}`; `address` is a number from 0, `"0x1F"`, or a reference without `table`. */
export function rangeOf(payload: JsonObject, ports: CommandPorts): Result<RegisterRange, MethodError> {
  const connection = connectionOf(payload["connection"], ports);
  if (!connection.ok) return connection;
  const unitId = payload["unitId"];
  if (typeof unitId !== "number" || !Number.isInteger(unitId) || unitId < 0 || unitId > 255) {
    return err(refusal(400, `"unitId" must be a whole number from 0 to 255`, "/unitId"));
  }
  if (!hasUnit(connection.value, unitId)) {
    return err(refusal(400, `on "${connection.value.name}" a unit id is 1 to 247`, "/unitId"));
  }
  const place = placeOf(payload["table"], payload["address"]);
  return place.ok ? ok({ connection: connection.value, unitId, ...place.value }) : place;
}

function connectionOf(name: Json | undefined, { config }: CommandPorts): Result<ConnectionConfig, MethodError> {
  if (typeof name !== "string") return err(refusal(400, `"connection" must name a connection`, "/connection"));
  const { connections } = config();
  const connection = connections.get(name);
  if (connection !== undefined) return ok(connection);
  const guess = nearest(name, connections.keys());
  const advice = guess === undefined ? "" : `; did you mean "${guess}"?`;
  return err(refusal(404, `there is no connection ${show(name)}${advice}`, "/connection"));
}

const ADDRESS_TEXT = /^(?:0[xX][0-9A-Fa-f]{1,5}|\d{1,6})$/;

function placeOf(
  table: Json | undefined,
  form: Json | undefined,
): Result<Pick<RegisterRange, "table" | "address">, MethodError> {
  const isForm =
    (typeof form === "number" && Number.isInteger(form)) || (typeof form === "string" && ADDRESS_TEXT.test(form));
  if (!isForm) {
    const text = `"address" must be a number from 0 to 65535, "0x1F", or a reference such as "40001"`;
    return err(refusal(400, text, "/address"));
  }
  const address = parseAddress(form as number | string, 0);
  if (!address.ok) return err(refusal(400, address.error, "/address"));
  const named = address.value.table;
  if (named !== undefined && table !== undefined && table !== named) {
    return err(refusal(400, `the reference "${String(form)}" says the table (${named}): leave "table" out`, "/table"));
  }
  const known = named ?? TABLES.find((candidate) => candidate === table);
  if (known === undefined) return err(refusal(400, `"table" must be one of ${TABLES.join(", ")}`, "/table"));
  return ok({ table: known, address: address.value.address });
}

/** How many, within what one request carries and the table holds. */
export function countOf(
  { table, address }: RegisterRange,
  count: Json | undefined,
  most: { readonly registers: number; readonly bits: number },
  path: string,
): Result<number, MethodError> {
  const limit = isBitTable(table) ? most.bits : most.registers;
  if (typeof count !== "number" || !Number.isInteger(count) || count < 1 || count > limit) {
    return err(refusal(400, `one request has 1 to ${limit} of them`, path));
  }
  if (address + count - 1 <= LIMITS.address) return ok(count);
  return err(
    refusal(400, `${addressText(table, address)} and ${count - 1} more go beyond the last address, 65535`, path),
  );
}
