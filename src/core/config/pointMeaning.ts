import { invariant } from "../../kernel/invariant";
import { typeSpec } from "../points/dataType";
import { compareDecimals, decimalFromNumber, type ExactDecimal, parseDecimal } from "../points/decimal";
import type { Point } from "../points/point";
import type { IntegerType } from "../points/typeSpec";
import type { Draft } from "./layers";
import type { Location } from "./pointLocation";

/** What the raw value means. */
export type Meaning = Pick<
  Point,
  "bit" | "mask" | "scale" | "offset" | "decimals" | "enum" | "notAvailable" | "min" | "max"
>;

/** Of which kind the value is, which decides what keys suit it. */
export type Nature = "boolean" | "text" | "number";

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
  if (meaning.enum !== undefined || location.type === "string") return "text";
  return meaning.bit !== undefined || location.type === "bool" ? "boolean" : "number";
}

function integerSpec(location: Location): IntegerType | undefined {
  const spec = typeSpec(location.type);
  return spec.shape === "integer" ? spec : undefined;
}

/** Everything between the raw value and the value. Problems are noted on the draft. */
export function resolveMeaning(draft: Draft, location: Location): Meaning {
  const spec = integerSpec(location);
  const bit = draft.suited("bit", spec !== undefined, `only an integer has bits, and this is ${location.type}`);
  if (bit !== undefined && spec !== undefined) checkBit(draft, "bit", bit, spec, location);
  const mask = resolveMask(draft, location, spec, bit !== undefined);
  const texts = resolveEnum(draft, location, spec, bit !== undefined);
  const parts: Meaning = {
    ...(bit === undefined ? {} : { bit }),
    ...(mask === undefined ? {} : { mask }),
    ...(texts === undefined ? {} : { enum: texts }),
  };
  return { ...parts, ...resolveNotAvailable(draft, location, spec), ...resolveScale(draft, natureOf(location, parts)) };
}

export function checkBit(draft: Draft, key: "bit" | "bits", bit: number, spec: IntegerType, location: Location): void {
  if (bit < spec.bits) return;
  const text = `bit ${bit} does not exist: ${location.type} has bits 0 to ${spec.bits - 1}`;
  if (key === "bit") draft.fault(key, text);
  else draft.fault(key, text, String(bit));
}

function resolveScale(draft: Draft, nature: Nature): Meaning {
  const scale = decimalOf(draft, "scale", nature);
  if (scale?.coefficient === 0n) draft.fault("scale", "a scale of 0 makes every value the same: leave it out");
  const offset = decimalOf(draft, "offset", nature);
  const decimals = draft.suited("decimals", nature === "number", `only a number has "decimals"`);
  const { low, high } = boundsOf(draft, ["min", "max"], nature);
  const isOne = scale?.coefficient === 1n && scale.scale === 0;
  return {
    ...(scale === undefined || isOne ? {} : { scale }),
    ...(offset === undefined || offset.coefficient === 0n ? {} : { offset }),
    ...(decimals === undefined ? {} : { decimals }),
    ...(low === undefined ? {} : { min: low }),
    ...(high === undefined ? {} : { max: high }),
  };
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
    hasBit ? 'either "bit" or "mask"' : `only an integer has a mask, and this is ${location.type}`,
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
export function resolveNotAvailable(
  draft: Draft,
  location: Location,
  spec: IntegerType | undefined,
): Pick<Meaning, "notAvailable"> {
  const given = draft.get("notAvailable");
  if (given === undefined || location.type === "bool") return {};
  // A float says so itself: NaN and ±Infinity are never values.
  if (given === "auto" && typeSpec(location.type).shape === "float") return {};
  const value = draft.suited(
    "notAvailable",
    spec !== undefined,
    `only an integer has "notAvailable", and this is ${location.type}`,
  );
  if (value === undefined || spec === undefined) return {};
  if (value === "auto") return { notAvailable: new Set([spec.min < 0n ? spec.min : spec.max]) };
  const raws = new Set<bigint>();
  for (const [at, item] of value.entries()) {
    const raw = rawOf(item, spec);
    if (raw === undefined) draft.fault("notAvailable", `${item} is not a raw value of ${location.type}`, String(at));
    else raws.add(raw);
  }
  return raws.size === 0 ? {} : { notAvailable: raws };
}
