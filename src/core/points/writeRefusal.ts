import { err, ok, type Result } from "../../kernel/result";
import { compareDecimals, decimalText, type ExactDecimal, parseDecimal, toPointNumber } from "./decimal";
import type { Point, PointValue } from "./point";
import { toDecimal } from "./pointValue";
import { unsafeText, valueToJsonText } from "./valueText";

/**
 * Why a value is not written. `text` says what is wrong and what to send instead, without the name of the point.
 * - `type` (400): the wrong kind of JSON value. - `unsafe` (400): a number that may have lost digits.
 * - `limits` (422): outside what may be written. - `notEncodable` (422): the type or the scale cannot carry it.
 * - `unsupported` (403): this version cannot write such a point.
 */
export interface WriteRefusal {
  readonly kind: "type" | "unsafe" | "limits" | "notEncodable" | "unsupported";
  readonly status: 400 | 403 | 422;
  readonly text: string;
  /** The nearest value that would be accepted, where there is one. */
  readonly nearest?: PointValue;
}

export type Encoded = Result<number[] | boolean, WriteRefusal>;

export function refuseType(expected: string, value: PointValue): Result<never, WriteRefusal> {
  return err({ kind: "type", status: 400, text: `expected ${expected}, got ${valueToJsonText(value)}` });
}

export function refuseUnsupported(text: string): Result<never, WriteRefusal> {
  return err({ kind: "unsupported", status: 403, text });
}

/** A refusal with the nearest value, in the words too. */
export function refuseValue(
  kind: "limits" | "notEncodable",
  text: string,
  nearest: PointValue | undefined,
): Result<never, WriteRefusal> {
  if (nearest === undefined) return err({ kind, status: 422, text });
  return err({ kind, status: 422, text: `${text}; the nearest value is ${valueToJsonText(nearest)}`, nearest });
}

/** The number that is to be written: a number, a string of digits, or a decimal. */
export function numericValue(value: PointValue): Result<ExactDecimal, WriteRefusal> {
  if (typeof value === "boolean" || (typeof value === "number" && !Number.isFinite(value))) {
    return refuseType("a number", value);
  }
  if (typeof value !== "string") return ok(toDecimal(value));
  const decimal = parseDecimal(value);
  return decimal === undefined ? refuseType("a number or a string of its digits", value) : ok(decimal);
}

/** Refuses an integer `number` beyond ±(2^53-1): neighbours share such a double. */
export function refuseUnsafe(value: PointValue): Result<never, WriteRefusal> | undefined {
  if (typeof value !== "number" || !Number.isInteger(value) || Number.isSafeInteger(value)) return undefined;
  return err({ kind: "unsafe", status: 400, text: unsafeText(value) });
}

/** What may be written: the write limits and the plausible range, since a value outside that would read back as bad. */
export interface WriteLimits {
  readonly min?: ExactDecimal;
  readonly max?: ExactDecimal;
}

export function writeLimits(point: Pick<Point, "min" | "max" | "write">): WriteLimits {
  const min = tighter(point.write?.min, point.min, 1);
  const max = tighter(point.write?.max, point.max, -1);
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function tighter(a: ExactDecimal | undefined, b: ExactDecimal | undefined, sign: 1 | -1): ExactDecimal | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareDecimals(a, b) * sign >= 0 ? a : b;
}

/** In words, where the value is outside. */
export function outsideText(limits: WriteLimits, value: ExactDecimal): string | undefined {
  if (limits.min !== undefined && compareDecimals(value, limits.min) < 0) {
    return `${decimalText(value)} is below ${decimalText(limits.min)}, the lowest value that may be written`;
  }
  if (limits.max !== undefined && compareDecimals(value, limits.max) > 0) {
    return `${decimalText(value)} is above ${decimalText(limits.max)}, the highest value that may be written`;
  }
  return undefined;
}

/** The limit that the value passed. */
export function nearestLimit(limits: WriteLimits, value: ExactDecimal): number | ExactDecimal | undefined {
  if (limits.min !== undefined && compareDecimals(value, limits.min) < 0) return toPointNumber(limits.min);
  if (limits.max !== undefined && compareDecimals(value, limits.max) > 0) return toPointNumber(limits.max);
  return undefined;
}
