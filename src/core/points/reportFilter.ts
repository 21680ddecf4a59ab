import {
  compareDecimals,
  decimalFromInteger,
  decimalToNumber,
  type ExactDecimal,
  multiplyDecimals,
  subtractDecimals,
} from "./decimal";
import type { Point, PointValue, ReportRule } from "./point";
import { isNumeric, sameValue, toDecimal } from "./pointValue";

const HUNDRED = decimalFromInteger(100);
/** Doubles decide where they are this far from the edge of a deadband, relative to what is compared. */
const DOUBTFUL = 1e-9;

/** A value of a point that was sent. */
export interface Sent {
  readonly value: PointValue;
  /** Monotonic, ms. */
  readonly at: number;
}

/**
 * Whether a good value is worth sending, by what was sent last of its point (`undefined`: nothing, or a bad reading).
 * `now` is monotonic; `intervalMs` is the distance to the next reading (0: unknown): what would be overdue by then more
 * than it is early now is sent now.
 */
export function isWorthSending(
  { report }: Pick<Point, "report">,
  value: PointValue,
  last: Sent | undefined,
  now: number,
  intervalMs: number,
): boolean {
  if (report === undefined || last === undefined) return true;
  if (now + intervalMs / 2 >= last.at + report.atLeastMs) return true;
  return hasChanged(value, last.value, report.deadband);
}

function hasChanged(value: PointValue, last: PointValue, deadband: ReportRule["deadband"]): boolean {
  if (value === last) return false;
  if (deadband === undefined || !isNumeric(value) || !isNumeric(last)) return !sameValue(value, last);
  return isBeyond(value, last, deadband);
}

/** |value − last| > width; with `percent` × |last| / 100. Equal is within. */
function isBeyond(
  value: number | ExactDecimal,
  last: number | ExactDecimal,
  { by, width }: NonNullable<ReportRule["deadband"]>,
): boolean {
  if (typeof value === "number" && typeof last === "number") {
    const limit = (decimalToNumber(width) * (by === "percent" ? Math.abs(last) : 100)) / 100;
    const excess = Math.abs(value - last) - limit;
    const doubt = (Math.abs(value) + Math.abs(last) + limit) * DOUBTFUL;
    if (Math.abs(excess) > doubt) return excess > 0;
  }
  const from = toDecimal(last);
  const distance = magnitude(subtractDecimals(toDecimal(value), from));
  if (by === "unit") return compareDecimals(distance, width) > 0;
  return compareDecimals(multiplyDecimals(distance, HUNDRED), multiplyDecimals(magnitude(from), width)) > 0;
}

function magnitude({ coefficient, scale }: ExactDecimal): ExactDecimal {
  return { coefficient: coefficient < 0n ? -coefficient : coefficient, scale };
}
