import type { Decoded, Point } from "./point";
import { placesOf } from "./pointPlaces";
import { decoderFor, type PointDecoder } from "./transform";

/**
 * Points in the order in which their values stand. What is the same for all who have these points is worked out once,
 * when it is first asked for.
 */
export class PointList {
  #decoders: readonly PointDecoder[] | undefined;
  #blank: readonly Decoded[] | undefined;
  #isScaled: boolean | undefined;
  #hasProperties: boolean | undefined;
  /** Empty: there is none. */
  #plainGroup: string | undefined;
  #places: { readonly among: readonly Point[]; readonly at: readonly number[] } | undefined;

  constructor(readonly points: readonly Point[]) {}

  get decoders(): readonly PointDecoder[] {
    this.#decoders ??= this.points.map(decoderFor);
    return this.#decoders;
  }

  /**
   * An array for a value of each. A copy of one of doubles: grown from nothing, an array of fifty floats would be
   * allocated twice, first for small integers.
   */
  newValues(): Decoded[] {
    this.#blank ??= this.points.map(() => 0.5);
    return this.#blank.slice();
  }

  /** Some of them are scaled by other points. */
  get isScaled(): boolean {
    this.#isScaled ??= this.points.some(({ scaledBy }) => scaledBy !== undefined);
    return this.#isScaled;
  }

  /** Some of them are more than telemetry. */
  get hasProperties(): boolean {
    this.#hasProperties ??= this.points.some(({ kind }) => kind !== "telemetry");
    return this.#hasProperties;
  }

  /** The group of all of them, where they are telemetry of one group that is sent whenever it is read. */
  get plainGroup(): string | undefined {
    if (this.#plainGroup === undefined) {
      const [first] = this.points;
      const isPlain = this.points.every(
        ({ kind, report, group }) => kind === "telemetry" && report === undefined && group === first?.group,
      );
      this.#plainGroup = isPlain && first !== undefined ? first.group : "";
    }
    return this.#plainGroup === "" ? undefined : this.#plainGroup;
  }

  /** Where points of these names stand among those of a device; -1: nowhere. */
  placesAmong(points: readonly Point[]): readonly number[] {
    if (this.#places?.among !== points) {
      const places = placesOf(points);
      this.#places = { among: points, at: this.points.map(({ name }) => places.get(name) ?? -1) };
    }
    return this.#places.at;
  }
}

/** By their first point: lists of a profile's points are made for each of its devices, again and again the same. */
const known = new WeakMap<Point, PointList[]>();
/** More than anybody reads in turn; beyond, lists are made anew. */
const MOST_LISTS = 64;

/** The list of these points, shared by all who read the same ones. */
export function pointListOf(points: readonly Point[]): PointList {
  const [first] = points;
  const lists = first === undefined ? undefined : known.get(first);
  const same = lists?.find((list) => isSame(list.points, points));
  if (same !== undefined) return same;
  const made = new PointList(points);
  if (lists !== undefined && lists.length < MOST_LISTS) lists.push(made);
  else if (lists === undefined && first !== undefined) known.set(first, [made]);
  return made;
}

function isSame(a: readonly Point[], b: readonly Point[]): boolean {
  return a.length === b.length && a.every((point, at) => point === b[at]);
}
