import type { Table } from "../core/modbus/spec";
import type { ExactDecimal } from "../core/points/decimal";
import type { Point } from "../core/points/point";
import { isDate } from "./clockValues";
import { readHalf, writeHalf } from "./codedValues";
import { NO_NUMBER, type RawValue, readRaw, readWhole } from "./registers";
import type { SparseTable } from "./sparseTable";

/**
 * What a point's registers mean, worked out by the simulator alone. Numbers are decimal digits (`"230.1"`,
 * `"18446744073709551.615"`; floats may have an exponent), since a double cannot carry every 64-bit integer.
 */
export type Truth =
  | { readonly value: boolean | string }
  | { readonly digits: string }
  | { readonly bad: "notAvailable" | "outOfRange" | "notInEnum" | "decode" };

/** Digits that a result keeps when the point does not say (contract section 3). */
const MAX_DECIMALS = 9;

function power(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** `a` and `b` brought to the same number of decimals. */
function aligned(a: ExactDecimal, b: ExactDecimal): readonly [a: bigint, b: bigint, scale: number] {
  const scale = Math.max(a.scale, b.scale);
  return [a.coefficient * power(scale - a.scale), b.coefficient * power(scale - b.scale), scale];
}

/** Rounds half away from zero to at most `decimals` digits and writes the digits out. */
export function decimalText(coefficient: bigint, scale: number, decimals: number): string {
  let digits = coefficient < 0n ? -coefficient : coefficient;
  let places = scale;
  if (places > decimals) {
    const unit = power(places - decimals);
    digits = (digits * 2n + unit) / (unit * 2n);
    places = decimals;
  }
  const text = digits.toString().padStart(places + 1, "0");
  const whole = text.slice(0, text.length - places);
  const fraction = text.slice(text.length - places).replace(/0+$/, "");
  const sign = coefficient < 0n && digits !== 0n ? "-" : "";
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

function integerDigits(point: Point, raw: bigint): string {
  const scale = point.scale ?? { coefficient: 1n, scale: 0 };
  const product: ExactDecimal = { coefficient: raw * scale.coefficient, scale: scale.scale };
  const [a, b, places] = aligned(product, point.offset ?? { coefficient: 0n, scale: 0 });
  const kept = Math.min(point.decimals ?? MAX_DECIMALS, MAX_DECIMALS);
  if (point.divisor === undefined) return decimalText(a + b, places, kept);
  const under = point.divisor * power(places);
  const sum = (a + b) * power(kept);
  const units = ((sum < 0n ? -sum : sum) * 2n + under) / (under * 2n);
  return decimalText(sum < 0n ? -units : units, kept, kept);
}

/** Decimal digits, with or without an exponent. */
export function exactOf(digits: string): ExactDecimal {
  const [mantissa = "0", exponent = "0"] = digits.split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const places = fraction.length - Number(exponent);
  const coefficient = BigInt(whole + fraction);
  return places < 0 ? { coefficient: coefficient * power(-places), scale: 0 } : { coefficient, scale: places };
}

/** The point with its scale multiplied. */
export function multiplied(point: Point, factor: ExactDecimal): Point {
  const scale = point.scale ?? { coefficient: 1n, scale: 0 };
  const product = { coefficient: scale.coefficient * factor.coefficient, scale: scale.scale + factor.scale };
  return { ...point, scale: product };
}

export function asDouble(value: ExactDecimal): number {
  return Number(`${value.coefficient}e-${value.scale}`);
}

/** The fewest digits that read back as the same float32. */
function shortestFloat32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return String(Number(text));
  }
  return String(Number(value.toPrecision(9)));
}

/** The fewest digits that read back as the same half, but all digits of a whole number. */
function shortestHalf(value: number): string {
  if (Number.isInteger(value)) return String(value);
  const texts = [1, 2, 3, 4, 5].map((digits) => String(Number(value.toPrecision(digits))));
  return texts.find((text) => readHalf(writeHalf(Number(text))) === value) ?? String(value);
}

/** Rounds the decimal digits of `text` (with or without exponent), half away from zero. */
function roundText(text: string, decimals: number): string {
  const [mantissa = "0", exponent = "0"] = text.split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const scale = fraction.length - Number(exponent);
  const coefficient = BigInt(whole + fraction) * (scale < 0 ? power(-scale) : 1n);
  const negativeZero = text.startsWith("-") && coefficient === 0n;
  return negativeZero ? "0" : decimalText(coefficient, Math.max(scale, 0), decimals);
}

function floatDigits(point: Point, raw: number): string {
  const single = point.type !== "float64";
  let text: string;
  if (point.scale === undefined && point.offset === undefined && point.divisor === undefined) {
    text = point.type === "float16" ? shortestHalf(raw) : single ? shortestFloat32(raw) : String(raw);
  } else {
    const scale = point.scale === undefined ? 1 : asDouble(point.scale);
    const offset = point.offset === undefined ? 0 : asDouble(point.offset);
    text = String(Number(((raw * scale + offset) / Number(point.divisor ?? 1n)).toPrecision(single ? 7 : 15)));
  }
  return point.decimals === undefined ? text : roundText(text, point.decimals);
}

function numberTruth(point: Point, digits: string): Truth {
  const value = Number(digits);
  const low = point.min !== undefined && value < asDouble(point.min);
  const high = point.max !== undefined && value > asDouble(point.max);
  return low || high ? { bad: "outOfRange" } : { digits };
}

function isNotAvailable(table: SparseTable, point: Point, raw: RawValue): boolean {
  if (typeof raw === "number") return !Number.isFinite(raw);
  if (point.notAvailable === undefined || typeof raw === "string" || point.type === "bool") return false;
  return point.notAvailable.has(readWhole(table, point));
}

/** The tables of a unit. */
export type Tables = (table: Table) => SparseTable;

/** The point with its scale multiplied by what the points that it names hold now; `undefined` where they hold none. */
function scaledNow(point: Point, tables: Tables): Point | undefined {
  let now = point;
  for (const { as, point: scaling } of point.scaledBy ?? []) {
    const memory = tables(scaling.table);
    const truth = as === "power" ? { digits: `1e${readRaw(memory, scaling)}` } : truthOf(memory, scaling, tables);
    const factor = "digits" in truth ? exactOf(truth.digits) : undefined;
    const usable = factor !== undefined && factor.coefficient !== 0n;
    if (!usable || (as === "power" && Math.abs(Number(readRaw(memory, scaling))) > 10)) return undefined;
    now = multiplied(now, factor);
  }
  return now;
}

/** The truth about a point from what its registers hold now. `tables`: where what it is scaled by stands. */
export function truthOf(table: SparseTable, given: Point, tables: Tables = () => table): Truth {
  const point = scaledNow(given, tables);
  if (point === undefined) return { bad: "decode" };
  const raw = readRaw(table, point);
  if (raw === NO_NUMBER) return { bad: "decode" };
  if (raw === "invalid" && isDate(point.type)) return { bad: "notAvailable" };
  if (isNotAvailable(table, point, raw)) return { bad: "notAvailable" };
  if (typeof raw === "boolean" || typeof raw === "string") return { value: raw };
  if (point.enum !== undefined) {
    const text = point.enum.get(String(raw));
    return text === undefined ? { bad: "notInEnum" } : { value: text };
  }
  return numberTruth(point, typeof raw === "bigint" ? integerDigits(point, raw) : floatDigits(point, raw));
}

export function sameTruth(a: Truth, b: Truth): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/**
 * Whether a value as it stands in a message is this truth. A JSON number is compared as a double (its reader has
 * nothing better), a string of digits digit by digit.
 */
export function matchesTruth(truth: Truth, json: unknown): boolean {
  if ("value" in truth) return truth.value === json;
  if ("bad" in truth) return false;
  return typeof json === "number" ? Number(truth.digits) === json : truth.digits === json;
}
