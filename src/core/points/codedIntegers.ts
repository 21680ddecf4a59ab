import { bytesOfPattern, highWord, lowWord, placeBytes, readPattern, readUnsigned } from "./registerBytes";
import type { ByteOrder, IntegerType, RawInteger } from "./typeSpec";

/** Integers whose bits are not their value: packed decimals, sign and magnitude, words to base 10000. */

const BCD_WORD = 100_000_000;

/** The number in so many nibbles of decimal digits; `undefined` where one is over 9. */
function decimalNibbles(pattern: number, nibbles: number): number | undefined {
  let value = 0;
  for (let shift = 4 * (nibbles - 1); shift >= 0; shift -= 4) {
    const digit = (pattern >>> shift) & 0xf;
    if (digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return value;
}

/** `high` × `base` + `low`: a bigint only where a number could not tell neighbours apart. */
function join(high: RawInteger, base: number, low: number): RawInteger {
  const joined = Number(high) * base + low;
  return Number.isSafeInteger(joined) ? joined : BigInt(high) * BigInt(base) + BigInt(low);
}

function bcdPattern(raw: bigint): bigint {
  return BigInt(`0x${raw}`);
}

function bcdValue(pattern: bigint): bigint | undefined {
  const digits = pattern.toString(16);
  return /^\d+$/.test(digits) ? BigInt(digits) : undefined;
}

function readBcd(bits: 16 | 32 | 64): IntegerType["read"] {
  if (bits < 64) return (registers, at, order) => decimalNibbles(readUnsigned(registers, at, order), bits / 4);
  return (registers, at, order) => {
    const high = decimalNibbles(highWord(registers, at, order), 8);
    const low = decimalNibbles(lowWord(registers, at, order), 8);
    return high === undefined || low === undefined ? undefined : join(high, BCD_WORD, low);
  };
}

/** Four decimal digits a register, the first the most significant; a nibble over 9 is no value. */
export function packedDecimal(bits: 16 | 32 | 64): IntegerType {
  return {
    shape: "integer",
    registers: bits / 16,
    ordering: "value",
    wholeRegisters: true,
    bits,
    min: 0n,
    max: 10n ** BigInt(bits / 4) - 1n,
    read: readBcd(bits),
    write: (raw, order) => placeBytes(bytesOfPattern(bcdPattern(raw), bits / 8), order),
    coded: { pattern: readPattern, valueOf: bcdValue },
  };
}

/** The top bit is the sign, the others the magnitude. A negative zero is 0. */
export function signAndMagnitude(bits: 16 | 32): IntegerType {
  const sign = 2 ** (bits - 1);
  const signBit = 1n << BigInt(bits - 1);
  const most = signBit - 1n;
  return {
    shape: "integer",
    registers: bits / 16,
    ordering: "value",
    wholeRegisters: true,
    bits,
    min: -most,
    max: most,
    read(registers: Uint16Array, at: number, order: ByteOrder): RawInteger {
      const pattern = readUnsigned(registers, at, order);
      return pattern > sign ? sign - pattern : pattern === sign ? 0 : pattern;
    },
    write: (raw, order) => placeBytes(bytesOfPattern(raw < 0n ? signBit - raw : raw, bits / 8), order),
    coded: {
      pattern: readPattern,
      valueOf: (pattern) => (pattern < signBit ? pattern : pattern === signBit ? undefined : signBit - pattern),
    },
  };
}

const BASE = 10_000;

/** Word i counts 10000^i; the first is the least significant, unless the device reverses words. */
export function wordsToBase10000(words: 2 | 3 | 4): IntegerType {
  const bits = 16 * words;
  return {
    shape: "integer",
    registers: words,
    lengths: MOD10K_LENGTHS,
    ordering: "words",
    wholeRegisters: true,
    bits,
    min: 0n,
    max: BigInt(BASE) ** BigInt(words) - 1n,
    read(registers: Uint16Array, at: number, order: ByteOrder): RawInteger | undefined {
      const step = isReversed(order) ? -1 : 1;
      const first = isReversed(order) ? at + words - 1 : at;
      let value: RawInteger = 0;
      for (let i = words - 1; i >= 0; i--) {
        const word = registers[first + step * i] as number;
        if (word >= BASE) return undefined;
        value = join(value, BASE, word);
      }
      return value;
    },
    write(raw: bigint, order: ByteOrder): number[] {
      const registers = Array.from({ length: words }, (_, i) =>
        Number((raw / BigInt(BASE) ** BigInt(i)) % BigInt(BASE)),
      );
      return isReversed(order) ? registers.reverse() : registers;
    },
    coded: { pattern: readPattern, valueOf: (pattern) => baseValue(pattern, words) },
  };
}

export const MOD10K_LENGTHS = [2, 4] as const;

/** Whether an order of whole registers is backwards. */
export function isReversed(order: ByteOrder): boolean {
  return (order[0] ?? 0) !== 0;
}

/** The first word of the pattern is the most significant byte pair, and counts least. */
function baseValue(pattern: bigint, words: number): bigint | undefined {
  let value = 0n;
  for (let i = words - 1; i >= 0; i--) {
    const word = (pattern >> BigInt(16 * (words - 1 - i))) & 0xffffn;
    if (word >= BigInt(BASE)) return undefined;
    value = value * BigInt(BASE) + word;
  }
  return value;
}
