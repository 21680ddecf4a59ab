import { invariant, unreachable } from "../../kernel/invariant";
import { ok } from "../../kernel/result";
import { effectiveOrder, registersOf, typeSpec } from "./dataType";
import { encodeFloat } from "./encodeFloat";
import { choices, encodeInteger, listedRaw } from "./encodeInteger";
import { floatMeaning } from "./floatMeaning";
import { bitMeaning, integerMeaning, oddPatternsOf, sentinelsOf } from "./integerMeaning";
import type { Decoded, Point, PointValue, Reading } from "./point";
import { NOT_AVAILABLE, readingOf, UNDECODABLE } from "./pointValue";
import { encodeTime, timeReader } from "./timeMeaning";
import type { ByteOrder, FloatType, IntegerType, RawInteger, TextType, TimeType } from "./typeSpec";
import { type Encoded, refuseType, refuseUnsupported, refuseValue } from "./writeRefusal";

/** What a read yields: registers, or bits of a bit table. */
export type PointData = Uint16Array | readonly boolean[];

/** Decodes one point from data in which it begins at `offset` (a register, or a bit). */
export type PointDecoder = (data: PointData, offset: number) => Decoded;

const decoders = new WeakMap<Point, PointDecoder>();

/** The decoder of a point: worked out once, for points are immutable and shared. */
export function decoderFor(point: Point): PointDecoder {
  const known = decoders.get(point);
  if (known !== undefined) return known;
  const decoder = createDecoder(point);
  decoders.set(point, decoder);
  return decoder;
}

/**
 * Registers or bits → reading: raw → notAvailable → bit | mask → enum → scale, offset, decimals → min, max
 * (contract section 3). The data must hold the whole point from `offset` on.
 */
export function decodePoint(point: Point, data: PointData, offset: number): Reading {
  return readingOf(decoderFor(point)(data, offset));
}

function createDecoder(point: Point): PointDecoder {
  // Without its factors (`scaledBy.ts`) its registers mean nothing yet.
  if (point.scaledBy !== undefined) return () => UNDECODABLE;
  const spec = typeSpec(point.type, point.count);
  switch (spec.shape) {
    case "bit":
      return bitDecoder(point);
    case "integer":
      return integerDecoder(point, spec);
    case "float":
      return floatDecoder(point, spec);
    case "text":
      return textDecoder(point, spec);
    case "time":
      return timeDecoder(point, spec);
    default:
      return unreachable(spec);
  }
}

function registersIn(data: PointData, offset: number, count: number): Uint16Array {
  invariant(!Array.isArray(data), "a point of registers was given bits");
  invariant(offset >= 0 && offset + count <= data.length, "the registers of a point are not all there");
  return data as Uint16Array;
}

function bitDecoder(point: Point): PointDecoder {
  const meaning = bitMeaning(point);
  return (data, offset) => {
    const raw = data[offset];
    invariant(typeof raw === "boolean", "the bit of a point is not there");
    return meaning(raw);
  };
}

function integerDecoder(point: Point, spec: IntegerType): PointDecoder {
  const order = effectiveOrder(spec, point.order);
  const sentinels = sentinelsOf(point, spec);
  const meaning = integerMeaning(point, spec);
  const odd = oddPatternsOf(point, spec);
  if (odd !== undefined) return codedDecoder(spec, order, odd, sentinels, meaning);
  return (data, offset) => {
    const raw = spec.read(registersIn(data, offset, spec.registers), offset, order);
    if (raw === undefined) return UNDECODABLE;
    return sentinels?.has(raw) === true ? NOT_AVAILABLE : meaning(raw);
  };
}

/** Some patterns that are no value of the type mean "not available". */
function codedDecoder(
  spec: IntegerType,
  order: ByteOrder,
  odd: ReadonlySet<bigint>,
  sentinels: ReadonlySet<RawInteger> | undefined,
  meaning: (raw: RawInteger) => Decoded,
): PointDecoder {
  return (data, offset) => {
    const registers = registersIn(data, offset, spec.registers);
    const pattern = spec.coded?.pattern(registers, offset, order);
    if (pattern !== undefined && odd.has(pattern)) return NOT_AVAILABLE;
    const raw = spec.read(registers, offset, order);
    if (raw === undefined) return UNDECODABLE;
    return sentinels?.has(raw) === true ? NOT_AVAILABLE : meaning(raw);
  };
}

function timeDecoder(point: Point, spec: TimeType): PointDecoder {
  const read = timeReader(point, spec);
  return (data, offset) => read(registersIn(data, offset, spec.registers), offset);
}

function floatDecoder(point: Point, spec: FloatType): PointDecoder {
  const order = effectiveOrder(spec, point.order);
  const meaning = floatMeaning(point, spec);
  return (data, offset) => meaning(spec.read(registersIn(data, offset, spec.registers), offset, order));
}

function textDecoder(point: Point, spec: TextType): PointDecoder {
  const order = effectiveOrder(spec, point.order);
  const count = registersOf(point.type, point.count);
  return (data, offset) => spec.read(registersIn(data, offset, count), offset, order, count);
}

/**
 * A value in the point's unit → what to write from the point's address on: registers, or the state of a coil. The
 * exact inverse of `decodePoint`; what does not fit is refused with the nearest value that does.
 */
export function encodePoint(point: Point, value: PointValue): Encoded {
  if (point.scaledBy !== undefined)
    return refuseUnsupported("its scale stands in another point, which has to be read first");
  const spec = typeSpec(point.type, point.count);
  switch (spec.shape) {
    case "bit":
      return encodeBit(point, value);
    case "integer":
      return encodeInteger(point, spec, value);
    case "float":
      return encodeFloat(point, spec, value);
    case "text":
      return encodeText(point, spec, value);
    case "time":
      return encodeTime(point, spec, value);
    default:
      return unreachable(spec);
  }
}

function encodeBit(point: Point, value: PointValue): Encoded {
  if (typeof value === "boolean") return ok(value);
  if (point.enum === undefined) return refuseType("true or false", value);
  const raw = listedRaw(point.enum, value);
  if (raw === 0n || raw === 1n) return ok(raw === 1n);
  return refuseType(`one of ${choices(point.enum)}`, value);
}

function encodeText(point: Point, spec: TextType, value: PointValue): Encoded {
  if (typeof value !== "string") return refuseType("a text", value);
  const count = registersOf(point.type, point.count);
  const order = effectiveOrder(spec, point.order);
  const readsAs = (registers: readonly number[]): string => spec.read(Uint16Array.from(registers), 0, order, count);
  const registers = spec.write(value, order, count);
  if (registers !== undefined && readsAs(registers) === value) return ok(registers);
  const nearest = readsAs(spec.write(spec.fit(value, count), order, count) ?? []);
  const why =
    registers === undefined
      ? `${JSON.stringify(value)} is longer than ${count * spec.perRegister} bytes of UTF-8`
      : `${JSON.stringify(value)} would read back differently (a NUL, a space or 0xFF at the end, half a character)`;
  return refuseValue("notEncodable", why, nearest);
}

/** True where the registers (or the coil) read from `offset` on hold exactly what was written. */
export function sameRaw(written: readonly number[] | boolean, read: PointData, offset = 0): boolean {
  if (typeof written === "boolean") return read[offset] === written;
  return written.every((register, i) => read[offset + i] === register);
}
