import type { EpochMs } from "../../kernel/units";
import type { Decoded, Point, Reading } from "../points/point";
import { type PointList, pointListOf } from "../points/pointList";
import { isNoValue, readingOf, UNDECODABLE } from "../points/pointValue";
import { factorOf, scalingPoints, withFactor } from "../points/scaledBy";
import { decoderFor, type PointData, type PointDecoder } from "../points/transform";
import type { SampleRun } from "./sample";

/** A response with points that are scaled by others among its points: its registers wait until these are known. */
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

function isWaitingRun(run: SampleRun): run is WaitingRun {
  return "data" in run;
}

/** What is left of a response when those of its points are left out that were read for the scale alone. */
interface Rest {
  readonly list: PointList;
  /** Where its points stand among those of the response. */
  readonly places: readonly number[];
}

/** What the lists of a cycle say about its settling. */
interface Settling {
  readonly lists: readonly PointList[];
  readonly rests: readonly Rest[];
  /** Where each point stands: in which response, and at which place. */
  readonly standing: ReadonlyMap<Point, readonly [run: number, place: number]>;
}

/** By the first list: a device is read by the same few lists again and again. */
const known = new WeakMap<PointList, readonly Settling[]>();
/** Responses come in other orders, or by other lists, where something was refused or not answered. */
const MOST_SETTLINGS = 16;

function settlingOf(runs: readonly SampleRun[], first: PointList): Settling {
  const before = known.get(first) ?? [];
  const same = before.find(
    ({ lists }) => lists.length === runs.length && lists.every((list, at) => list === runs[at]?.list),
  );
  if (same !== undefined) return same;
  const made = newSettling(runs.map(({ list }) => list));
  known.set(first, before.length < MOST_SETTLINGS ? [...before, made] : [made]);
  return made;
}

function newSettling(lists: readonly PointList[]): Settling {
  const scaling = new Set(scalingPoints(lists.flatMap(({ points }) => points)));
  const standing = new Map<Point, readonly [number, number]>();
  const rests = lists.map((list, run): Rest => {
    const places: number[] = [];
    for (const [place, point] of list.points.entries()) {
      standing.set(point, [run, place]);
      if (!scaling.has(point)) places.push(place);
    }
    const points = places.map((place) => list.points[place] as Point);
    return { list: points.length === list.points.length ? list : pointListOf(points), places };
  });
  return { lists, rests, standing };
}

/** What the samples of these responses mean, when all of them are known. */
interface Settled {
  /** Of a point; `undefined`: not among them. */
  readingOf(point: Point): Reading | undefined;
  at(run: SampleRun, place: number): Decoded;
}

function settledBy(runs: readonly SampleRun[], { standing }: Settling): Settled {
  const readings = new Map<Point, Reading>();

  /** Points scale one another without loops: resolution has seen to that. */
  function readingOfPoint(point: Point): Reading | undefined {
    const found = readings.get(point);
    const where = standing.get(point);
    if (found !== undefined || where === undefined) return found;
    const reading = readingOf(at(runs[where[0]] as SampleRun, where[1]));
    readings.set(point, reading);
    return reading;
  }

  function at(run: SampleRun, place: number): Decoded {
    const value = run.values[place] as Decoded;
    const point = run.list.points[place] as Point;
    if (value !== UNDECODABLE || point.scaledBy === undefined || !isWaitingRun(run)) return value;
    const factor = factorOf(point, readingOfPoint);
    return factor === undefined ? value : decoderFor(withFactor(point, factor))(run.data, point.address - run.first);
  }

  return { readingOf: readingOfPoint, at };
}

/** What the points of these responses read, those that wait for their scale with it; `undefined`: not among them. */
export function readingsOf(runs: readonly SampleRun[]): (point: Point) => Reading | undefined {
  const first = runs[0]?.list;
  return first === undefined ? () => undefined : settledBy(runs, settlingOf(runs, first)).readingOf;
}

/**
 * The responses of a cycle, in their order, when all that was read with them is known: what waited for its scale has its
 * value, or is bad `decode` where the scale is not known; what was read for the scale alone is left out. Most devices
 * scale by constants: then they are as they are.
 */
export function settledRuns(runs: readonly SampleRun[]): readonly SampleRun[] {
  const first = runs[0]?.list;
  if (first === undefined || !runs.some(({ list }) => list.isScaled)) return runs;
  const settling = settlingOf(runs, first);
  const settled = settledBy(runs, settling);
  return settling.rests.flatMap((rest, at) => restOf(runs[at] as SampleRun, rest, settled));
}

function restOf(run: SampleRun, { list, places }: Rest, settled: Settled): readonly SampleRun[] {
  if (places.length === 0) return [];
  const values = list.newValues();
  let bads = 0;
  for (const [to, place] of places.entries()) {
    const value = settled.at(run, place);
    values[to] = value;
    if (isNoValue(value)) bads += 1;
  }
  return [{ list, at: run.at, values, bads }];
}
