import { ok } from "../../kernel/result";
import { effectiveOrder } from "./dataType";
import { compareDecimals, decimalText, type ExactDecimal } from "./decimal";
import { canonicalRaw, sentinelsOf } from "./integerMeaning";
import { exactLinear, linearOf, rawOfValue, scaleOf, stepOf } from "./linear";
import type { Point, PointValue } from "./point";
import { toDecimal } from "./pointValue";
import type { IntegerType } from "./typeSpec";
import { valueToJsonText } from "./valueText";
import {
  type Encoded,
  numericValue,
  outsideText,
  refuseType,
  refuseUnsafe,
  refuseUnsupported,
  refuseValue,
  type WriteLimits,
  writeLimits,
} from "./writeRefusal";

/** A range of raw integers; empty where `min` > `max`. */
interface RawRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** The registers of an integer point's value: the exact inverse of decoding, or why not. */
export function encodeInteger(point: Point, spec: IntegerType, value: PointValue): Encoded {
  if (point.bit !== undefined || point.mask !== undefined || !spec.wholeRegisters) {
    return refuseUnsupported(
      "the point is a part of a register: writing it without changing the other part is not supported yet",
    );
  }
  if (point.enum !== undefined) return encodeListed(point, spec, point.enum, value);
  const unsafe = refuseUnsafe(value);
  if (unsafe !== undefined) return unsafe;
  const number = numericValue(value);
  if (!number.ok) return number;
  return encodeScaled(point, spec, number.value);
}

function encodeScaled(point: Point, spec: IntegerType, value: ExactDecimal): Encoded {
  const raw = rawOfValue(point, value, "nearest");
  const limits = writeLimits(point);
  const outside = outsideText(limits, value);
  const blocked = refusalOf(point, spec, raw, value);
  if (outside === undefined && blocked === undefined) {
    return ok(spec.write(raw, effectiveOrder(spec, point.order)));
  }
  const nearest = nearestRaw(point, spec, raw, rawRange(point, spec, limits));
  return refuseValue(
    outside === undefined ? "notEncodable" : "limits",
    outside ?? blocked ?? "",
    nearest === undefined ? undefined : linearOf(point)(canonicalRaw(nearest)),
  );
}

/** Why the raw value nearest to `value` does not stand for it. */
function refusalOf(point: Point, spec: IntegerType, raw: bigint, value: ExactDecimal): string | undefined {
  if (raw < spec.min || raw > spec.max) {
    const ends = [exactLinear(point, spec.min), exactLinear(point, spec.max)].sort(compareDecimals).map(decimalText);
    return `${decimalText(value)} does not fit ${point.type}, which carries ${ends.join(" to ")} here`;
  }
  const exact = exactLinear(point, canonicalRaw(raw));
  const shown = toDecimal(linearOf(point)(canonicalRaw(raw)));
  if (compareDecimals(exact, value) !== 0 && compareDecimals(shown, value) !== 0) {
    return `${decimalText(value)} lies between two steps of ${decimalText(stepOf(point))}`;
  }
  if (sentinelsOf(point, spec)?.has(canonicalRaw(raw)) === true) {
    return `${decimalText(value)} is the raw value ${raw}, by which the device says "not available"`;
  }
  return undefined;
}

/** Raw values of the type that stay within the limits. */
function rawRange(point: Point, spec: IntegerType, limits: WriteLimits): RawRange {
  const falling = scaleOf(point).coefficient < 0n;
  const rawOf = (limit: ExactDecimal, rounding: "floor" | "ceiling"): bigint => rawOfValue(point, limit, rounding);
  const low = falling ? limits.max : limits.min;
  const high = falling ? limits.min : limits.max;
  const min = low === undefined ? spec.min : rawOf(low, "ceiling");
  const max = high === undefined ? spec.max : rawOf(high, "floor");
  return { min: min > spec.min ? min : spec.min, max: max < spec.max ? max : spec.max };
}

/** The raw value in the range nearest to `raw` that does not mean "not available". */
function nearestRaw(point: Point, spec: IntegerType, raw: bigint, range: RawRange): bigint | undefined {
  if (range.min > range.max) return undefined;
  const sentinels = sentinelsOf(point, spec);
  let start = raw;
  if (start < range.min) start = range.min;
  if (start > range.max) start = range.max;
  const reach = BigInt(sentinels?.size ?? 0);
  for (let distance = 0n; distance <= reach; distance++) {
    for (const candidate of [start - distance, start + distance]) {
      const inside = candidate >= range.min && candidate <= range.max;
      if (inside && sentinels?.has(canonicalRaw(candidate)) !== true) return candidate;
    }
  }
  return undefined;
}

/** `"off", "on"`: at most ten, for messages. */
export function choices(texts: ReadonlyMap<string, string>): string {
  const all = [...texts.values()].map((text) => JSON.stringify(text));
  return all.length > 10 ? `${all.slice(0, 10).join(", ")} …` : all.join(", ");
}

/** The raw integer of a listed text, or of a listed raw value given as a number or its digits. */
export function listedRaw(texts: ReadonlyMap<string, string>, value: PointValue): bigint | undefined {
  for (const [raw, text] of texts) if (text === value) return BigInt(raw);
  const number = numericValue(value);
  if (!number.ok) return undefined;
  const digits = decimalText(number.value);
  for (const raw of texts.keys()) if (BigInt(raw).toString() === digits) return BigInt(raw);
  return undefined;
}

function encodeListed(point: Point, spec: IntegerType, texts: ReadonlyMap<string, string>, value: PointValue): Encoded {
  if (typeof value === "boolean") return refuseType(`one of ${choices(texts)}`, value);
  const raw = listedRaw(texts, value);
  if (raw === undefined) {
    return refuseValue("notEncodable", `${valueToJsonText(value)} is not one of ${choices(texts)}`, undefined);
  }
  if (raw < spec.min || raw > spec.max) {
    return refuseValue("notEncodable", `${raw} does not fit ${point.type}`, undefined);
  }
  if (sentinelsOf(point, spec)?.has(canonicalRaw(raw)) === true) {
    return refuseValue("notEncodable", `${raw} is how the device says "not available"`, undefined);
  }
  return ok(spec.write(raw, effectiveOrder(spec, point.order)));
}
