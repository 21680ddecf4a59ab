import { decimalFromNumber, decimalToNumber, roundDecimal } from "./decimal";

/** Powers of ten that a double carries exactly. */
const EXACT_POWERS: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Where every product and quotient below stays within the exact powers of ten. */
const FAST_FROM = 1e-13;
const FAST_BELOW = 1e21;

const scratch = new DataView(new ArrayBuffer(8));

/** ⌊log10(2^e)⌋ for the biased exponents of doubles. */
const DECIMAL_EXPONENT: readonly number[] = Array.from({ length: 2047 }, (_, biased) =>
  Math.floor((biased - 1023) * Math.LOG10E * Math.LN2),
);

/**
 * ⌊log10(value)⌋ for 1e-13 ≤ value < 1e21: from the exponent bits, corrected by one comparison with an exact power.
 * (Rounding `Math.log10` is wrong near powers of ten.)
 */
function decimalExponent(value: number): number {
  scratch.setFloat64(0, value);
  const exponent = DECIMAL_EXPONENT[(scratch.getUint32(0) >>> 20) & 0x7ff] as number;
  const next = exponent + 1;
  const reached = next >= 0 ? value >= (EXACT_POWERS[next] as number) : value * (EXACT_POWERS[-next] as number) >= 1;
  return reached ? next : exponent;
}

/** Smallest normal float32: below it a float32 has fewer than six digits. */
const SMALLEST_NORMAL = 2 ** -126;

/**
 * A float32 that is a power of two reaches twice as far up as down, so that a shorter decimal may lie above it where the
 * nearest one below does not read back. Of all 254 powers these three have one (a test goes through them).
 */
const LOPSIDED: ReadonlyMap<number, number> = new Map([
  [2 ** -96, 1.2621775e-29],
  [2 ** 87, 1.5474251e26],
  [2 ** 90, 1.2379401e27],
]);

function shortestBySearch(value: number): number {
  const lopsided = LOPSIDED.get(Math.abs(value));
  if (lopsided !== undefined) return value < 0 ? -lopsided : lopsided;
  for (let digits = Math.abs(value) < SMALLEST_NORMAL ? 1 : 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

/**
 * The double whose decimal text is the shortest that reads back as the float32 `value` (finite).
 *
 * Any decimal of six digits survives the way through a float32, so the nearest one of six digits is the answer where it
 * reads back; else seven, eight, nine digits are tried, and nine always do. A candidate is an integer below 2^53 over
 * (or times) an exact power of ten, hence one correctly rounded operation: the double that its text stands for.
 */
export function shortestFloat32(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude < 0x100_0000 && Math.trunc(value) === value) return value;
  if (magnitude < FAST_FROM || magnitude >= FAST_BELOW) return shortestBySearch(value);
  let shift = 5 - decimalExponent(magnitude);
  for (let digits = 6; digits <= 9; digits++, shift++) {
    const candidate = roundedAt(magnitude, shift);
    if (Math.fround(candidate) === magnitude) return value < 0 ? -candidate : candidate;
  }
  return shortestBySearch(value);
}

/** `magnitude` rounded to a multiple of 10^-shift, |shift| ≤ 22. */
function roundedAt(magnitude: number, shift: number): number {
  if (shift >= 0) {
    const power = EXACT_POWERS[shift] as number;
    return Math.round(magnitude * power) / power;
  }
  const power = EXACT_POWERS[-shift] as number;
  return Math.round(magnitude / power) * power;
}

/** How near to a tie the scaled value of up to seven digits may come before its own rounding error could decide. */
const TIE = 1e-6;

/** `value` (finite) rounded to so many significant digits, as `toPrecision` does. */
export function roundSignificant(value: number, digits: number): number {
  const magnitude = Math.abs(value);
  if (digits > 7 || magnitude < FAST_FROM || magnitude >= FAST_BELOW) return Number(value.toPrecision(digits));
  const shift = digits - 1 - decimalExponent(magnitude);
  const power = EXACT_POWERS[Math.abs(shift)] as number;
  const scaled = shift >= 0 ? magnitude * power : magnitude / power;
  const whole = Math.floor(scaled);
  const rest = scaled - whole;
  if (Math.abs(rest - 0.5) < TIE) return Number(value.toPrecision(digits));
  const rounded = rest > 0.5 ? whole + 1 : whole;
  const result = shift >= 0 ? rounded / power : rounded * power;
  return value < 0 ? -result : result;
}

/** `value` rounded to so many digits after the point, halves of its decimal text away from zero. */
export function roundAfterPoint(value: number, digits: number): number {
  const power = EXACT_POWERS[digits] ?? Number.POSITIVE_INFINITY;
  const scaled = Math.abs(value) * power;
  const whole = Math.floor(scaled);
  const rest = scaled - whole;
  if (!(scaled < 1e9) || Math.abs(rest - 0.5) < TIE) return roundExactly(value, digits);
  const result = (rest > 0.5 ? whole + 1 : whole) / power;
  return value < 0 && result !== 0 ? -result : result;
}

function roundExactly(value: number, digits: number): number {
  return decimalToNumber(roundDecimal(decimalFromNumber(value), digits));
}
