import type { Point } from "../core/points/point";

/**
 * Numbers whose bits are not their value, read and written by the simulator's own means (see `registers.ts`): digits as
 * text, words one by one. Bytes are by significance, highest first.
 */
interface CodedNumber {
  /** `undefined`: no number of the type. */
  read(bytes: Uint8Array): bigint | undefined;
  write(value: bigint, bytes: Uint8Array): void;
}

const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

const packedDecimal: CodedNumber = {
  read: (bytes) => (/^\d+$/.test(hex(bytes)) ? BigInt(hex(bytes)) : undefined),
  write(value, bytes) {
    const digits = value.toString().padStart(2 * bytes.length, "0");
    bytes.forEach((_, i) => {
      bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
    });
  },
};

const signAndMagnitude: CodedNumber = {
  read(bytes) {
    const magnitude = BigInt(`0x${hex(Uint8Array.from(bytes, (byte, i) => (i === 0 ? byte % 128 : byte)))}`);
    return (bytes[0] ?? 0) >= 128 ? -magnitude : magnitude;
  },
  write(value, bytes) {
    const digits = (value < 0n ? -value : value).toString(16).padStart(2 * bytes.length, "0");
    bytes.forEach((_, i) => {
      bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16) + (i === 0 && value < 0n ? 128 : 0);
    });
  },
};

const wordsOf10000: CodedNumber = {
  read(bytes) {
    const words = Array.from(
      { length: bytes.length / 2 },
      (_, i) => (bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0),
    );
    if (words.some((word) => word > 9999)) return undefined;
    return BigInt(
      words
        .map((word) => String(word).padStart(4, "0"))
        .reverse()
        .join(""),
    );
  },
  write(value, bytes) {
    const digits = value.toString().padStart(2 * bytes.length, "0");
    for (let i = 0; i < bytes.length / 2; i++) {
      const word = Number(digits.slice(digits.length - 4 * (i + 1), digits.length - 4 * i));
      bytes[2 * i] = Math.floor(word / 256);
      bytes[2 * i + 1] = word % 256;
    }
  },
};

const CODED: Partial<Record<Point["type"], CodedNumber>> = {
  bcd16: packedDecimal,
  bcd32: packedDecimal,
  bcd64: packedDecimal,
  signMagnitude16: signAndMagnitude,
  signMagnitude32: signAndMagnitude,
  mod10k: wordsOf10000,
};

export function codedNumber(type: Point["type"]): CodedNumber | undefined {
  return CODED[type];
}

/** Smallest and largest number of a coded type. */
export function codedLimits({ type, count }: Pick<Point, "type" | "count">): readonly [low: bigint, high: bigint] {
  if (type === "signMagnitude16") return [-32_767n, 32_767n];
  if (type === "signMagnitude32") return [-2_147_483_647n, 2_147_483_647n];
  return [0n, 10n ** BigInt(4 * count) - 1n];
}

/** IEEE 754 binary16, from the definition: all of its numbers, searched for the nearest. */
const HALVES: readonly number[] = Array.from({ length: 0x7c00 }, (_, pattern) => {
  const exponent = Math.floor(pattern / 1024);
  const fraction = (pattern % 1024) / 1024;
  return exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15);
});

export function readHalf(pattern: number): number {
  const magnitude = pattern % 0x8000;
  const value = HALVES[magnitude] ?? (magnitude === 0x7c00 ? Number.POSITIVE_INFINITY : Number.NaN);
  return pattern >= 0x8000 ? -value : value;
}

export function writeHalf(value: number): number {
  const magnitude = Math.abs(value);
  let low = 0;
  let high = HALVES.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((HALVES[middle] ?? 0) <= magnitude) low = middle;
    else high = middle;
  }
  const nearer = magnitude - (HALVES[low] ?? 0) <= (HALVES[high] ?? 0) - magnitude ? low : high;
  return nearer + (value < 0 ? 0x8000 : 0);
}
