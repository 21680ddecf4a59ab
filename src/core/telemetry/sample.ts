import type { EpochMs } from "../../kernel/units";
import type { BadReason, Decoded, Point, Reading } from "../points/point";
import { PointList } from "../points/pointList";
import { isNoValue, readingOf } from "../points/pointValue";

/** One point's reading at the time its response arrived. */
export interface Sample {
  readonly point: Point;
  /** When the response that carried it arrived; for a bad reading, when that was known. */
  readonly at: EpochMs;
  readonly reading: Reading;
}

/**
 * Samples of one instant, as a rule those of one response, as columns: the points are there already, so that a cycle
 * of fifty floats makes one array rather than a hundred objects (most of the garbage that a poll would make).
 */
export interface SampleRun {
  readonly list: PointList;
  readonly at: EpochMs;
  /** Of each point of the list. */
  readonly values: readonly Decoded[];
  /** How many of them are none. */
  readonly bads: number;
}

/** What one device yielded in one due cycle, in the order of the responses. */
export interface DeviceCycle {
  readonly device: string;
  readonly runs: readonly SampleRun[];
}

/** One by one. */
export function samplesOf(runs: readonly SampleRun[]): Sample[] {
  const samples: Sample[] = [];
  for (const run of runs) {
    for (const [place, point] of run.list.points.entries()) samples.push(sampleAt(run, place, point));
  }
  return samples;
}

function sampleAt({ at, values }: SampleRun, place: number, point: Point): Sample {
  return { point, at, reading: readingOf(values[place] as Decoded) };
}

/** Samples in their order: those of one instant that follow each other are a run. */
export function runsOf(samples: readonly Sample[]): readonly SampleRun[] {
  const runs: SampleRun[] = [];
  for (let from = 0; from < samples.length; ) {
    const at = samples[from]?.at as EpochMs;
    let to = from + 1;
    while (samples[to]?.at === at) to += 1;
    const part = samples.slice(from, to);
    const values = part.map(({ reading }) => ("bad" in reading ? reading : reading.value));
    runs.push({ list: new PointList(part.map(({ point }) => point)), at, values, bads: countBad(values) });
    from = to;
  }
  return runs;
}

function countBad(values: readonly Decoded[]): number {
  let bads = 0;
  for (const value of values) if (isNoValue(value)) bads += 1;
  return bads;
}

/** None of the points has a value, for one reason. */
export function badRun(list: PointList, bad: BadReason, at: EpochMs): SampleRun {
  const { length } = list.points;
  return { list, at, values: new Array<Decoded>(length).fill({ bad }), bads: length };
}

/** For samples that were not polled. */
export function cycleOf(device: string, samples: readonly Sample[]): DeviceCycle {
  return { device, runs: runsOf(samples) };
}
