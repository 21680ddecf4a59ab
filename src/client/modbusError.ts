import type { Problem } from "../core/config/problem";
import type { ModbusFailure } from "../core/modbus/failure";
import { functionCodeOf, type ModbusRequest } from "../core/modbus/pdu";
import { addressOf, requestText } from "../core/modbus/requestText";
import { EXCEPTION_NAMES } from "../core/modbus/spec";

/**
 * Why a promise of the client was rejected:
 * - `configuration`: the connection object has faults, listed in `problems`;
 * - `argument`: refused before anything was sent; the message names argument, range and value;
 * - `offline`: no connection; nothing was sent;
 * - `lost`: the connection was lost while the request was under way: a write may have been carried out;
 * - `timeout`: no answer in time; the same holds;
 * - `crc`, `protocol`: an answer that can't be trusted; the same holds;
 * - `exception`: the device refused; `exceptionCode` and `exceptionName` say why;
 * - `aborted`: the caller gave up, the client was closed, or too many requests were waiting.
 */
export type ModbusErrorKind = "configuration" | ModbusFailure["kind"];

interface ModbusErrorFacts {
  readonly kind: ModbusErrorKind;
  readonly detail: string;
  readonly exceptionCode?: number;
  readonly connection?: string;
  readonly unitId?: number;
  readonly functionCode?: number;
  readonly address?: number;
  readonly problems?: readonly Problem[];
}

/** Everything that a promise of the client is rejected with. What does not apply is undefined. */
export class ModbusError extends Error {
  override readonly name = "ModbusError";
  readonly kind: ModbusErrorKind;
  /** The reason alone; the message says where it happened too. */
  readonly detail: string;
  /** As the device sent it, 0 … 255; with the kind `exception`. */
  readonly exceptionCode: number | undefined;
  /** `illegal data address`; undefined for a code that the specification does not know. */
  readonly exceptionName: string | undefined;
  /** `plc.local:502`, `/dev/ttyUSB0`. */
  readonly connection: string | undefined;
  readonly unitId: number | undefined;
  readonly functionCode: number | undefined;
  /** 0-based PDU address. */
  readonly address: number | undefined;
  /** Faults of a connection object: a JSON pointer into it, and what is wrong. */
  readonly problems: readonly Problem[];

  constructor(message: string, facts: ModbusErrorFacts) {
    super(message);
    this.kind = facts.kind;
    this.detail = facts.detail;
    this.exceptionCode = facts.exceptionCode;
    this.exceptionName = facts.exceptionCode === undefined ? undefined : EXCEPTION_NAMES[facts.exceptionCode];
    this.connection = facts.connection;
    this.unitId = facts.unitId;
    this.functionCode = facts.functionCode;
    this.address = facts.address;
    this.problems = facts.problems ?? [];
  }
}

/** Whether something caught is an error of this client, also of another copy of it. */
export function isModbusError(error: unknown): error is ModbusError {
  return error instanceof Error && error.name === "ModbusError" && "kind" in error;
}

export function configurationError(problems: readonly Problem[]): ModbusError {
  const texts = problems.map(({ path, text }) => (path === "" ? text : `${path}: ${text}`));
  const detail = `the connection can't be used: ${texts.join("; ")}`;
  return new ModbusError(detail, { kind: "configuration", detail, problems });
}

/** A failure that belongs to no request. */
export function connectionError(connection: string, reason: ModbusFailure): ModbusError {
  return new ModbusError(reason.detail, { ...reason, connection });
}

/** A failure before there was a request: an argument is wrong. */
export function argumentError(detail: string): ModbusError {
  return new ModbusError(detail, { kind: "argument", detail });
}

export function requestError(
  connection: string,
  unitId: number,
  request: ModbusRequest,
  reason: ModbusFailure,
): ModbusError {
  // A wrong kind of request has no function code.
  const known = reason.kind !== "argument";
  const what = known ? `${requestText(request)}: ` : "";
  const address = known ? addressOf(request) : undefined;
  return new ModbusError(`${connection}, unit ${String(unitId)}, ${what}${reason.detail}`, {
    kind: reason.kind,
    detail: reason.detail,
    connection,
    unitId,
    ...(known ? { functionCode: functionCodeOf(request) } : {}),
    ...(address === undefined ? {} : { address }),
    ...(reason.kind === "exception" ? { exceptionCode: reason.code } : {}),
  });
}
