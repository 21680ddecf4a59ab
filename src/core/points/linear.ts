import {
  addDecimals,
  type ExactDecimal,
  exactDecimal,
  multiplyDecimals,
  powerOfTen,
  roundDecimal,
  toPointNumber,
} from "./decimal";
import type { Point } from "./point";
import type { RawInteger } from "./typeSpec";

/** Digits after the point that a scaled integer keeps at most (contract section 3). */
const MOST_DECIMALS = 9;
/** Decimals of up to 15 digits are told apart by doubles, and survive the way through them. */
const SAFE_DECIMAL = 1e15;
/** 10^22 is the largest power of ten that a double carries exactly. */
const MOST_EXACT_POWER = 22;

const ONE: ExactDecimal = { coefficient: 1n, scale: 0 };
const ZERO: ExactDecimal = { coefficient: 0n, scale: 0 };

export type LinearRule = Pick<Point, "scale" | "offset" | "decimals">;

export function scaleOf(rule: LinearRule): ExactDecimal {
  return rule.scale ?? ONE;
}

export function offsetOf(rule: LinearRule): ExactDecimal {
  return rule.offset ?? ZERO;
}

/** True where raw and value are the same number but for `decimals`. */
export function isUnscaled(rule: LinearRule): boolean {
  const scale = scaleOf(rule);
  return scale.coefficient === 1n && scale.scale === 0 && offsetOf(rule).coefficient === 0n;
}

/** raw × scale + offset with every digit. */
export function exactLinear(rule: LinearRule, raw: RawInteger): ExactDecimal {
  return addDecimals(multiplyDecimals(exactDecimal(BigInt(raw), 0), scaleOf(rule)), offsetOf(rule));
}

function keptDecimals(rule: LinearRule): number {
  return Math.min(rule.decimals ?? MOST_DECIMALS, MOST_DECIMALS);
}

/** raw × scale + offset, exact, at most `decimals` (and 9) digits after the point, halves away from zero. */
function slowLinear(rule: LinearRule, raw: RawInteger): number | ExactDecimal {
  return toPointNumber(roundDecimal(exactLinear(rule, raw), keptDecimals(rule)));
}

/** `dividend` / `divisor` rounded to an integer, halves away from zero; both integers below 2^53. */
function divideRounded(dividend: number, divisor: number): number {
  const rest = dividend % divisor;
  const quotient = (dividend - rest) / divisor;
  return Math.abs(rest) * 2 < divisor ? quotient : quotient + Math.sign(dividend);
}

/**
 * The scaling of a point's integers. With a common power of ten 10^n under scale and offset the value is
 * (raw × a + b) / 10^n with integers a and b: while these stay small, one exact integer and one correctly rounded
 * division, whose shortest text is the exact decimal. Larger ones are computed with bigints.
 */
export function linearOf(rule: LinearRule): (raw: RawInteger) => number | ExactDecimal {
  if (isUnscaled(rule)) return (raw) => (typeof raw === "number" ? raw : { coefficient: raw, scale: 0 });
  const scale = scaleOf(rule);
  const offset = offsetOf(rule);
  const places = Math.max(scale.scale, offset.scale);
  const a = Number(scale.coefficient * powerOfTen(places - scale.scale));
  const b = Number(offset.coefficient * powerOfTen(places - offset.scale));
  const kept = Math.min(places, keptDecimals(rule));
  if (places > MOST_EXACT_POWER || !Number.isSafeInteger(a) || !Number.isSafeInteger(b)) {
    return (raw) => slowLinear(rule, raw);
  }
  const dropped = Number(powerOfTen(places - kept));
  const under = Number(powerOfTen(kept));
  return (raw) => {
    if (typeof raw !== "number") return slowLinear(rule, raw);
    const product = raw * a;
    const sum = product + b;
    if (!(Math.abs(product) < SAFE_DECIMAL && Math.abs(sum) < SAFE_DECIMAL)) return slowLinear(rule, raw);
    const value = (dropped === 1 ? sum : divideRounded(sum, dropped)) / under;
    return value === 0 ? 0 : value;
  };
}
