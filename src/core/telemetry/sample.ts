import type { EpochMs } from "../../kernel/units";
import type { Point, Reading } from "../points/point";

/** One point's reading at the time its response arrived. */
export interface Sample {
  readonly point: Point;
  /** When the response that carried it arrived; for a bad reading, when that was known. */
  readonly at: EpochMs;
  readonly reading: Reading;
}

/** What one device yielded in one due cycle, in the order of the responses. */
export interface DeviceCycle {
  readonly device: string;
  readonly samples: readonly Sample[];
}
