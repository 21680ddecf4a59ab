import { invariant } from "../../kernel/invariant";
import { typeSpec } from "../points/dataType";
import { compareDecimals, decimalFromNumber, type ExactDecimal, parseDecimal } from "../points/decimal";
import type { Point } from "../points/point";
import type { IntegerType, TimeType } from "../points/typeSpec";
import { parseZone } from "../points/zone";
import type { Draft } from "./layers";
import type { Location } from "./pointLocation";
import { resolveScale, type ScaleRules } from "./pointScale";

/** What the raw value means. */
export type Meaning = Pick<
  Point,
  "bit" | "mask" | "scale" | "offset" | "divisor" | "decimals" | "enum" | "notAvailable" | "zone" | "min" | "max"
>;

/** Of which kind the value is, which decides what keys suit it. */
export type Nature = "boolean" | "text" | "date" | "number";

type Decimals = "scale" | "offset" | "min" | "max" | "writeMin" | "writeMax";

export function toDecimal(value: number | string): ExactDecimal {
  const decimal = typeof value === "number" ? decimalFromNumber(value) : parseDecimal(value);
  invariant(decimal !== undefined, "the schema lets only decimal numbers through");
  return decimal;
}

/** A decimal key of a number; of other values a problem. */
export function decimalOf(draft: Draft, key: Decimals, nature: Nature): ExactDecimal | undefined {
  const value = draft.suited(key, nature === "number", `only a number has "${key}", and this value is a ${nature}`);
  return value === undefined ? undefined : toDecimal(value);
}

/** A pair of bounds in the right order. */
export function boundsOf<K extends "min" | "writeMin">(
  draft: Draft,
  keys: readonly [K, K extends "min" ? "max" : "writeMax"],
  nature: Nature,
): { readonly low?: ExactDecimal; readonly high?: ExactDecimal } {
  const low = decimalOf(draft, keys[0], nature);
  const high = decimalOf(draft, keys[1], nature);
  if (low !== undefined && high !== undefined && compareDecimals(low, high) > 0) {
    draft.fault(keys[0], `"${keys[0]}" is greater than "${keys[1]}": no value is between them`);
  }
  return { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
}

export function natureOf(location: Location, meaning: Pick<Meaning, "bit" | "enum">): Nature {
  const { shape } = typeSpec(location.type);
  if (meaning.enum !== undefined || shape === "text") return "text";
  if (shape === "time") return "date";
  return meaning.bit !== undefined || location.type === "bool" ? "boolean" : "number";
}

function integerSpec(location: Location): IntegerType | undefined {
  const spec = typeSpec(location.type, location.count);
  return spec.shape === "integer" ? spec : undefined;
}

/** Bits and masks are of integers whose bits are their value. */
function plainSpec(location: Location): IntegerType | undefined {
  const spec = integerSpec(location);
  return spec?.coded === undefined ? spec : undefined;
}

/** Everything between the raw value and the value. Problems are noted on the draft. */
export function resolveMeaning(draft: Draft, location: Location, rules: ScaleRules): Meaning {
  const spec = integerSpec(location);
  const plain = plainSpec(location);
  const bit = draft.suited("bit", plain !== undefined, noBits(location));
  if (bit !== undefined && plain !== undefined) checkBit(draft, "bit", bit, plain, location);
  const mask = resolveMask(draft, location, plain, bit !== undefined);
  const texts = resolveEnum(draft, location, spec, bit !== undefined);
  const parts: Meaning = {
    ...(bit === undefined ? {} : { bit }),
    ...(mask === undefined ? {} : { mask }),
    ...(texts === undefined ? {} : { enum: texts }),
  };
  return {
    ...parts,
    ...resolveNotAvailable(draft, location),
    ...resolveZone(draft, location),
    ...resolveScale(draft, natureOf(location, parts), rules),
  };
}

/** Why bits cannot be taken of it. */
export function noBits(location: Location): string {
  const coded = integerSpec(location) === undefined ? "" : " whose bits are its value";
  return `only an integer${coded} has bits, and this is ${location.type}`;
}

function resolveZone(draft: Draft, location: Location): Pick<Meaning, "zone"> {
  const isDate = typeSpec(location.type).shape === "time";
  const zone = draft.suited("zone", isDate, `only a date has a "zone", and this is ${location.type}`);
  if (zone === undefined) return {};
  const known = parseZone(zone);
  if (!known.ok) draft.fault("zone", known.error);
  return { zone };
}

export function checkBit(draft: Draft, key: "bit" | "bits", bit: number, spec: IntegerType, location: Location): void {
  if (bit < spec.bits) return;
  const text = `bit ${bit} does not exist: ${location.type} has bits 0 to ${spec.bits - 1}`;
  if (key === "bit") draft.fault(key, text);
  else draft.fault(key, text, String(bit));
}

function resolveMask(
  draft: Draft,
  location: Location,
  spec: IntegerType | undefined,
  hasBit: boolean,
): bigint | undefined {
  const suits = spec !== undefined && !hasBit;
  const value = draft.suited(
    "mask",
    suits,
    hasBit ? 'either "bit" or "mask"' : noBits(location).replace("has bits,", "has a mask,"),
  );
  if (value === undefined || spec === undefined) return undefined;
  const mask = BigInt(value);
  if (mask > 0n && mask < 1n << BigInt(spec.bits)) return mask;
  return draft.fault("mask", `${value} is not a mask of ${location.type}: 1 to ${hex((1n << BigInt(spec.bits)) - 1n)}`);
}

function hex(value: bigint): string {
  return `"0x${value.toString(16).toUpperCase()}"`;
}

/** The value of a bit pattern: 0xFFFF of an int16 is -1. `undefined`: no pattern of the type. */
function rawOf(text: number | string, spec: IntegerType): bigint | undefined {
  const raw = BigInt(text);
  if (raw >= spec.min && raw <= spec.max) return raw;
  if (spec.coded !== undefined) return raw > 0n && raw < 1n << BigInt(spec.bits) ? spec.coded.valueOf(raw) : undefined;
  return spec.min < 0n && raw > 0n && raw < 1n << BigInt(spec.bits) ? BigInt.asIntN(spec.bits, raw) : undefined;
}

function resolveEnum(
  draft: Draft,
  location: Location,
  spec: IntegerType | undefined,
  hasBit: boolean,
): ReadonlyMap<string, string> | undefined {
  const suits = (spec !== undefined || location.type === "bool") && !hasBit;
  const why = hasBit
    ? 'a "bit" is true or false: either "bit" or "enum"'
    : `${location.type} has no enum: only integers and bools`;
  const texts = draft.suited("enum", suits, why);
  if (texts === undefined) return undefined;
  const byRaw = new Map<string, string>();
  for (const [key, text] of Object.entries(texts)) {
    const raw = spec === undefined ? bitOf(key) : rawOf(key, spec);
    if (raw === undefined) draft.fault("enum", `${key} is not a raw value of ${location.type}`, key);
    else if (byRaw.has(raw.toString())) draft.fault("enum", `the raw value ${raw} has two texts`, key);
    else byRaw.set(raw.toString(), text);
  }
  return byRaw.size > 0 || draft.problems.length > 0
    ? byRaw
    : draft.fault("enum", "an enum without a text: leave it out");
}

function bitOf(key: string): bigint | undefined {
  const raw = BigInt(key);
  return raw === 0n || raw === 1n ? raw : undefined;
}

/** Raw values that mean there is no value; of a word of bits they concern every bit. */
export function resolveNotAvailable(draft: Draft, location: Location): Pick<Meaning, "notAvailable"> {
  const given = draft.get("notAvailable");
  if (given === undefined || location.type === "bool") return {};
  const spec = typeSpec(location.type, location.count);
  // A float says so itself: NaN and ±Infinity are never values.
  if (given === "auto" && spec.shape === "float") return {};
  const suits = spec.shape === "integer" || spec.shape === "time";
  const value = draft.suited(
    "notAvailable",
    suits,
    `only an integer or a date has "notAvailable", and this is ${location.type}`,
  );
  if (value === undefined || !suits) return {};
  if (value === "auto") return { notAvailable: new Set([usualSentinel(spec)]) };
  const raws = new Set<bigint>();
  for (const [at, item] of value.entries()) {
    const raw = spec.shape === "time" ? patternOf(item, spec.registers) : sentinelOf(item, spec);
    if (raw === undefined) draft.fault("notAvailable", `${item} is not a raw value of ${location.type}`, String(at));
    else raws.add(raw);
  }
  return raws.size === 0 ? {} : { notAvailable: raws };
}

/** `auto`: of signed types the most negative value, else all ones. */
function usualSentinel(spec: IntegerType | TimeType): bigint {
  if (spec.shape === "time") return (1n << BigInt(16 * spec.registers)) - 1n;
  return spec.min < 0n ? spec.min : (1n << BigInt(spec.bits)) - 1n;
}

function patternOf(item: number | string, registers: number): bigint | undefined {
  const raw = BigInt(item);
  return raw >= 0n && raw < 1n << BigInt(16 * registers) ? raw : undefined;
}

/** A value of the type; of coded integers any pattern too, for no value may be meant by it. */
function sentinelOf(item: number | string, spec: IntegerType): bigint | undefined {
  const value = rawOf(item, spec);
  if (value !== undefined || spec.coded === undefined) return value;
  const raw = BigInt(item);
  return raw > 0n && raw < 1n << BigInt(spec.bits) ? raw : undefined;
}
