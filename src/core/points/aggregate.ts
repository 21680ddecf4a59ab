import { typeSpec } from "./dataType";
import {
  addDecimals,
  decimalFromInteger,
  decimalToNumber,
  divideIntegers,
  type ExactDecimal,
  exactDecimal,
  powerOfTen,
  subtractDecimals,
  toPointNumber,
} from "./decimal";
import type { BadReason, Point, PointValue, Reading } from "./point";
import { compareValues, isNumeric, NOT_AVAILABLE, toDecimal } from "./pointValue";
import { roundAfterPoint, roundSignificant } from "./significantDigits";

/** What is made of the values of a period. */
export type AggregateKind = "last" | "mean" | "min" | "max" | "delta";

/** Digits after the point that a mean of integers keeps (as scaled integers do, contract section 3). */
const MEAN_DECIMALS = 9;

/**
 * The values of one point, gathered over a period. Bad readings never enter; a period without a good one is bad, with
 * the last reason.
 *
 * Everything is computed on the exact decimals of the values. `mean` divides their exact sum once and rounds halves away
 * from zero: to 9 digits after the point, for float types to the digits they are good for (7, 15), and to the point's
 * `decimals`. `delta` is the last value minus the last value of the period before (or, in the first one, its first
 * value), so that deltas add up to what a counter has counted; one that was reset gives a negative delta. Texts and
 * booleans: the last.
 */
export class Accumulator {
  readonly #point: Point;
  readonly #kind: AggregateKind;
  #count = 0;
  #sum: ExactDecimal = decimalFromInteger(0);
  #kept: PointValue | undefined;
  /** What a delta is measured from. */
  #base: PointValue | undefined;
  /** It is the last value of an earlier period. */
  #continues = false;
  #bad: BadReason = "notAvailable";

  constructor(point: Point, kind: AggregateKind) {
    this.#point = point;
    this.#kind = kind;
  }

  add(reading: Reading): void {
    if ("bad" in reading) {
      this.#bad = reading.bad;
      return;
    }
    const { value } = reading;
    this.#count += 1;
    if (this.#kind === "mean" && isNumeric(value)) this.#sum = addDecimals(this.#sum, toDecimal(value));
    if (this.#kind === "delta") this.#base ??= value;
    if (this.#kept === undefined || this.#replaces(value, this.#kept)) this.#kept = value;
  }

  /** The reading of the period, which ends. */
  close(): Reading {
    const reading = this.#reading();
    if (this.#kind === "delta" && this.#count > 0) {
      this.#base = this.#kept;
      this.#continues = true;
    }
    this.#count = 0;
    this.#sum = decimalFromInteger(0);
    this.#kept = undefined;
    this.#bad = "notAvailable";
    return reading;
  }

  #replaces(value: PointValue, kept: PointValue): boolean {
    const { min, max } = { min: this.#kind === "min", max: this.#kind === "max" };
    if (!(min || max) || !isNumeric(value) || !isNumeric(kept)) return true;
    const order = compareValues(value, kept);
    return min ? order < 0 : order > 0;
  }

  #reading(): Reading {
    const kept = this.#kept;
    if (kept === undefined) return { bad: this.#bad };
    if (!isNumeric(kept)) return { value: kept };
    if (this.#kind === "mean") return { value: this.#mean() };
    if (this.#kind !== "delta") return { value: kept };
    // One reading is no distance: nothing is known of what went before it.
    return this.#count < 2 && !this.#continues ? NOT_AVAILABLE : { value: this.#distance(kept) };
  }

  #distance(kept: number | ExactDecimal): number | ExactDecimal {
    const base = this.#base !== undefined && isNumeric(this.#base) ? this.#base : kept;
    return toPointNumber(subtractDecimals(toDecimal(kept), toDecimal(base)));
  }

  #mean(): number | ExactDecimal {
    const { decimals, type } = this.#point;
    const spec = typeSpec(type);
    if (spec.shape === "float") {
      const mean = roundSignificant(decimalToNumber(this.#sum) / this.#count, spec.digits);
      return decimals === undefined ? mean : roundAfterPoint(mean, decimals);
    }
    return toPointNumber(quotient(this.#sum, this.#count, Math.min(decimals ?? MEAN_DECIMALS, MEAN_DECIMALS)));
  }
}

/** A decimal over a count, with so many digits after the point at most, halves away from zero. */
function quotient(sum: ExactDecimal, count: number, decimals: number): ExactDecimal {
  const dividend = sum.coefficient * powerOfTen(decimals);
  return exactDecimal(divideIntegers(dividend, BigInt(count) * powerOfTen(sum.scale), "nearest"), decimals);
}
