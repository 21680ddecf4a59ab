import {
  addDecimals,
  divideIntegers,
  divideToInteger,
  type ExactDecimal,
  exactDecimal,
  multiplyDecimals,
  powerOfTen,
  type Rounding,
  roundDecimal,
  subtractDecimals,
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

export type LinearRule = Pick<Point, "scale" | "offset" | "divisor" | "decimals">;

export function scaleOf(rule: LinearRule): ExactDecimal {
  return rule.scale ?? ONE;
}

export function offsetOf(rule: LinearRule): ExactDecimal {
  return rule.offset ?? ZERO;
}

/** For computing in doubles. */
export function divisorOf({ divisor }: LinearRule): number {
  return divisor === undefined ? 1 : Number(divisor);
}

/** True where raw and value are the same number but for `decimals`. */
export function isUnscaled(rule: LinearRule): boolean {
  const scale = scaleOf(rule);
  const { divisor } = rule;
  return divisor === undefined && scale.coefficient === 1n && scale.scale === 0 && offsetOf(rule).coefficient === 0n;
}

/** raw × scale + offset with every digit. */
function dividend(rule: LinearRule, raw: RawInteger): ExactDecimal {
  return addDecimals(multiplyDecimals(exactDecimal(BigInt(raw), 0), scaleOf(rule)), offsetOf(rule));
}

/** The value with every digit; where a divisor leaves no end of digits, nine after the point. */
export function exactLinear(rule: LinearRule, raw: RawInteger): ExactDecimal {
  return quotient(dividend(rule, raw), rule.divisor, MOST_DECIMALS);
}

/** Rounded to so many digits after the point where there is a divisor. */
function quotient(value: ExactDecimal, divisor: bigint | undefined, digits: number): ExactDecimal {
  if (divisor === undefined) return value;
  const under = divisor * powerOfTen(value.scale);
  return exactDecimal(divideIntegers(value.coefficient * powerOfTen(digits), under, "nearest"), digits);
}

/** The raw integer next to a value: the inverse of `exactLinear`. */
export function rawOfValue(rule: LinearRule, value: ExactDecimal, rounding: Rounding): bigint {
  const { divisor } = rule;
  const over = divisor === undefined ? value : multiplyDecimals(value, exactDecimal(divisor, 0));
  return divideToInteger(subtractDecimals(over, offsetOf(rule)), scaleOf(rule), rounding);
}

/** How far two neighbouring raw integers are apart, in the unit. */
export function stepOf(rule: LinearRule): ExactDecimal {
  const step = quotient(scaleOf(rule), rule.divisor, MOST_DECIMALS);
  return step.coefficient < 0n ? { coefficient: -step.coefficient, scale: step.scale } : step;
}

function keptDecimals(rule: LinearRule): number {
  return Math.min(rule.decimals ?? MOST_DECIMALS, MOST_DECIMALS);
}

/** (raw × scale + offset) / divisor, at most `decimals` (and 9) digits after the point, halves away from zero. */
function slowLinear(rule: LinearRule, raw: RawInteger): number | ExactDecimal {
  const kept = keptDecimals(rule);
  return toPointNumber(roundDecimal(quotient(dividend(rule, raw), rule.divisor, kept), kept));
}

/** Quotients below it, in units of the last digit kept, are off by less than `DOUBT` of such a unit. */
const SURE_BELOW = 1e12;
const DOUBT = 1e-3;

/** `sum` / `under` in units of 1 / `unit`, where a double decides which of them is nearest; else `undefined`. */
function sureQuotient(sum: number, under: number, unit: number): number | undefined {
  const scaled = (Math.abs(sum) / under) * unit;
  if (!(scaled < SURE_BELOW)) return undefined;
  const whole = Math.floor(scaled);
  const rest = scaled - whole;
  if (Math.abs(rest - 0.5) < DOUBT) return undefined;
  return ((rest > 0.5 ? whole + 1 : whole) * Math.sign(sum)) / unit;
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
 * division, whose shortest text is the exact decimal. Larger ones are computed with bigints, and so are quotients by a
 * divisor where a double leaves a doubt.
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
  if (rule.divisor !== undefined) return dividedBy(rule, rule.divisor, a, b, places);
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

function dividedBy(rule: LinearRule, divisor: bigint, a: number, b: number, places: number) {
  const under = Number(divisor * powerOfTen(places));
  const unit = Number(powerOfTen(keptDecimals(rule)));
  return (raw: RawInteger): number | ExactDecimal => {
    if (typeof raw !== "number") return slowLinear(rule, raw);
    const product = raw * a;
    const sum = product + b;
    if (!(Math.abs(product) < SAFE_DECIMAL && Math.abs(sum) < SAFE_DECIMAL)) return slowLinear(rule, raw);
    const value = sureQuotient(sum, under, unit) ?? slowLinear(rule, raw);
    return value === 0 ? 0 : value;
  };
}
