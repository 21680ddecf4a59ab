import { ok } from "../../kernel/result";
import { effectiveOrder } from "./dataType";
import { compareDecimals, decimalFromNumber, decimalText, decimalToNumber, type ExactDecimal } from "./decimal";
import { choices, listedRaw } from "./encodeInteger";
import { floatLinear } from "./floatMeaning";
import { divisorOf, isUnscaled, offsetOf, scaleOf } from "./linear";
import type { Point, PointValue } from "./point";
import type { FloatType } from "./typeSpec";
import { valueToJsonText } from "./valueText";
import { type Encoded, nearestLimit, numericValue, outsideText, refuseValue, writeLimits } from "./writeRefusal";

/**
 * The registers of a float point's value. A fraction is written as the nearest float, which is what a float is for;
 * a whole number must come back as it is; what is beyond the range, or vanishes to 0, is refused.
 */
export function encodeFloat(point: Point, spec: FloatType, value: PointValue): Encoded {
  if (point.enum !== undefined) return encodeListed(point, spec, point.enum, value);
  const number = numericValue(value);
  if (!number.ok) return number;
  const wanted = number.value;
  const limits = writeLimits(point);
  const outside = outsideText(limits, wanted);
  if (outside !== undefined) return refuseValue("limits", outside, nearestLimit(limits, wanted));
  const raw = spec.nearest(unscaled(point, value, wanted));
  const blocked = refusalOf(point, spec, raw, wanted);
  return blocked ?? ok(spec.write(raw, effectiveOrder(spec, point.order)));
}

function unscaled(point: Point, value: PointValue, wanted: ExactDecimal): number {
  // A zero keeps its sign: it is a raw value of its own.
  const number = typeof value === "number" ? value : decimalToNumber(wanted);
  if (isUnscaled(point)) return number;
  return (number * divisorOf(point) - decimalToNumber(offsetOf(point))) / decimalToNumber(scaleOf(point));
}

function refusalOf(point: Point, spec: FloatType, raw: number, wanted: ExactDecimal): Encoded | undefined {
  const show = floatLinear(point, spec);
  const text = decimalText(wanted);
  if (!Number.isFinite(raw)) {
    return refuseValue(
      "notEncodable",
      `${text} is beyond the range of ${point.type}`,
      show(raw > 0 ? spec.max : -spec.max),
    );
  }
  if (point.notAvailable !== undefined && [...point.notAvailable].some((sentinel) => Number(sentinel) === raw)) {
    return refuseValue("notEncodable", `${text} is how the device says "not available"`, undefined);
  }
  const shown = show(raw);
  const vanished = raw === 0 && decimalToNumber(wanted) * divisorOf(point) !== decimalToNumber(offsetOf(point));
  const changed = wanted.scale === 0 && compareDecimals(decimalFromNumber(shown), wanted) !== 0;
  if (!vanished && !changed) return undefined;
  const digits = `${text} has more digits than ${point.type} can carry`;
  return refuseValue("notEncodable", vanished ? `${text} is too small for ${point.type}` : digits, shown);
}

function encodeListed(point: Point, spec: FloatType, texts: ReadonlyMap<string, string>, value: PointValue): Encoded {
  const raw = listedRaw(texts, value);
  if (raw !== undefined) return ok(spec.write(spec.nearest(Number(raw)), effectiveOrder(spec, point.order)));
  return refuseValue("notEncodable", `${valueToJsonText(value)} is not one of ${choices(texts)}`, undefined);
}
