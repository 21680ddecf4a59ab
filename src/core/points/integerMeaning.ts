import { type ExactDecimal, toPointNumber } from "./decimal";
import { linearOf } from "./linear";
import type { Decoded, Point, PointValue } from "./point";
import { compareValues, NOT_IN_ENUM, OUT_OF_RANGE } from "./pointValue";
import type { IntegerType, RawInteger } from "./typeSpec";

/** A number where it is safe, else a bigint: the form in which raw integers are compared. */
export function canonicalRaw(raw: bigint): RawInteger {
  const number = Number(raw);
  return Number.isSafeInteger(number) ? number : raw;
}

/**
 * The raw values that mean "not available". A bit pattern may be given either way (0x8000 of an int16 is -32768);
 * what no pattern of the type is can never be read.
 */
export function sentinelsOf(
  point: Pick<Point, "notAvailable">,
  spec: IntegerType,
): ReadonlySet<RawInteger> | undefined {
  const values = [...(point.notAvailable ?? [])].flatMap((raw) => valueMeant(raw, spec) ?? []);
  return values.length === 0 ? undefined : new Set(values.map(canonicalRaw));
}

/** The value that a raw value or a bit pattern stands for; `undefined` where it stands for none of the type. */
function valueMeant(raw: bigint, spec: IntegerType): bigint | undefined {
  if (raw >= spec.min && raw <= spec.max) return raw;
  if (raw < -(1n << BigInt(spec.bits - 1)) || raw >> BigInt(spec.bits) > 0n) return undefined;
  if (spec.coded !== undefined) return raw < 0n ? undefined : spec.coded.valueOf(raw);
  return spec.min < 0n ? BigInt.asIntN(spec.bits, raw) : BigInt.asUintN(spec.bits, raw);
}

/** Patterns of a coded integer that mean "not available" and are no value of the type: all ones of a BCD number. */
export function oddPatternsOf(point: Pick<Point, "notAvailable">, spec: IntegerType): ReadonlySet<bigint> | undefined {
  if (spec.coded === undefined) return undefined;
  const odd = [...(point.notAvailable ?? [])].filter((raw) => raw >= 0n && valueMeant(raw, spec) === undefined);
  return odd.length === 0 ? undefined : new Set(odd);
}

/** Raw integer → text, by the number itself. */
export function textsOf(texts: ReadonlyMap<string, string>): ReadonlyMap<RawInteger, string> {
  return new Map([...texts].map(([raw, text]) => [canonicalRaw(BigInt(raw)), text]));
}

/** Values of `min` … `max`; outside: `outOfRange`. */
export function plausible(point: Pick<Point, "min" | "max">): (value: number | ExactDecimal) => Decoded {
  if (point.min === undefined && point.max === undefined) return (value) => value;
  const min = point.min === undefined ? Number.NEGATIVE_INFINITY : toPointNumber(point.min);
  const max = point.max === undefined ? Number.POSITIVE_INFINITY : toPointNumber(point.max);
  if (typeof min === "number" && typeof max === "number") {
    const within = bounded(point);
    return (value) => {
      if (typeof value !== "number") return within(value);
      return value < min || value > max ? OUT_OF_RANGE : value;
    };
  }
  return bounded(point);
}

function bounded(point: Pick<Point, "min" | "max">): (value: number | ExactDecimal) => Decoded {
  return (value) => {
    if (point.min !== undefined && compareValues(value, point.min) < 0) return OUT_OF_RANGE;
    if (point.max !== undefined && compareValues(value, point.max) > 0) return OUT_OF_RANGE;
    return value;
  };
}

function bitOf(bit: number): (raw: RawInteger) => boolean {
  return (raw) => {
    if (typeof raw === "number" && bit < 32 && Math.abs(raw) <= 0xffff_ffff) return ((raw >> bit) & 1) === 1;
    return ((BigInt(raw) >> BigInt(bit)) & 1n) === 1n;
  };
}

function lowestBit(mask: bigint): bigint {
  let shift = 0n;
  while (((mask >> shift) & 1n) === 0n) shift += 1n;
  return shift;
}

/** The masked bits of the value's pattern, shifted down to the mask's lowest bit. */
function maskedBy(mask: bigint, bits: number): (raw: RawInteger) => RawInteger {
  const pattern = BigInt.asUintN(bits, mask);
  if (pattern === 0n) return () => 0;
  const shift = lowestBit(pattern);
  if (bits <= 32) {
    const mask32 = Number(BigInt.asIntN(32, pattern));
    const shift32 = Number(shift);
    return (raw) => (Number(raw) & mask32) >>> shift32;
  }
  return (raw) => canonicalRaw((BigInt.asUintN(bits, BigInt(raw)) & pattern) >> shift);
}

/** What a raw integer that is available means: bit | mask → text | scale → plausible. */
export function integerMeaning(point: Point, spec: IntegerType): (raw: RawInteger) => Decoded {
  if (point.bit !== undefined) {
    const bit = bitOf(point.bit);
    return bit;
  }
  const meaning = point.enum === undefined ? scaled(point) : listed(point.enum);
  if (point.mask === undefined) return meaning;
  const mask = maskedBy(point.mask, spec.bits);
  return (raw) => meaning(mask(raw));
}

function listed(texts: ReadonlyMap<string, string>): (raw: RawInteger) => Decoded {
  const byRaw: ReadonlyMap<RawInteger, PointValue> = textsOf(texts);
  return (raw) => byRaw.get(raw) ?? NOT_IN_ENUM;
}

function scaled(point: Point): (raw: RawInteger) => Decoded {
  const linear = linearOf(point);
  const judged = plausible(point);
  return (raw) => judged(linear(raw));
}

/** What a single bit means; with texts, that of 0 or 1. */
export function bitMeaning(point: Pick<Point, "enum">): (raw: boolean) => Decoded {
  if (point.enum === undefined) return (value) => value;
  const meaning = listed(point.enum);
  return (raw) => meaning(raw ? 1 : 0);
}
