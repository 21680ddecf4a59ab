import type { Clock } from "../kernel/clock";
import { between } from "../kernel/units";

/** Messages of the backlog that go a second, beside two for each one that is offered: so it shrinks whatever the load. */
const PER_SECOND = 500;
const FOR_EACH_OFFERED = 2;
/** As many may go at once after a rest. */
const BURST = 100;
/** Rest until further ones may go. */
export const PACE_REST_MS = 20;

/** What has waited in the spool goes at a bounded rate: live data, hub and uplink keep their room. */
export interface BacklogPace {
  /** A message was offered. */
  offered(): void;
  /** Takes leave to send one message of the backlog; false: not yet. */
  take(): boolean;
}

export function createBacklogPace(clock: Pick<Clock, "monotonic">): BacklogPace {
  let at = clock.monotonic();
  let leave = BURST;
  let offered = 0;
  return {
    offered() {
      offered += 1;
    },
    take() {
      const now = clock.monotonic();
      leave = Math.min(BURST, leave + (between(at, now) * PER_SECOND) / 1000 + offered * FOR_EACH_OFFERED);
      at = now;
      offered = 0;
      if (leave < 1) return false;
      leave -= 1;
      return true;
    },
  };
}
