import { type JsonObject, pointerStep } from "../../kernel/json";
import { err, ok, type Result } from "../../kernel/result";
import type { DeviceConfig } from "../config/gatewayConfig";
import { didYouMean } from "../config/nearest";
import type { ModbusRequest } from "../modbus/pdu";
import { isBitTable } from "../modbus/spec";
import type { Point, PointValue } from "../points/point";
import { decodePoint, encodePoint } from "../points/transform";
import { pointValueFromJson } from "../points/valueText";

/** Why nothing was written (contract section 6). */
export interface WriteError {
  readonly status: 400 | 403 | 404 | 409 | 422;
  /** The kind of refusal, one word. */
  readonly code: string;
  /** What is wrong and what to do, for people. */
  readonly message: string;
  /** JSON pointer into the values. */
  readonly path?: string;
  /** The nearest value that would be accepted. */
  readonly nearest?: PointValue;
}

/** One value, ready to be sent. */
export interface PlannedWrite {
  readonly point: Point;
  /** As it will read back: texts of digits have become numbers, raw values of an enum their texts. */
  readonly value: PointValue;
  /** Registers, or the state of a coil. */
  readonly encoded: readonly number[] | boolean;
}

/**
 * Checks the values of `{point: value}` against the device, all of them before anything is written: 400 wrong type or
 * unsafe number, 403 not writable, 404 no such point, 409 device disabled, 422 outside the limits or not encodable.
 * In the order of the payload; the first refusal is the answer.
 */
export function planWrite(
  device: DeviceConfig,
  values: JsonObject,
): Result<ReadonlyMap<string, PlannedWrite>, WriteError> {
  if (!device.enabled) {
    return err({
      status: 409,
      code: "disabled",
      message: `the device "${device.name}" is disabled in the configuration`,
    });
  }
  const planned = new Map<string, PlannedWrite>();
  for (const [name, json] of Object.entries(values)) {
    const path = pointerStep(name);
    const point = device.points.find((candidate) => candidate.name === name);
    if (point === undefined) return err({ ...unknownPoint(device, name), path });
    const value = pointValueFromJson(json);
    if (!value.ok) return err({ status: 400, code: "payload", message: `${name}: ${value.error}`, path });
    const write = planPointWrite(device, point, value.value);
    if (!write.ok) return err({ ...write.error, path });
    planned.set(name, write.value);
  }
  return ok(planned);
}

function unknownPoint(device: DeviceConfig, name: string): WriteError {
  const names = device.points.map((point) => point.name);
  const message = `the device "${device.name}" has no point "${name}"${didYouMean(name, names)}`;
  return { status: 404, code: "unknown", message };
}

/** The same check for one value that is no JSON any more. */
export function planPointWrite(
  device: DeviceConfig,
  point: Point,
  value: PointValue,
): Result<PlannedWrite, WriteError> {
  const { name } = point;
  if (point.access === "read" || point.table === "input" || point.table === "discrete") {
    return err({
      status: 403,
      code: "notWritable",
      message: `the point "${name}" of "${device.name}" can only be read`,
    });
  }
  if (!isBitTable(point.table) && point.count > device.maxWriteRegisters) {
    const message = `${name} takes ${point.count} registers; the device accepts at most ${device.maxWriteRegisters} in one request`;
    return err({ status: 422, code: "notEncodable", message });
  }
  const encoded = encodePoint(point, value);
  if (encoded.ok) return ok({ point, value: asReadBack(point, encoded.value) ?? value, encoded: encoded.value });
  const { status, kind, text, nearest } = encoded.error;
  return err({ status, code: kind, message: `${name}: ${text}`, ...(nearest === undefined ? {} : { nearest }) });
}

function asReadBack(point: Point, encoded: readonly number[] | boolean): PointValue | undefined {
  const reading = decodePoint(point, typeof encoded === "boolean" ? [encoded] : Uint16Array.from(encoded), 0);
  return "value" in reading ? reading.value : undefined;
}

/** The one request that writes it: FC 5 for a coil, FC 6 for one register, FC 16 for more. */
export function writeRequest({ point, encoded }: PlannedWrite): ModbusRequest {
  const { address } = point;
  if (typeof encoded === "boolean") return { kind: "writeSingleCoil", address, value: encoded };
  const [single, ...more] = encoded;
  if (single !== undefined && more.length === 0) return { kind: "writeSingleRegister", address, value: single };
  return { kind: "writeRegisters", address, values: encoded };
}
