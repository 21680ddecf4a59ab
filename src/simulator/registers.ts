import { isUtf8 } from "node:buffer";
import { isBitTable } from "../core/modbus/spec";
import type { DataType, Point } from "../core/points/point";
import { invariant } from "../kernel/invariant";
import { isDate, readDate, writeDate } from "./clockValues";
import { codedNumber, readHalf, writeHalf } from "./codedValues";
import type { SparseTable } from "./sparseTable";

/**
 * The simulator's own way between raw values and registers. It shares no code with `core/points`, on purpose: the
 * simulator must not agree with our own mistakes.
 */

/**
 * What a point's registers say before scale, enum and unit: integers as bigint, floats as number, dates in ISO 8601.
 */
export type RawValue = bigint | number | string | boolean;

const INTEGER_BITS: Partial<Record<DataType, { readonly bits: number; readonly signed: boolean }>> = {
  int8High: { bits: 8, signed: true },
  int8Low: { bits: 8, signed: true },
  uint8High: { bits: 8, signed: false },
  uint8Low: { bits: 8, signed: false },
  int16: { bits: 16, signed: true },
  uint16: { bits: 16, signed: false },
  int32: { bits: 32, signed: true },
  uint32: { bits: 32, signed: false },
  int64: { bits: 64, signed: true },
  uint64: { bits: 64, signed: false },
  int24: { bits: 24, signed: true },
  uint24: { bits: 24, signed: false },
  bcd16: { bits: 16, signed: false },
  bcd32: { bits: 32, signed: false },
  bcd64: { bits: 64, signed: false },
  signMagnitude16: { bits: 16, signed: true },
  signMagnitude32: { bits: 32, signed: true },
  mod10k: { bits: 32, signed: false },
};

/** Width and sign of an integer type; undefined for the others. */
export function integerShape(type: DataType): { readonly bits: number; readonly signed: boolean } | undefined {
  return INTEGER_BITS[type];
}

function asInteger(bits: number, signed: boolean, value: bigint): bigint {
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** Big-endian bytes of the point as they lie in its registers. */
function wireBytes(table: SparseTable, point: Point): Uint8Array {
  const bytes = new Uint8Array(point.count * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < point.count; i++) view.setUint16(2 * i, table.get(point.address + i));
  return bytes;
}

function storeBytes(table: SparseTable, point: Point, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < point.count; i++) table.set(point.address + i, view.getUint16(2 * i));
}

/** From bytes by significance (most significant first) to bytes as they travel, e.g. CDAB = [2,3,0,1]. */
function toWire(value: Uint8Array, order: readonly number[] | undefined): Uint8Array {
  return order === undefined ? value : Uint8Array.from(value, (_, i) => value[order[i] ?? i] ?? 0);
}

function fromWire(wire: Uint8Array, order: readonly number[] | undefined): Uint8Array {
  if (order === undefined) return wire;
  const value = new Uint8Array(wire.length);
  order.forEach((significance, i) => {
    value[significance] = wire[i] ?? 0;
  });
  return value;
}

/** Strings have one order for every register: AB or BA. */
function swapStringBytes(bytes: Uint8Array, order: readonly number[] | undefined): Uint8Array {
  return order?.[0] === 1 ? Uint8Array.from(bytes, (_, i) => bytes[i ^ 1] ?? 0) : bytes;
}

/** Stands for registers that hold no number of their type: no number of 64 bits. */
export const NO_NUMBER = 1n << 64n;

function readInteger(table: SparseTable, point: Point, bits: number, signed: boolean): bigint {
  if (bits === 8) {
    const word = table.get(point.address);
    return asInteger(8, signed, BigInt(point.type.endsWith("High") ? word >> 8 : word & 0xff));
  }
  const value = fromWire(wireBytes(table, point), point.order);
  const coded = codedNumber(point.type);
  if (coded !== undefined) return coded.read(value) ?? NO_NUMBER;
  let unsigned = 0n;
  for (const byte of value) unsigned = (unsigned << 8n) | BigInt(byte);
  return asInteger(bits, signed, unsigned);
}

function writeInteger(table: SparseTable, point: Point, bits: number, value: bigint): void {
  if (bits === 8) {
    const word = table.get(point.address);
    const byte = Number(BigInt.asUintN(8, value));
    table.set(point.address, point.type.endsWith("High") ? (word & 0x00ff) | (byte << 8) : (word & 0xff00) | byte);
    return;
  }
  const bytes = new Uint8Array(point.count * 2);
  const coded = codedNumber(point.type);
  let rest = coded === undefined ? BigInt.asUintN(bits, value) : 0n;
  for (let i = bytes.length - 1; i >= 0; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  coded?.write(value, bytes);
  storeBytes(table, point, toWire(bytes, point.order));
}

function readFloat(table: SparseTable, point: Point): number {
  const bytes = fromWire(wireBytes(table, point), point.order);
  const view = new DataView(bytes.buffer);
  if (point.type === "float16") return readHalf(view.getUint16(0));
  return point.type === "float32" ? view.getFloat32(0) : view.getFloat64(0);
}

function writeFloat(table: SparseTable, point: Point, value: number): void {
  const bytes = new Uint8Array(point.count * 2);
  const view = new DataView(bytes.buffer);
  if (point.type === "float16") view.setUint16(0, writeHalf(value));
  else if (point.type === "float32") view.setFloat32(0, value);
  else view.setFloat64(0, value);
  storeBytes(table, point, toWire(bytes, point.order));
}

/** Of the types with one character a register, which byte of each it is. */
const ONE_BYTE: Partial<Record<DataType, 0 | 1>> = { stringHigh: 0, stringLow: 1 };

function readText(table: SparseTable, point: Point): string {
  const place = ONE_BYTE[point.type];
  const all = swapStringBytes(wireBytes(table, point), point.order);
  const bytes = place === undefined ? all : all.filter((_, i) => i % 2 === place);
  const nul = bytes.indexOf(0);
  let end = nul < 0 ? bytes.length : nul;
  while (end > 0 && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0xff)) end--;
  const text = Buffer.from(bytes.subarray(0, end));
  return isUtf8(text) ? text.toString("utf8") : text.toString("latin1");
}

function writeText(table: SparseTable, point: Point, text: string): void {
  const bytes = new Uint8Array(point.count * 2);
  const place = ONE_BYTE[point.type];
  const code = Buffer.from(text, "utf8").subarray(0, place === undefined ? bytes.length : point.count);
  if (place === undefined) bytes.set(code);
  else for (const [i, byte] of code.entries()) bytes[2 * i + place] = byte;
  storeBytes(table, point, swapStringBytes(bytes, point.order));
}

function writeClock(table: SparseTable, point: Point, text: string): void {
  const bytes = new Uint8Array(point.count * 2);
  writeDate(point, text, bytes);
  storeBytes(table, point, toWire(bytes, point.order));
}

/** The whole integer of an integer point, without bit and mask. */
export function readWhole(table: SparseTable, point: Point): bigint {
  const shape = INTEGER_BITS[point.type];
  invariant(shape !== undefined, `${point.type} is not an integer type`);
  return readInteger(table, point, shape.bits, shape.signed);
}

/** Position of the lowest set bit: a masked value is shifted down by it. */
export function maskShift(mask: bigint): bigint {
  let shift = 0n;
  while (mask !== 0n && ((mask >> shift) & 1n) === 0n) shift++;
  return shift;
}

/** The point's raw value as its registers hold it now; `bit` and `mask` applied. */
export function readRaw(table: SparseTable, point: Point): RawValue {
  if (isBitTable(point.table)) return table.get(point.address) !== 0;
  if (isDate(point.type)) return readDate(point, fromWire(wireBytes(table, point), point.order)) ?? NO_NUMBER;
  if (point.type.startsWith("string")) return readText(table, point);
  if (point.type.startsWith("float")) return readFloat(table, point);
  if (point.type === "bool") return ((table.get(point.address) >> (point.bit ?? 0)) & 1) === 1;
  const whole = readWhole(table, point);
  const unsigned = BigInt.asUintN(16 * point.count, whole);
  if (point.bit !== undefined) return ((unsigned >> BigInt(point.bit)) & 1n) === 1n;
  return point.mask === undefined ? whole : (unsigned & point.mask) >> maskShift(point.mask);
}

/** Changes the bits of `mask` alone and leaves the other bits of the integer as they are. */
function writeField(table: SparseTable, point: Point, mask: bigint, field: bigint): void {
  const bits = INTEGER_BITS[point.type]?.bits ?? 16;
  const own = (field << maskShift(mask)) & mask;
  if (point.type === "bool") {
    table.set(point.address, Number((BigInt(table.get(point.address)) & ~mask) | own));
    return;
  }
  writeInteger(table, point, bits, (BigInt.asUintN(bits, readWhole(table, point)) & ~mask) | own);
}

function writeWord(table: SparseTable, point: Point, raw: bigint | boolean): void {
  const bit = point.bit ?? (point.type === "bool" ? 0 : undefined);
  const mask = bit === undefined ? point.mask : 1n << BigInt(bit);
  if (mask === undefined) writeInteger(table, point, INTEGER_BITS[point.type]?.bits ?? 16, BigInt(raw));
  else writeField(table, point, mask, BigInt(raw));
}

/** Puts a raw value into the point's registers. A `bit` or `mask` changes only its own bits. */
export function writeRaw(table: SparseTable, point: Point, raw: RawValue): void {
  if (isBitTable(point.table)) table.set(point.address, raw === true ? 1 : 0);
  else if (typeof raw === "string" && isDate(point.type)) writeClock(table, point, raw);
  else if (typeof raw === "string") writeText(table, point, raw);
  else if (typeof raw === "number") writeFloat(table, point, raw);
  else writeWord(table, point, raw);
}
