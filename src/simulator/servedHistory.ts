import type { EpochMs } from "../kernel/units";
import { sameTruth, type Truth } from "./truth";

/** A value that was sent to a client, and the first and last time that it was. */
export interface ServedValue {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly truth: Truth;
}

/** What has been served for one point: the last `limit` changes. */
export interface ServedHistory {
  note(at: EpochMs, truth: Truth): void;
  /** Oldest first. */
  values(): readonly ServedValue[];
}

export function createServedHistory(limit: number): ServedHistory {
  const values: { from: EpochMs; to: EpochMs; truth: Truth }[] = [];
  return {
    note(at, truth) {
      const last = values.at(-1);
      if (last !== undefined && sameTruth(last.truth, truth)) {
        last.to = at;
        return;
      }
      values.push({ from: at, to: at, truth });
      if (values.length > limit) values.shift();
    },
    values: () => values,
  };
}
