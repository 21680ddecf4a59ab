import type { Point } from "./point";

const known = new WeakMap<readonly Point[], ReadonlyMap<string, number>>();

/**
 * The place of each point of a device in its list, by name. Worked out once for a list, and devices of one profile share
 * theirs: what is kept of each point of a thousand devices can stand in plain arrays.
 */
export function placesOf(points: readonly Point[]): ReadonlyMap<string, number> {
  const places = known.get(points);
  if (places !== undefined) return places;
  const made = new Map(points.map(({ name }, place) => [name, place]));
  known.set(points, made);
  return made;
}
