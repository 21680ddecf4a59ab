import type { Point } from "../points/point";
import type { Place } from "./layers";
import { didYouMean } from "./nearest";
import type { Problem } from "./problem";

/**
 * The points that a device uses: all, or those that `use` names, by their own names or by that of the definition that
 * made them (a word of `bits`). Points that used ones need are kept and not published.
 */
export function usedPoints(
  use: readonly string[] | undefined,
  all: readonly Point[],
  definitions: ReadonlyMap<string, readonly Point[]>,
  place: Place,
  problems: Problem[],
): readonly Point[] {
  if (use === undefined) return all;
  const byName = new Map(all.map((point) => [point.name, point]));
  const used = new Set<string>();
  for (const [at, name] of use.entries()) {
    const meant = byName.has(name) ? [name] : definitions.get(name)?.map((point) => point.name);
    for (const each of meant ?? []) used.add(each);
    const hint = didYouMean(name, [...byName.keys(), ...definitions.keys()]);
    if (meant === undefined) problems.push(place(["use", at], `the device has no point "${name}"${hint}`));
  }
  const needed = new Set(all.filter(({ name }) => used.has(name)).flatMap(needs));
  return all.flatMap((point) => {
    if (used.has(point.name)) return [point];
    return needed.has(point.name) ? [{ ...point, kind: "none" as const }] : [];
  });
}

/** Names of the points without which this one has no value. */
function needs({ write }: Point): readonly string[] {
  return write?.verifyPoint === undefined ? [] : [write.verifyPoint];
}
