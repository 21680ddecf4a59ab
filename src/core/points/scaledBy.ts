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
  let factor: ExactDecimal | undefined;
  for (const scaling of point.scaledBy ?? []) {
    const one = partOf(scaling, readingOf(scaling.point));
    if (one === undefined) return undefined;
    factor = factor === undefined ? one : multiplyDecimals(factor, one);
  }
  return factor ?? ONE;
}

function partOf({ as }: Scaling, reading: Reading | undefined): ExactDecimal | undefined {
  if (reading === undefined || !("value" in reading) || !isNumeric(reading.value)) return undefined;
  if (as === "power") return typeof reading.value === "number" ? powerFactor(reading.value) : undefined;
  const value = toDecimal(reading.value);
  return value.coefficient === 0n ? undefined : value;
}

/** One object a power: the point that it makes is found again at once. */
const POWERS: readonly ExactDecimal[] = Array.from({ length: 2 * MOST_POWER + 1 }, (_, i) =>
  exactDecimal(1n, MOST_POWER - i),
);

/** 10^exponent for whole exponents from -10 to 10. */
export function powerFactor(exponent: number): ExactDecimal | undefined {
  return POWERS[exponent + MOST_POWER];
}

interface Made {
  readonly factor: ExactDecimal;
  readonly point: Point;
}

/** The last one made of each point: scales seldom change. */
const lastMade = new WeakMap<Point, Made>();

/** The point as it is while its factors multiply to this: decodes and encodes by itself. */
export function withFactor(point: Point, factor: ExactDecimal): Point {
  const last = lastMade.get(point);
  if (last !== undefined && isSame(last.factor, factor)) return last.point;
  const { scaledBy: _scaledBy, ...own } = point;
  const made: Point = { ...own, scale: multiplyDecimals(scaleOf(point), factor) };
  lastMade.set(point, { factor, point: made });
  return made;
}

function isSame(a: ExactDecimal, b: ExactDecimal): boolean {
  return a === b || (a.scale === b.scale && a.coefficient === b.coefficient);
}
