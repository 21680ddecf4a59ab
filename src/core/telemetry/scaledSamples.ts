import type { EpochMs } from "../../kernel/units";
import type { Point, Reading } from "../points/point";
import type { PointList } from "../points/pointList";
import { isNoValue, readingOf, UNDECODABLE } from "../points/pointValue";
import { factorOf, scalingPoints, withFactor } from "../points/scaledBy";
import { decodePoint, decoderFor, type PointData, type PointDecoder } from "../points/transform";
import { runsOf, type Sample, type SampleRun, samplesOf } from "./sample";

/** A sample of a point that is scaled by others: its registers wait until these are known. */
interface WaitingSample extends Sample {
  readonly registers: PointData;
}

/** The same of a response with such points among its points. */
interface WaitingRun extends SampleRun {
  readonly data: PointData;
  /** Address of the data. */
  readonly first: number;
}

/** The samples of a response whose data begin at the address `first`; some may have to be settled when all is read. */
export function runOf(list: PointList, data: PointData, first: number, at: EpochMs): SampleRun {
  const { points, decoders } = list;
  const values = list.newValues();
  let bads = 0;
  for (let place = 0; place < values.length; place++) {
    const value = (decoders[place] as PointDecoder)(data, (points[place] as Point).address - first);
    // Written apart from the others: numbers are kept as such, without an object each.
    if (typeof value === "number") values[place] = value;
    else {
      values[place] = value;
      if (isNoValue(value)) bads += 1;
    }
  }
  if (!list.isScaled) return { list, at, values, bads };
  const waiting: WaitingRun = { list, at, values, bads, data, first };
  return waiting;
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

/** The same of responses. Most devices scale by constants: then they are as they are. */
export function settledRuns(runs: readonly SampleRun[]): readonly SampleRun[] {
  for (const { list } of runs) if (list.isScaled) return runsOf(settledSamples(runs.flatMap(waitingSamples)));
  return runs;
}

function waitingSamples(run: SampleRun): readonly Sample[] {
  if (!isWaitingRun(run)) return samplesOf([run]);
  const { list, data, first, at } = run;
  return list.points.map((point) => sampleOf(point, data, point.address - first, at));
}

function isWaitingRun(run: SampleRun): run is WaitingRun {
  return "data" in run;
}
