import { typeSpec } from "../points/dataType";
import type { Point, PointValue } from "../points/point";
import { valueToJsonText } from "../points/valueText";

/** A date as JSON text: `"2026-11-23T10:15:30.123Z"`. */
const DATE_LENGTH = 26;
const BOOLEAN_LENGTH = 4.5;
/** Digits that floats usually show, by the digits that they are good for. */
const FLOAT_LENGTH = (digits: number): number => (digits > 7 ? 10 : 6.5);

/** Characters that a value of the point usually takes in a message, by its last value or, without one, by its type. */
export function usualLength(point: Point, last?: PointValue): number {
  if (last !== undefined) return valueToJsonText(last).length;
  if (point.enum !== undefined) return meanLength([...point.enum.values()]);
  const spec = typeSpec(point.type, point.count);
  if (point.bit !== undefined || spec.shape === "bit") return BOOLEAN_LENGTH;
  if (spec.shape === "text") return point.count + 2;
  if (spec.shape === "time") return DATE_LENGTH;
  if (spec.shape === "float") return decimalsOf(point) ?? FLOAT_LENGTH(spec.digits);
  const digits = point.mask === undefined ? usualDigits(spec.registers) : 2;
  return digits + (point.scale !== undefined && point.scale.scale > 0 ? 1 : 0);
}

function decimalsOf({ decimals }: Point): number | undefined {
  if (decimals === undefined) return undefined;
  return decimals === 0 ? 3 : decimals + 4;
}

function usualDigits(registers: number): number {
  return registers === 1 ? 4 : registers === 2 ? 6 : 8;
}

function meanLength(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + JSON.stringify(text).length, 0) / Math.max(texts.length, 1);
}
