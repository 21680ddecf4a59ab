import type { Place } from "./layers";
import type { Problem } from "./problem";
import type { ModelKeys, Profile } from "./resolveModel";

/**
 * Points of one document that are defined apart (devices of one profile share theirs): a thousand devices with a hundred
 * each. A twin of 32 KB can ask for fifty times as many by `repeat`, and the process would die of them at every start.
 */
export const MOST_POINTS = 120_000;

/** Counts the points of models before these are made: a problem for each model that would be too much. */
export type PointBudget = (keys: ModelKeys, profile: Profile | undefined, place: Place) => Problem | undefined;

export function createPointBudget(most: number = MOST_POINTS): PointBudget {
  let left = most;
  return (keys, profile, place) => {
    const points = { ...profile?.keys.points, ...keys.points };
    let count = 0;
    for (const point of Object.values(points)) count += point?.repeat?.count ?? 1;
    if (count > left) {
      const text = `its ${count} points are too much: a configuration has at most ${most}, those of a profile counted once`;
      return place(["points"], text);
    }
    left -= count;
    return undefined;
  };
}
