import { compareDecimals, decimalFromNumber, type ExactDecimal } from "./decimal";
import type { BadReason, Decoded, NoValue, PointValue, Reading } from "./point";

export function isExactDecimal(value: PointValue): value is ExactDecimal {
  return typeof value === "object";
}

export function isNoValue(decoded: Decoded): decoded is NoValue {
  return typeof decoded === "object" && "bad" in decoded;
}

export function readingOf(decoded: Decoded): Reading {
  return isNoValue(decoded) ? decoded : { value: decoded };
}

/** The exact value of a number of a point. */
export function toDecimal(value: number | ExactDecimal): ExactDecimal {
  return typeof value === "number" ? decimalFromNumber(value) : value;
}

/** Negative, 0 or positive. Doubles that stand for their shortest text are in the order of these texts. */
export function compareValues(a: number | ExactDecimal, b: number | ExactDecimal): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareDecimals(toDecimal(a), toDecimal(b));
}

/** Equal in type and value: 1 and "1" differ, 0 and -0 do not. */
export function sameValue(a: PointValue, b: PointValue): boolean {
  if (isNumeric(a) && isNumeric(b)) return compareValues(a, b) === 0;
  return a === b;
}

export function isNumeric(value: PointValue): value is number | ExactDecimal {
  return typeof value === "number" || typeof value === "object";
}

const bad = (reason: BadReason): NoValue => Object.freeze({ bad: reason });

/** Shared: they carry nothing else. */
export const NOT_AVAILABLE = bad("notAvailable");
export const OUT_OF_RANGE = bad("outOfRange");
export const NOT_IN_ENUM = bad("notInEnum");
export const UNDECODABLE = bad("decode");
