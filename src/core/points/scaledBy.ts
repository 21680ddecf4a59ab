import { type ExactDecimal, exactDecimal, multiplyDecimals } from "./decimal";
import { scaleOf } from "./linear";
import type { Point, Reading, Scaling } from "./point";
import { isNumeric, toDecimal } from "./pointValue";

/** Larger powers of ten are no scale: registers that were never written, or other registers. */
const MOST_POWER = 10;
const ONE: ExactDecimal = exactDecimal(1n, 0);

/** The points that these ones are scaled by, at any remove, that are to be read with them. */
export function scalingPoints(points: readonly Point[]): readonly Point[] {
  const found = new Set<Point>();
  const open = points.filter(({ scaledBy }) => scaledBy !== undefined);
  for (let point = open.pop(); point !== undefined; point = open.pop()) {
    for (const scaling of point.scaledBy ?? []) {
      if (found.has(scaling.point)) continue;
      found.add(scaling.point);
      open.push(scaling.point);
    }
  }
  return [...found];
}

/** The points, and those that they are scaled by behind them. */
export function withScalingPoints(points: readonly Point[]): readonly Point[] {
  const scaling = scalingPoints(points);
  return scaling.length === 0 ? points : [...points, ...scaling];
}

/** What the scale of a point is multiplied by; `undefined` where one of its factors is not known, or is none. */
export function factorOf(
  point: Pick<Point, "scaledBy">,
  readingOf: (scaling: Point) => Reading | undefined,
): ExactDecimal | undefined {
  let factor = ONE;
  for (const scaling of point.scaledBy ?? []) {
    const one = partOf(scaling, readingOf(scaling.point));
    if (one === undefined) return undefined;
    factor = multiplyDecimals(factor, one);
  }
  return factor;
}

function partOf({ as }: Scaling, reading: Reading | undefined): ExactDecimal | undefined {
  if (reading === undefined || !("value" in reading) || !isNumeric(reading.value)) return undefined;
  const value = toDecimal(reading.value);
  if (as === "factor") return value.coefficient === 0n ? undefined : value;
  return powerFactor(Number(value.coefficient));
}

/** 10^exponent for exponents from -10 to 10. */
export function powerFactor(exponent: number): ExactDecimal | undefined {
  return Math.abs(exponent) <= MOST_POWER ? exactDecimal(1n, -exponent) : undefined;
}

const MOST_KEPT = 32;
const scaled = new WeakMap<Point, Map<string, Point>>();

/** The point as it is while its factors multiply to this: decodes and encodes by itself. */
export function withFactor(point: Point, factor: ExactDecimal): Point {
  const key = `${factor.coefficient}e${factor.scale}`;
  const known = scaled.get(point) ?? new Map<string, Point>();
  scaled.set(point, known);
  const before = known.get(key);
  if (before !== undefined) return before;
  const { scaledBy: _scaledBy, ...own } = point;
  const made: Point = { ...own, scale: multiplyDecimals(scaleOf(point), factor) };
  // A factor that is measured changes without end.
  if (known.size >= MOST_KEPT) known.clear();
  known.set(key, made);
  return made;
}
