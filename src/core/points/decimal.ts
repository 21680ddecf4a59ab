import { invariant } from "../../kernel/invariant";

/** coefficient × 10^-scale, exact. `scale` is 0 or more; canonical: no trailing zero of the coefficient where scale > 0. */
export interface ExactDecimal {
  readonly coefficient: bigint;
  readonly scale: number;
}

/** Longer texts and larger exponents are refused: nothing on a Modbus wire needs them, and they would cost memory. */
const MAX_TEXT = 400;
const MAX_EXPONENT = 400;
const JSON_NUMBER = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,6}))?$/;

const POWERS: readonly bigint[] = Array.from({ length: 64 }, (_, exponent) => 10n ** BigInt(exponent));

export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent] ?? 10n ** BigInt(exponent);
}

/** The canonical decimal of `coefficient` × 10^-scale; `scale` may be negative here. */
export function exactDecimal(coefficient: bigint, scale: number): ExactDecimal {
  if (coefficient === 0n) return { coefficient: 0n, scale: 0 };
  if (scale <= 0) return { coefficient: coefficient * powerOfTen(-scale), scale: 0 };
  let reduced = coefficient;
  let digits = scale;
  while (digits > 0 && reduced % 10n === 0n) {
    reduced /= 10n;
    digits -= 1;
  }
  return { coefficient: reduced, scale: digits };
}

/** A decimal from JSON number text (RFC 8259 section 6), exponents included; `undefined` where it is none. */
export function parseDecimal(text: string): ExactDecimal | undefined {
  if (text.length > MAX_TEXT) return undefined;
  const match = JSON_NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponentText = "0"] = match;
  const exponent = Number(exponentText);
  if (Math.abs(exponent) > MAX_EXPONENT) return undefined;
  const magnitude = BigInt(whole + fraction);
  return exactDecimal(sign === "-" ? -magnitude : magnitude, fraction.length - exponent);
}

/** The shortest decimal text of the double, taken as exact. Finite numbers only. */
export function decimalFromNumber(value: number): ExactDecimal {
  if (Number.isSafeInteger(value)) return { coefficient: BigInt(value), scale: 0 };
  const parsed = parseDecimal(String(value));
  invariant(parsed !== undefined, "a decimal needs a finite number");
  return parsed;
}

export function decimalFromInteger(value: number | bigint): ExactDecimal {
  return { coefficient: BigInt(value), scale: 0 };
}

/** Coefficient of the same value at a scale that is not smaller. */
function coefficientAt(decimal: ExactDecimal, scale: number): bigint {
  return decimal.scale === scale ? decimal.coefficient : decimal.coefficient * powerOfTen(scale - decimal.scale);
}

export function addDecimals(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const scale = Math.max(a.scale, b.scale);
  return exactDecimal(coefficientAt(a, scale) + coefficientAt(b, scale), scale);
}

export function negateDecimal(a: ExactDecimal): ExactDecimal {
  return { coefficient: -a.coefficient, scale: a.scale };
}

export function subtractDecimals(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  return addDecimals(a, negateDecimal(b));
}

export function multiplyDecimals(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  return exactDecimal(a.coefficient * b.coefficient, a.scale + b.scale);
}

/** Negative, 0 or positive as a is less than, equal to or more than b. */
export function compareDecimals(a: ExactDecimal, b: ExactDecimal): number {
  const scale = Math.max(a.scale, b.scale);
  const left = coefficientAt(a, scale);
  const right = coefficientAt(b, scale);
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

export type Rounding = "nearest" | "floor" | "ceiling";

/** The integer quotient; `nearest` rounds halves away from zero. The divisor is not 0. */
export function divideIntegers(dividend: bigint, divisor: bigint, rounding: Rounding): bigint {
  invariant(divisor !== 0n, "division by zero");
  const [over, under] = divisor < 0n ? [-dividend, -divisor] : [dividend, divisor];
  const quotient = over / under;
  const rest = over % under;
  if (rest === 0n) return quotient;
  if (rounding === "floor") return rest < 0n ? quotient - 1n : quotient;
  if (rounding === "ceiling") return rest > 0n ? quotient + 1n : quotient;
  if ((rest < 0n ? -rest : rest) * 2n < under) return quotient;
  return rest < 0n ? quotient - 1n : quotient + 1n;
}

/** a / b as an integer, rounded as said. `b` is not 0. */
export function divideToInteger(a: ExactDecimal, b: ExactDecimal, rounding: Rounding): bigint {
  return divideIntegers(a.coefficient * powerOfTen(b.scale), b.coefficient * powerOfTen(a.scale), rounding);
}

/** At most `digits` digits after the point; halves away from zero. */
export function roundDecimal(decimal: ExactDecimal, digits: number): ExactDecimal {
  if (decimal.scale <= digits) return decimal;
  return exactDecimal(divideIntegers(decimal.coefficient, powerOfTen(decimal.scale - digits), "nearest"), digits);
}

/** Every digit, no exponent: `-0.05`, `18446744073709551.615`. */
export function decimalText(decimal: ExactDecimal): string {
  if (decimal.scale === 0) return decimal.coefficient.toString();
  const negative = decimal.coefficient < 0n;
  const digits = (negative ? -decimal.coefficient : decimal.coefficient).toString().padStart(decimal.scale + 1, "0");
  const point = digits.length - decimal.scale;
  return `${negative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The double nearest to the decimal; ±Infinity beyond the doubles. */
export function decimalToNumber(decimal: ExactDecimal): number {
  return Number(decimalText(decimal));
}

/**
 * A `number` where it carries the value without doubt: its shortest decimal text is exactly the value, and no integer
 * part beyond ±(2^53-1), where neighbouring integers share a double. Else the decimal itself.
 */
export function toPointNumber(decimal: ExactDecimal): number | ExactDecimal {
  const value = decimalToNumber(decimal);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return decimal;
  const back = decimalFromNumber(value);
  return back.scale === decimal.scale && back.coefficient === decimal.coefficient ? value : decimal;
}
