import type { Point, PointValue } from "../points/point";

/** What a mains meter shows whatever it measures otherwise: nothing else looks like it by chance. */
const MAINS: readonly {
  readonly units: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly off: boolean;
}[] = [
  // A phase that is not connected shows nothing.
  { units: ["V", "volt"], from: 80, to: 700, off: true },
  { units: ["Hz", "hertz"], from: 45, to: 65, off: false },
];

/** Points that can testify for a profile: voltages and frequencies, at most `most`. */
export function witnessesAmong(points: readonly Point[], most: number): readonly Point[] {
  return points.filter(({ unit, access }) => access !== "write" && rangeOf(unit) !== undefined).slice(0, most);
}

const FEWEST = 2;

/**
 * How many witnesses say that registers are those of a profile; 0: one of them denies it, or they are too few.
 * @param readings `undefined`: the point could not be read, or has no value.
 */
export function testimony(readings: readonly (readonly [Point, PointValue | undefined])[]): number {
  let good = 0;
  for (const [{ unit }, value] of readings) {
    const range = rangeOf(unit);
    if (range === undefined || typeof value !== "number") return 0;
    if (value >= range.from && value <= range.to) good += 1;
    else if (!(range.off && value === 0)) return 0;
  }
  return good >= FEWEST ? good : 0;
}

function rangeOf(unit: string | undefined) {
  return MAINS.find(({ units }) => unit !== undefined && units.includes(unit));
}
