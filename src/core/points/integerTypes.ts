import { highWord, lowWord, placeBytes, readUnsigned } from "./registerBytes";
import type { ByteOrder, IntegerType, RawInteger } from "./typeSpec";

const WORD = 0x1_0000_0000;

function range(bits: number, signed: boolean): { readonly min: bigint; readonly max: bigint } {
  const span = 1n << BigInt(bits);
  return signed ? { min: -span / 2n, max: span / 2n - 1n } : { min: 0n, max: span - 1n };
}

/** The bytes of a two's complement pattern, most significant first. */
function bytesOfInteger(raw: bigint, bits: number): number[] {
  const pattern = BigInt.asUintN(bits, raw);
  return Array.from({ length: bits / 8 }, (_, i) => Number((pattern >> BigInt(bits - 8 - 8 * i)) & 0xffn));
}

/** 16 or 32 bits over whole registers. */
export function wordInteger(bits: 16 | 32, signed: boolean): IntegerType {
  const unused = 32 - bits;
  return {
    shape: "integer",
    registers: bits / 16,
    ordering: "value",
    wholeRegisters: true,
    bits,
    ...range(bits, signed),
    read: signed
      ? (registers, at, order) => (readUnsigned(registers, at, order) << unused) >> unused
      : (registers, at, order) => readUnsigned(registers, at, order),
    write: (raw, order) => placeBytes(bytesOfInteger(raw, bits), order),
  };
}

/** 24 bits in two registers. The top byte is not looked at, and written as 0. */
export function threeByteInteger(signed: boolean): IntegerType {
  return {
    shape: "integer",
    registers: 2,
    ordering: "value",
    wholeRegisters: true,
    bits: 24,
    ...range(24, signed),
    read: signed
      ? (registers, at, order) => (readUnsigned(registers, at, order) << 8) >> 8
      : (registers, at, order) => readUnsigned(registers, at, order) & 0xff_ffff,
    write: (raw, order) => placeBytes([0, ...bytesOfInteger(raw, 24)], order),
  };
}

/** A bigint only where a number could not tell neighbours apart. */
function joinWords(high: number, low: number): RawInteger {
  const joined = high * WORD + low;
  return Number.isSafeInteger(joined) ? joined : BigInt(high) * BigInt(WORD) + BigInt(low);
}

/** 64 bits over four registers. */
export function longInteger(signed: boolean): IntegerType {
  return {
    shape: "integer",
    registers: 4,
    ordering: "value",
    wholeRegisters: true,
    bits: 64,
    ...range(64, signed),
    read(registers: Uint16Array, at: number, order: ByteOrder): RawInteger {
      const high = highWord(registers, at, order);
      return joinWords(signed ? high | 0 : high, lowWord(registers, at, order));
    },
    write: (raw, order) => placeBytes(bytesOfInteger(raw, 64), order),
  };
}

/** One byte of a register: `first` is the byte that arrives first (the high one). */
export function byteInteger(place: "first" | "second", signed: boolean): IntegerType {
  const shift = place === "first" ? 8 : 0;
  return {
    shape: "integer",
    registers: 1,
    ordering: "none",
    wholeRegisters: false,
    bits: 8,
    ...range(8, signed),
    read(registers: Uint16Array, at: number): RawInteger {
      const byte = ((registers[at] as number) >> shift) & 0xff;
      return signed ? (byte << 24) >> 24 : byte;
    },
    write: (raw) => [Number(BigInt.asUintN(8, raw)) << shift],
  };
}
