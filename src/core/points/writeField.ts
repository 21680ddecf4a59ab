import { err, ok, type Result } from "../../kernel/result";
import { decodeRaw, effectiveOrder, typeSpec } from "./dataType";
import { encodeInteger } from "./encodeInteger";
import type { DataType, Point, PointValue } from "./point";
import type { PointData } from "./transform";
import { encodePoint } from "./transform";
import type { IntegerType } from "./typeSpec";
import { refuseType, refuseValue, type WriteRefusal } from "./writeRefusal";

/** What is to stand on the wire from a point's address on. */
export interface WireValue {
  /** Registers, or the state of a coil. */
  readonly encoded: readonly number[] | boolean;
  /** The bits of each register that are the point's; absent: all. The others are not to change. */
  readonly mask?: readonly number[];
}

/** Types whose raw value is the plain pattern of the register's bits: only of those can a part be written. */
const PATTERNS: ReadonlySet<DataType> = new Set([
  ...(["int8High", "int8Low", "uint8High", "uint8Low"] as const),
  ...(["int16", "uint16", "int32", "uint32", "int64", "uint64"] as const),
]);

type Layout = Pick<Point, "type" | "order" | "bit" | "mask">;

/** A point that is a part of its registers: a bit, a mask, or one byte. */
export function isField({ type, bit, mask }: Layout): boolean {
  const spec = typeSpec(type);
  return spec.shape === "integer" && (bit !== undefined || mask !== undefined || !spec.wholeRegisters);
}

/** The bits that are the point's, a mask for each register from its address on; `undefined` where all are. */
export function fieldMaskOf(point: Layout): readonly number[] | undefined {
  const spec = typeSpec(point.type);
  if (spec.shape !== "integer" || !isField(point)) return undefined;
  return spec.write(patternOf(point, spec), effectiveOrder(spec, point.order));
}

function patternOf({ bit, mask }: Layout, spec: IntegerType): bigint {
  if (bit !== undefined) return 1n << BigInt(bit);
  return mask === undefined ? (1n << BigInt(spec.bits)) - 1n : BigInt.asUintN(spec.bits, mask);
}

/** Why a part cannot be written at all, or nothing. */
export function fieldFault(point: Layout): string | undefined {
  if (!isField(point)) return undefined;
  if (!PATTERNS.has(point.type)) return `a part of a ${point.type} can't be written: give the whole register a point`;
  const { mask } = point;
  if (mask === undefined) return undefined;
  const width = mask >> shiftOf(mask);
  return (width & (width + 1n)) === 0n
    ? undefined
    : "a mask with a hole in it can't be written: one point for each run";
}

function shiftOf(mask: bigint): bigint {
  let shift = 0n;
  while (((mask >> shift) & 1n) === 0n) shift += 1n;
  return shift;
}

/** A value in the point's unit → what is to stand on the wire, and in which bits of it. */
export function encodeForWrite(point: Point, value: PointValue): Result<WireValue, WriteRefusal> {
  const raws = [...(point.enum ?? [])].flatMap(([raw, text]) => (text === value ? [raw] : []));
  if (raws.length > 1) {
    const text = `${JSON.stringify(value)} stands for ${raws.join(" and ")}: write the raw value`;
    return refuseValue("notEncodable", text, undefined);
  }
  const mask = fieldMaskOf(point);
  // Refused there: neither a part nor the whole can be encoded before its scale is known.
  if (mask === undefined || point.scaledBy !== undefined) {
    const encoded = encodePoint(point, value);
    return encoded.ok ? ok({ encoded: encoded.value }) : encoded;
  }
  const fault = fieldFault(point);
  if (fault !== undefined) return err({ kind: "unsupported", status: 403, text: fault });
  const encoded = encodeField(point, typeSpec(point.type) as IntegerType, value);
  if (!encoded.ok) return encoded;
  if (typeof encoded.value === "boolean") return refuseValue("notEncodable", "a register is no single bit", undefined);
  return ok({ encoded: encoded.value, mask });
}

function encodeField(point: Point, spec: IntegerType, value: PointValue) {
  const order = effectiveOrder(spec, point.order);
  if (point.bit !== undefined) {
    if (typeof value !== "boolean") return refuseType("true or false", value);
    return ok(spec.write(value ? 1n << BigInt(point.bit) : 0n, order));
  }
  // The part is an integer of its own: what stands beside it in the register is not looked at.
  const { mask, notAvailable, ...whole } = point;
  const own = notAvailable === undefined || mask !== undefined ? whole : { ...whole, notAvailable };
  return encodeInteger(own, mask === undefined ? { ...spec, wholeRegisters: true } : maskedType(spec, mask), value);
}

/** The integer under a mask, by itself. */
function maskedType(spec: IntegerType, mask: bigint): IntegerType {
  const pattern = BigInt.asUintN(spec.bits, mask);
  const shift = shiftOf(pattern);
  const max = pattern >> shift;
  return { ...spec, min: 0n, max, wholeRegisters: true, write: (raw, order) => spec.write(raw << shift, order) };
}

/** The registers with the point's bits changed, all others as they were. */
export function withField(before: readonly number[], { encoded, mask }: WireValue): readonly number[] {
  return before.map((register, i) => {
    const own = mask?.[i] ?? 0xffff;
    const value = typeof encoded === "boolean" ? 0 : (encoded[i] ?? 0);
    return (register & ~own & 0xffff) | (value & own);
  });
}

/** Types with bits that are not looked at, which a device may fill as it likes: the day of the week of a date. */
const LOOSE: ReadonlySet<DataType> = new Set(["int24", "uint24", "stringLow", "stringHigh", "ti081"]);

/** What the registers stand for, as text; `undefined`: nothing. */
function readsAs(point: Point, registers: readonly number[]): string | undefined {
  const raw = decodeRaw(point, Uint16Array.from(registers));
  return raw === undefined ? undefined : String(raw);
}

/**
 * True where what was read from `offset` on holds what was written, in the point's own bits; of an integer with a
 * tolerance, within so many raw steps.
 */
export function holdsWritten(
  point: Point,
  { encoded, mask }: WireValue,
  read: PointData,
  offset = 0,
  tolerance = 0,
): boolean {
  if (typeof encoded === "boolean") return read[offset] === encoded;
  const held = encoded.map((_, i) => Number(read[offset + i]) & (mask?.[i] ?? 0xffff));
  if (held.every((register, i) => register === encoded[i])) return true;
  if (LOOSE.has(point.type)) return readsAs(point, held) === readsAs(point, encoded);
  const spec = typeSpec(point.type, point.count);
  if (tolerance === 0 || spec.shape !== "integer" || point.bit !== undefined) return false;
  const order = effectiveOrder(spec, point.order);
  const [was, is] = [encoded, held].map((registers) => spec.read(Uint16Array.from(registers), 0, order));
  if (was === undefined || is === undefined) return false;
  const step = point.mask === undefined ? 1n : 1n << shiftOf(point.mask);
  const distance = BigInt(is) - BigInt(was);
  return (distance < 0n ? -distance : distance) <= BigInt(tolerance) * step;
}
