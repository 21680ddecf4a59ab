import type { Point } from "./point";
import { decoderFor, type PointDecoder } from "./transform";

/** Points that are read together, and how each is decoded: shared by all who read the same ones. */
export interface PointList {
  readonly points: readonly Point[];
  readonly decoders: readonly PointDecoder[];
}

/** By their first point: lists of a profile's points are made for each of its devices, again and again the same. */
const known = new WeakMap<Point, PointList[]>();
/** More than anybody reads in turn; beyond, lists are made anew. */
const MOST_LISTS = 64;

export function pointListOf(points: readonly Point[]): PointList {
  const [first] = points;
  const lists = first === undefined ? undefined : known.get(first);
  const same = lists?.find((list) => isSame(list.points, points));
  if (same !== undefined) return same;
  const made = { points, decoders: points.map(decoderFor) };
  if (lists !== undefined && lists.length < MOST_LISTS) lists.push(made);
  else if (lists === undefined && first !== undefined) known.set(first, [made]);
  return made;
}

function isSame(a: readonly Point[], b: readonly Point[]): boolean {
  return a.length === b.length && a.every((point, at) => point === b[at]);
}
