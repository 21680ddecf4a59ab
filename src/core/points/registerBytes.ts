import type { ByteOrder } from "./typeSpec";

/**
 * Registers travel high byte first (MODBUS Application Protocol V1.1b3, section 4.2). `order[i]` is the significance
 * of the i-th byte that arrives; how many bytes a value has is the length of its order.
 */

/** The i-th byte on the wire from register `at` on. The caller has checked that it exists. */
function wireByte(registers: Uint16Array, at: number, i: number): number {
  const register = registers[at + (i >> 1)] as number;
  return (i & 1) === 0 ? register >> 8 : register & 0xff;
}

/** An unsigned value of two or four bytes. */
export function readUnsigned(registers: Uint16Array, at: number, order: ByteOrder): number {
  const last = order.length - 1;
  let value = 0;
  for (let i = 0; i <= last; i++) value |= wireByte(registers, at, i) << (8 * (last - (order[i] as number)));
  return value >>> 0;
}

/** The four most significant of eight bytes, unsigned. */
export function highWord(registers: Uint16Array, at: number, order: ByteOrder): number {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const significance = order[i] as number;
    if (significance < 4) value |= wireByte(registers, at, i) << (8 * (3 - significance));
  }
  return value >>> 0;
}

/** The four least significant of eight bytes, unsigned. */
export function lowWord(registers: Uint16Array, at: number, order: ByteOrder): number {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const significance = order[i] as number;
    if (significance >= 4) value |= wireByte(registers, at, i) << (8 * (7 - significance));
  }
  return value >>> 0;
}

/** Bytes by significance (highest first) → registers in the order of the wire. */
export function placeBytes(bySignificance: ArrayLike<number>, order: ByteOrder): number[] {
  const registers: number[] = [];
  for (let i = 0; i < order.length; i += 2) {
    const first = bySignificance[order[i] as number] as number;
    const second = bySignificance[order[i + 1] as number] as number;
    registers.push((first << 8) | second);
  }
  return registers;
}

/** All bits of a value, most significant byte first, unsigned. */
export function readPattern(registers: Uint16Array, at: number, order: ByteOrder): bigint {
  const bySignificance = new Array<number>(order.length).fill(0);
  for (let i = 0; i < order.length; i++) bySignificance[order[i] as number] = wireByte(registers, at, i);
  return bySignificance.reduce((pattern, byte) => (pattern << 8n) | BigInt(byte), 0n);
}

/** The bytes of an unsigned pattern, most significant first. */
export function bytesOfPattern(pattern: bigint, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Number((pattern >> BigInt(8 * (bytes - 1 - i))) & 0xffn));
}
