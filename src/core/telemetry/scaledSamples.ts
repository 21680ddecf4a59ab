import type { Point, Reading } from "../points/point";
import { readingOf, UNDECODABLE } from "../points/pointValue";
import { factorOf, scalingPoints, withFactor } from "../points/scaledBy";
import { decodePoint, decoderFor, type PointData } from "../points/transform";
import type { Sample } from "./sample";

/** A sample of a point that is scaled by others: its registers wait until these are known. */
interface WaitingSample extends Sample {
  readonly registers: PointData;
}

/** The sample of a point from data in which it begins at `offset`. */
export function sampleOf(point: Point, data: PointData, offset: number, at: Sample["at"]): Sample {
  const decoded = decoderFor(point)(data, offset);
  const reading = readingOf(decoded);
  if (decoded !== UNDECODABLE || point.scaledBy === undefined) return { point, at, reading };
  const waiting: WaitingSample = { point, at, reading, registers: data.slice(offset, offset + point.count) };
  return waiting;
}

function isWaiting(sample: Sample): sample is WaitingSample {
  return "registers" in sample;
}

function isScaled({ point }: Sample): boolean {
  return point.scaledBy !== undefined;
}

/** What the points of a cycle read, those that wait for their scale with it; `undefined`: not in the cycle. */
export function readingsOf(samples: readonly Sample[]): (point: Point) => Reading | undefined {
  const byPoint = new Map(samples.map((sample) => [sample.point, sample]));
  const readings = new Map<Point, Reading>();

  /** Points scale one another without loops: resolution has seen to that. */
  return function readingOf(point: Point): Reading | undefined {
    const sample = byPoint.get(point);
    if (sample === undefined || !isWaiting(sample)) return sample?.reading;
    const known = readings.get(point);
    if (known !== undefined) return known;
    const factor = factorOf(point, readingOf);
    const reading = factor === undefined ? UNDECODABLE : decodePoint(withFactor(point, factor), sample.registers, 0);
    readings.set(point, reading);
    return reading;
  };
}

/**
 * The samples of a cycle in their order, when all that was read with them is known: what waited for its scale has its
 * value, or is bad `decode` where the scale is not known; what was read for the scale alone is left out.
 */
export function settledSamples(samples: readonly Sample[]): readonly Sample[] {
  if (!samples.some(isScaled)) return samples;
  const scaling = new Set(scalingPoints(samples.map(({ point }) => point)));
  if (scaling.size === 0) return samples;
  const readingOf = readingsOf(samples);
  return samples
    .filter(({ point }) => !scaling.has(point))
    .map((sample) => {
      if (!isWaiting(sample)) return sample;
      const { point, at } = sample;
      return { point, at, reading: readingOf(point) ?? UNDECODABLE };
    });
}
