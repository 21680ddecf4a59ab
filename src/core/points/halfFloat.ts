/** IEEE 754-2008 binary16: 1 bit sign, 5 bits exponent (bias 15), 10 bits fraction. */

const SMALLEST_NORMAL = 2 ** -14;
const SMALLEST = 2 ** -24;
/** Halfway between the largest half and the next one there would be: from here on it is infinity. */
const OVERFLOW = 65_520;
const INFINITE = 0x7c00;
const NOT_A_NUMBER = 0x7e00;

const scratch = new DataView(new ArrayBuffer(8));

export function halfFromPattern(pattern: number): number {
  const sign = pattern & 0x8000 ? -1 : 1;
  const exponent = (pattern >> 10) & 0x1f;
  const fraction = pattern & 0x3ff;
  if (exponent === 0) return sign * fraction * SMALLEST;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** ⌊log2⌋ of a normal double. */
function binaryExponent(magnitude: number): number {
  scratch.setFloat64(0, magnitude);
  return ((scratch.getUint32(0) >>> 20) & 0x7ff) - 1023;
}

/** The half nearest to the value, ties to even; ±Infinity beyond 65,519. */
export function nearestHalf(value: number): number {
  const magnitude = Math.abs(value);
  if (!(magnitude < OVERFLOW)) return Number.isNaN(value) ? value : Math.sign(value) * Number.POSITIVE_INFINITY;
  const unit = magnitude < SMALLEST_NORMAL ? SMALLEST : 2 ** (binaryExponent(magnitude) - 10);
  const steps = magnitude / unit;
  const below = Math.floor(steps);
  const rest = steps - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 === 1);
  const nearest = (up ? below + 1 : below) * unit;
  return value < 0 || Object.is(value, -0) ? -nearest : nearest;
}

/** The bits of the half nearest to the value. */
export function patternOfHalf(value: number): number {
  if (Number.isNaN(value)) return NOT_A_NUMBER;
  const half = nearestHalf(value);
  const sign = half < 0 || Object.is(half, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(half);
  if (magnitude === Number.POSITIVE_INFINITY) return sign | INFINITE;
  if (magnitude < SMALLEST_NORMAL) return sign | (magnitude / SMALLEST);
  const exponent = binaryExponent(magnitude);
  return sign | ((exponent + 15) << 10) | (magnitude / 2 ** (exponent - 10) - 1024);
}

/** At most one entry for each half that is no integer. */
const shortest = new Map<number, number>();

/** The double whose decimal text is the shortest that reads back as this half; whole numbers keep every digit. */
export function shortestHalf(value: number): number {
  if (Number.isInteger(value)) return value;
  const known = shortest.get(value);
  if (known !== undefined) return known;
  const found = searchShortest(Math.abs(value)) * Math.sign(value);
  shortest.set(value, found);
  return found;
}

/** Five digits tell all halves apart. */
function searchShortest(magnitude: number): number {
  for (let digits = 1; digits < 5; digits++) {
    const candidate = Number(magnitude.toPrecision(digits));
    if (nearestHalf(candidate) === magnitude) return candidate;
  }
  return Number(magnitude.toPrecision(5));
}
