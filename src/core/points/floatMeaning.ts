import { decimalToNumber } from "./decimal";
import { plausible, textsOf } from "./integerMeaning";
import { divisorOf, isUnscaled, offsetOf, scaleOf } from "./linear";
import type { Decoded, Point } from "./point";
import { NOT_AVAILABLE, NOT_IN_ENUM, OUT_OF_RANGE } from "./pointValue";
import { roundAfterPoint, roundSignificant } from "./significantDigits";
import type { FloatType } from "./typeSpec";

/**
 * Raw float → value: unscaled the shortest decimal of the type; scaled computed in double and rounded to the digits
 * of the type; then `decimals`. ±Infinity where the result is beyond the doubles.
 */
export function floatLinear(point: Point, spec: FloatType): (raw: number) => number {
  const whole = isUnscaled(point) ? spec.shortest : scaledFloat(point, spec);
  const { decimals } = point;
  if (decimals === undefined) return whole;
  return (raw) => {
    const value = whole(raw);
    return Number.isFinite(value) ? roundAfterPoint(value, decimals) : value;
  };
}

function scaledFloat(point: Point, spec: FloatType): (raw: number) => number {
  const scale = decimalToNumber(scaleOf(point));
  const offset = decimalToNumber(offsetOf(point));
  const divisor = divisorOf(point);
  return (raw) => {
    const value = (raw * scale + offset) / divisor;
    return Number.isFinite(value) ? roundSignificant(value, spec.digits) : value;
  };
}

/** What a raw float means. NaN and ±Infinity are how devices say that they have no value. */
export function floatMeaning(point: Point, spec: FloatType): (raw: number) => Decoded {
  const sentinels = new Set([...(point.notAvailable ?? [])].map(Number));
  const meaning = point.enum === undefined ? scaled(point, spec) : listed(point.enum);
  return (raw) => {
    if (!Number.isFinite(raw)) return NOT_AVAILABLE;
    if (sentinels.size > 0 && sentinels.has(raw)) return NOT_AVAILABLE;
    return meaning(raw);
  };
}

function scaled(point: Point, spec: FloatType): (raw: number) => Decoded {
  const linear = floatLinear(point, spec);
  const judged = plausible(point);
  return (raw) => {
    const value = linear(raw);
    return Number.isFinite(value) ? judged(value) : OUT_OF_RANGE;
  };
}

function listed(texts: ReadonlyMap<string, string>): (raw: number) => Decoded {
  const byRaw = textsOf(texts);
  return (raw) => byRaw.get(raw) ?? NOT_IN_ENUM;
}
