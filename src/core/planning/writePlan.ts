import { type JsonObject, pointerStep } from "../../kernel/json";
import { err, ok, type Result } from "../../kernel/result";
import type { DeviceConfig } from "../config/gatewayConfig";
import { didYouMean } from "../config/nearest";
import { isBitTable } from "../modbus/spec";
import { type ExactDecimal, toPointNumber } from "../points/decimal";
import type { Point, PointValue } from "../points/point";
import { scalingPoints } from "../points/scaledBy";
import { decodePoint } from "../points/transform";
import { pointValueFromJson } from "../points/valueText";
import { encodeForWrite, type WireValue } from "../points/writeField";
import {
  nearestLimit,
  numericValue,
  outsideText,
  refuseUnsafe,
  refuseValue,
  type WriteRefusal,
  writeLimits,
} from "../points/writeRefusal";

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

/** How what was written is looked for: what `point` holds afterwards. */
export interface WriteCheck extends WireValue {
  readonly point: Point;
}

/** One value, ready to be sent. */
export interface PlannedWrite extends WireValue {
  readonly point: Point;
  /**
   * As it will read back, where that means the same registers: texts of digits have become numbers, raw values of an
   * enum their texts. What reading rounds away (`decimals`), or shows by one text for several raw values, stays as it was
   * asked for.
   */
  readonly value: PointValue;
  /** Absent: the device's echo is enough. */
  readonly check?: WriteCheck;
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
    const write =
      scaledPoints(device, [point]).length === 0
        ? planPointWrite(device, point, value.value)
        : planScaledWrite(device, point, value.value);
    if (!write.ok) return err({ ...write.error, path });
    planned.set(name, write.value);
  }
  const unclear = scaledByEachOther(device, planned.values());
  return unclear === undefined ? ok(planned) : err(unclear);
}

/** What a value means while the scale that it stands on is written beside it, nobody can say before. */
function scaledByEachOther(device: DeviceConfig, writes: Iterable<PlannedWrite>): WriteError | undefined {
  const points = [...writes].map(({ point }) => point);
  for (const point of points) {
    const scales = scalingPoints(scaledPoints(device, [point]));
    const scale = scales.find((one) => points.some((other) => overlap(one, other)));
    if (scale === undefined) continue;
    const message = `${point.name} is scaled by "${scale.name}", which the same call writes: write that by itself first`;
    return { status: 400, code: "scale", message, path: pointerStep(point.name) };
  }
  return undefined;
}

function overlap(a: Point, b: Point): boolean {
  return a.table === b.table && a.address < b.address + b.count && b.address < a.address + a.count;
}

/** Those of the points, and of what they are verified by, that mean something only with the scale of the moment. */
export function scaledPoints(device: DeviceConfig, points: readonly Point[]): readonly Point[] {
  const witnesses = new Set(points.map(({ write }) => write?.verifyPoint));
  const all = [...points, ...device.points.filter(({ name }) => witnesses.has(name))];
  return all.filter(({ scaledBy }) => scaledBy !== undefined);
}

/**
 * What can be said before it is known what the point is scaled by: whether it may be written, and the limits. `encoded`
 * is empty until whoever writes has read the scale.
 */
function planScaledWrite(device: DeviceConfig, point: Point, value: PointValue): Result<PlannedWrite, WriteError> {
  const fault = notWritable(device, point);
  if (fault !== undefined) return err(fault);
  const number: Result<ExactDecimal, WriteRefusal> = refuseUnsafe(value) ?? numericValue(value);
  if (!number.ok) return refused(point.name, number.error);
  const limits = writeLimits(point);
  const outside = outsideText(limits, number.value);
  const accepted: Result<PointValue, WriteRefusal> =
    outside === undefined
      ? ok(toPointNumber(number.value))
      : refuseValue("limits", outside, nearestLimit(limits, number.value));
  return accepted.ok ? ok({ point, value: accepted.value, encoded: [] }) : refused(point.name, accepted.error);
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
  const fault = notWritable(device, point);
  if (fault !== undefined) return err(fault);
  const { name } = point;
  const wire = encodeForWrite(point, value);
  if (!wire.ok) return refused(name, wire.error);
  const planned = { point, value: asReadBack(point, value, wire.value.encoded), ...wire.value };
  return withCheck(device, planned, value);
}

function notWritable(device: DeviceConfig, point: Point): WriteError | undefined {
  const { name } = point;
  if (point.access === "read" || point.table === "input" || point.table === "discrete") {
    return {
      status: 403,
      code: "notWritable",
      message: `the point "${name}" of "${device.name}" can only be read`,
    };
  }
  if (!isBitTable(point.table) && point.count > device.maxWriteRegisters) {
    const message = `${name} takes ${point.count} registers; the device accepts at most ${device.maxWriteRegisters} in one request`;
    return { status: 422, code: "notEncodable", message };
  }
  return undefined;
}

function refused(name: string, { status, kind, text, nearest }: WriteRefusal): Result<never, WriteError> {
  return err({ status, code: kind, message: `${name}: ${text}`, ...(nearest === undefined ? {} : { nearest }) });
}

/** Where it is read back; a value that the point to verify by cannot show is refused, for nobody could tell. */
function withCheck(device: DeviceConfig, planned: PlannedWrite, value: PointValue): Result<PlannedWrite, WriteError> {
  const { point, encoded, mask } = planned;
  if (point.write?.verify === "echo") return ok(planned);
  const by = point.write?.verifyPoint;
  if (by === undefined) {
    return ok({ ...planned, check: { point, encoded, ...(mask === undefined ? {} : { mask }) } });
  }
  const witness = device.points.find((candidate) => candidate.name === by);
  if (witness === undefined) {
    const message = `${point.name}: the point "${by}", by which it is verified, is not there`;
    return err({ status: 409, code: "verifyPoint", message });
  }
  const shown = encodeForWrite(witness, value);
  if (!shown.ok) return refused(`${point.name}, verified by ${by}`, shown.error);
  return ok({ ...planned, check: { point: witness, ...shown.value } });
}

/** Whoever writes the planned value plans it once more: it must come to the same registers. */
function asReadBack(point: Point, value: PointValue, encoded: WireValue["encoded"]): PointValue {
  for (const candidate of [shownAs(point, encoded), shownAs(withoutRounding(point), encoded)]) {
    if (candidate === undefined) continue;
    const again = encodeForWrite(point, candidate);
    if (again.ok && String(again.value.encoded) === String(encoded)) return candidate;
  }
  return value;
}

function shownAs(point: Point, encoded: WireValue["encoded"]): PointValue | undefined {
  const reading = decodePoint(point, typeof encoded === "boolean" ? [encoded] : Uint16Array.from(encoded), 0);
  return "value" in reading ? reading.value : undefined;
}

function withoutRounding({ decimals: _decimals, ...point }: Point): Point {
  return point;
}
