import { isBitTable } from "../core/modbus/spec";
import type { Point } from "../core/points/point";
import { isDate } from "./clockValues";
import { codedLimits, codedNumber } from "./codedValues";
import { integerShape, maskShift, type RawValue } from "./registers";
import { asDouble } from "./truth";

/** How a quantity moves, in the point's unit. */
type Movement =
  | { readonly kind: "wave"; readonly center: number; readonly amplitude: number; readonly periodS: number }
  /** Rises for ever: energy, uptime, pulses. */
  | { readonly kind: "counter"; readonly base: number; readonly perSecond: number };

const wave = (center: number, amplitude: number, periodS: number): Movement => ({
  kind: "wave",
  center,
  amplitude,
  periodS,
});
const counter = (base: number, perSecond: number): Movement => ({ kind: "counter", base, perSecond });

/** By unit: DTDL names and the usual short forms. Tried in order. */
const BY_UNIT: readonly (readonly [unit: RegExp, movement: Movement])[] = [
  [/^(volt|V)$/, wave(230, 4, 60)],
  [/^(kilovolt|kV)$/, wave(10, 0.2, 60)],
  [/^(ampere|A)$/, wave(8, 6, 40)],
  [/^(hertz|Hz)$/, wave(50, 0.04, 30)],
  [/^(watt|W|VA|voltAmpere|var)$/, wave(1800, 1200, 45)],
  [/^(kilowatt|kW|kVA|kvar)$/, wave(18, 12, 45)],
  [/(Hour|Wh|varh|VAh)$/, counter(12345.6, 0.05)],
  [/^(degreeCelsius|°C)$/, wave(40, 18, 120)],
  [/^(percent|%)$/, wave(50, 45, 90)],
  [/^(bar)$/, wave(3, 1.5, 80)],
  [/^(second|s)$/, counter(1000, 1)],
];

/** By name, where the unit says too little: a power factor has none, a distortion is a percentage like a level. */
const BY_NAME: readonly (readonly [name: RegExp, movement: Movement])[] = [
  [/cosPhi|powerFactor/i, wave(0.92, 0.06, 50)],
  [/distortion|thd/i, wave(3, 1.5, 70)],
];

/** What a device's clock shows at the start, in UTC. */
const CLOCK_START = Date.UTC(2026, 0, 1);

/** FNV-1a: a stable number from a name, so that two points of a kind do not move in step. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

function genericMovement(point: Point): Movement {
  const shape = integerShape(point.type);
  if (shape === undefined) return wave(100, 50, 60);
  if (shape.bits === 8) return shape.signed ? wave(0, 50, 60) : wave(60, 50, 60);
  if (shape.bits === 16) return shape.signed ? wave(0, 1000, 60) : wave(1000, 900, 60);
  return shape.signed ? wave(0, 200_000, 60) : counter(100_000, 7);
}

function movementOf(point: Point): Movement {
  const named = BY_NAME.find(([name]) => name.test(point.name));
  const known = named ?? BY_UNIT.find(([unit]) => point.unit !== undefined && unit.test(point.unit));
  return known === undefined ? genericMovement(point) : known[1];
}

interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** What the point allows, in its unit: plausible range and, where it is written, the write limits. */
function bounds(point: Point): Bounds {
  const low = [point.min, point.write?.min].map((limit) => (limit === undefined ? -Infinity : asDouble(limit)));
  const high = [point.max, point.write?.max].map((limit) => (limit === undefined ? Infinity : asDouble(limit)));
  return { low: Math.max(...low), high: Math.min(...high) };
}

/** Moves a movement into its bounds: a wave is centred and made smaller where it does not fit. */
function target(movement: Movement, seconds: number, seed: number, { low, high }: Bounds): number {
  if (movement.kind === "counter") {
    const value = movement.base + (seed % 1000) + movement.perSecond * seconds;
    return value < low || value > high ? Math.min(Math.max(value, low), high) : value;
  }
  let { center, amplitude } = movement;
  if (center - amplitude < low || center + amplitude > high) {
    const from = Math.max(low, Math.min(center - amplitude, high));
    const to = Math.min(high, Math.max(center + amplitude, low));
    center = (from + to) / 2;
    amplitude = (to - from) / 2;
  }
  const phase = (seed % 360) / 360;
  return center + amplitude * Math.sin(2 * Math.PI * (seconds / movement.periodS + phase));
}

function inRawUnits(point: Point, value: number): number {
  const offset = point.offset === undefined ? 0 : asDouble(point.offset);
  const scale = point.scale === undefined ? 1 : asDouble(point.scale);
  return scale === 0 ? 0 : (value * Number(point.divisor ?? 1n) - offset) / scale;
}

/** The raw value nearest to a value. */
export function rawOfValue(point: Point, value: number): RawValue {
  const raw = inRawUnits(point, value);
  return point.type.startsWith("float") ? raw : fitted(point, BigInt(Math.round(raw)));
}

/** Keeps an integer inside what the type or the mask can carry and off the values that mean "not available". */
function fitted(point: Point, raw: bigint): bigint {
  const { bits, signed } = integerShape(point.type) ?? { bits: 16, signed: false };
  if (point.mask !== undefined) {
    const field = point.mask >> maskShift(point.mask);
    return raw < 0n ? 0n : raw % (field + 1n);
  }
  const most = (1n << BigInt(signed ? bits - 1 : bits)) - 1n;
  const [low, high] = codedNumber(point.type) === undefined ? [signed ? -most - 1n : 0n, most] : codedLimits(point);
  let value = raw > high ? high : raw < low ? low : raw;
  while (point.notAvailable?.has(value) === true) value = value > low ? value - 1n : high;
  return value;
}

/** Beyond 2^53, so that every digit counts; it rises by 3 a second. */
function bigCounter(seconds: number, seed: number): bigint {
  return 9_007_199_254_740_993n + BigInt(seed) * 1_000_003n + BigInt(Math.floor(seconds * 3));
}

function isUnboundedBig(point: Point): boolean {
  const wide = (point.type === "uint64" || point.type === "int64") && point.mask === undefined;
  return wide && point.max === undefined && point.write?.max === undefined;
}

function integerAt(point: Point, seconds: number, seed: number): bigint {
  if (point.enum !== undefined) {
    const keys = [...point.enum.keys()];
    return BigInt(keys[Math.floor(seconds / (4 + (seed % 4))) % Math.max(keys.length, 1)] ?? "0");
  }
  if (isUnboundedBig(point)) return fitted(point, bigCounter(seconds, seed));
  const limits = bounds(point);
  const value = target(movementOf(point), seconds, seed, limits);
  const rounded = Math.round(inRawUnits(point, value));
  return fitted(point, BigInt(rounded + backIntoBounds(point, rounded, limits)));
}

/** Rounding may have stepped over a bound by less than one step: -1, 0 or 1 brings it back. */
function backIntoBounds(point: Point, raw: number, { low, high }: Bounds): number {
  const scale = point.scale === undefined ? 1 : asDouble(point.scale);
  const sum = raw * scale + (point.offset === undefined ? 0 : asDouble(point.offset));
  const value = sum / Number(point.divisor ?? 1n);
  if (value > high) return -Math.sign(scale);
  return value < low ? Math.sign(scale) : 0;
}

function floatAt(point: Point, seconds: number, seed: number): number {
  const value = inRawUnits(point, target(movementOf(point), seconds, seed, bounds(point)));
  const digits = Number(value.toPrecision(point.type === "float64" ? 12 : 6));
  if (point.type === "float16") return Math.min(Math.max(digits, -65_504), 65_504);
  return point.type === "float32" ? Math.fround(digits) : digits;
}

/**
 * The raw value of a point `seconds` after the start: a function of these arguments alone. Steps are 0.1 s.
 * `owner` (the device's name) keeps equal points of two devices apart.
 */
export function rawAt(owner: string, point: Point, seconds: number): RawValue {
  const seed = hashOf(`${owner}/${point.name}`);
  const instant = Math.floor(seconds * 10) / 10;
  if (point.type === "bool" || point.bit !== undefined || isBitTable(point.table)) {
    const periodS = 3 + (seed % 8);
    return Math.floor((instant + (seed % 7)) / periodS) % 2 === 1;
  }
  if (isDate(point.type)) return new Date(CLOCK_START + Math.round(instant * 1000)).toISOString();
  if (point.type.startsWith("string")) {
    return `SIM ${point.name} ${seed % 10_000}`.slice(0, (point.type === "string" ? 2 : 1) * point.count);
  }
  if (point.type.startsWith("float")) return floatAt(point, instant, seed);
  return integerAt(point, instant, seed);
}
