import type { DeviceConfig } from "../config/gatewayConfig";
import { compareDecimals, decimalFromInteger, negateDecimal, subtractDecimals } from "../points/decimal";
import type { Point, PointValue, Reading } from "../points/point";
import { isNumeric, sameValue, toDecimal } from "../points/pointValue";
import { decodePoint } from "../points/transform";
import { planPointWrite } from "./writePlan";

/** How it is found out whether a device holds a value of a point. */
export interface HeldValue {
  /** To be read beside the point, in the same registers: it shows all that stands there. Absent: the point does. */
  readonly twin?: Point;
  /** @param reading of the twin, or of the point where there is none. */
  judge(reading: Reading): { readonly isSame: boolean; readonly isNear: boolean };
}

/**
 * What reading rounds away (`decimals`), or shows by one text for several raw values (`enum`), counts too. `isNear`:
 * within the raw steps by which what is read back may differ (`verifyTolerance`).
 */
export function heldValue(device: DeviceConfig, point: Point, value: PointValue): HeldValue {
  const twin = rawTwin(point);
  const wanted = rawValue(device, point, twin ?? point, value);
  const steps = point.write?.verifyTolerance ?? 0;
  return {
    ...(twin === undefined ? {} : { twin }),
    judge(reading) {
      if ("bad" in reading) return { isSame: false, isNear: false };
      const isSame = sameValue(reading.value, wanted);
      const isRaw = twin !== undefined && point.scaledBy === undefined;
      return { isSame, isNear: isSame || (isRaw && within(steps, reading.value, wanted)) };
    },
  };
}

function rawTwin(point: Point): Point | undefined {
  const { decimals, enum: texts, write, ...rest } = point;
  if (decimals === undefined && texts === undefined && (write?.verifyTolerance ?? 0) === 0) return undefined;
  const named = { ...rest, name: `${point.name} raw` };
  // Its scale is a register of the device: what it means is all that can be compared.
  if (point.scaledBy !== undefined) return named;
  const { scale: _scale, offset: _offset, divisor: _divisor, min: _min, max: _max, ...raw } = named;
  return raw;
}

/** What the twin shows once the value has been written; of a scaled point the value itself. */
function rawValue(device: DeviceConfig, point: Point, twin: Point, value: PointValue): PointValue {
  const planned = point.scaledBy === undefined ? planPointWrite(device, point, value) : undefined;
  if (planned?.ok !== true) return value;
  const { encoded } = planned.value;
  const reading = decodePoint(twin, typeof encoded === "boolean" ? [encoded] : Uint16Array.from(encoded), 0);
  return "value" in reading ? reading.value : value;
}

function within(steps: number, a: PointValue, b: PointValue): boolean {
  if (steps === 0 || !isNumeric(a) || !isNumeric(b)) return false;
  const difference = subtractDecimals(toDecimal(a), toDecimal(b));
  const distance = difference.coefficient < 0n ? negateDecimal(difference) : difference;
  return compareDecimals(distance, decimalFromInteger(steps)) <= 0;
}
