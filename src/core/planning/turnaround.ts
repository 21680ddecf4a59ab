import type { RequestCost } from "./cost";

/** What a unit's requests really cost beside their data: a running mean, and the figure that plans are made with. */
export interface Turnaround {
  /** The cost to plan with. The same object until it has changed so much that other plans may be better. */
  readonly cost: RequestCost;
  /** An answer with `dataBytes` of data took `elapsedMs` from the first byte sent to the last received. */
  answered(elapsedMs: number, dataBytes: number): void;
}

/** Weight of the newest answer. */
const WEIGHT = 0.1;
/** Changes that are smaller than this share of the figure, or this many ms, leave the plans alone. */
const MATERIAL_SHARE = 0.3;
const MATERIAL_MS = 2;
/** Answers before the first judgement, and between two. */
const ANSWERS_BETWEEN = 20;

/** @param model the cost by the connection's definition; @param restMs the rest before each request, part of no answer. */
export function createTurnaround(model: RequestCost, restMs: number): Turnaround {
  let mean: number | undefined;
  let answers = 0;
  const turnaround = {
    cost: model,
    answered(elapsedMs: number, dataBytes: number): void {
      const fixed = Math.max(0, elapsedMs - dataBytes * model.perByteMs);
      // A single answer that was held up must not count for dozens: no more than four times the mean.
      mean = mean === undefined ? fixed : mean + WEIGHT * (Math.min(fixed, 4 * mean + 1) - mean);
      answers += 1;
      if (answers < ANSWERS_BETWEEN) return;
      answers = 0;
      const perRequestMs = mean + restMs;
      const change = Math.abs(perRequestMs - turnaround.cost.perRequestMs);
      if (change > MATERIAL_MS && change > MATERIAL_SHARE * turnaround.cost.perRequestMs) {
        turnaround.cost = { ...model, perRequestMs };
      }
    },
  };
  return turnaround;
}
