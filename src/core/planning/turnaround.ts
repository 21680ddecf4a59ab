import { costOf, type RequestCost } from "./cost";

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
/**
 * What was measured is planned with as the nearest of the figures STEP^n: units that are about as fast have the same
 * cost, and so the same plans.
 */
const STEP = 1 + MATERIAL_SHARE;
/** The fastest that is told from nothing. */
const LEAST_MS = 0.01;
/** Answers before the first judgement, and between two. */
const ANSWERS_BETWEEN = 20;

/** @param model the cost by the connection's definition; @param restMs the rest before each request, part of no answer. */
export function createTurnaround(model: RequestCost, restMs: number): Turnaround {
  return new MeanTurnaround(model, restMs);
}

class MeanTurnaround implements Turnaround {
  cost: RequestCost;
  /** Of the part that the data do not explain; NaN before the first answer. */
  private mean = Number.NaN;
  private answers = 0;

  constructor(
    private readonly model: RequestCost,
    private readonly restMs: number,
  ) {
    this.cost = model;
  }

  answered(elapsedMs: number, dataBytes: number): void {
    const fixed = Math.max(0, elapsedMs - dataBytes * this.model.perByteMs);
    const { mean } = this;
    // A single answer that was held up must not count for dozens: no more than four times the mean.
    this.mean = Number.isNaN(mean) ? fixed : mean + WEIGHT * (Math.min(fixed, 4 * mean + 1) - mean);
    this.answers += 1;
    if (this.answers < ANSWERS_BETWEEN) return;
    this.answers = 0;
    const perRequestMs = this.mean + this.restMs;
    const change = Math.abs(perRequestMs - this.cost.perRequestMs);
    if (change > MATERIAL_MS && change > MATERIAL_SHARE * this.cost.perRequestMs) {
      this.cost = costOf(onGrid(perRequestMs), this.model.perByteMs);
    }
  }
}

function onGrid(ms: number): number {
  return STEP ** Math.round(Math.log(Math.max(ms, LEAST_MS)) / Math.log(STEP));
}
