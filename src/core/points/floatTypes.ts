import { halfFromPattern, nearestHalf, patternOfHalf, shortestHalf } from "./halfFloat";
import { highWord, lowWord, placeBytes, readUnsigned } from "./registerBytes";
import { shortestFloat32 } from "./significantDigits";
import type { FloatType } from "./typeSpec";

const scratch = new DataView(new ArrayBuffer(8));

function scratchBytes(count: number): number[] {
  return Array.from({ length: count }, (_, i) => scratch.getUint8(i));
}

/** IEEE 754 binary16. */
export const float16: FloatType = {
  shape: "float",
  registers: 1,
  ordering: "value",
  digits: 7,
  max: 65_504,
  read: (registers, at, order) => halfFromPattern(readUnsigned(registers, at, order)),
  write(raw, order) {
    const pattern = patternOfHalf(raw);
    return placeBytes([pattern >> 8, pattern & 0xff], order);
  },
  nearest: nearestHalf,
  shortest: shortestHalf,
};

/** IEEE 754 binary32. */
export const float32: FloatType = {
  shape: "float",
  registers: 2,
  ordering: "value",
  digits: 7,
  max: 3.4028234663852886e38,
  read(registers, at, order) {
    scratch.setUint32(0, readUnsigned(registers, at, order));
    return scratch.getFloat32(0);
  },
  write(raw, order) {
    scratch.setFloat32(0, raw);
    return placeBytes(scratchBytes(4), order);
  },
  nearest: Math.fround,
  shortest: shortestFloat32,
};

/** IEEE 754 binary64: the shortest decimal text of a double is JavaScript's own. */
export const float64: FloatType = {
  shape: "float",
  registers: 4,
  ordering: "value",
  digits: 15,
  max: Number.MAX_VALUE,
  read(registers, at, order) {
    scratch.setUint32(0, highWord(registers, at, order));
    scratch.setUint32(4, lowWord(registers, at, order));
    return scratch.getFloat64(0);
  },
  write(raw, order) {
    scratch.setFloat64(0, raw);
    return placeBytes(scratchBytes(8), order);
  },
  nearest: (value) => value,
  shortest: (raw) => raw,
};
