import { withCurrentTimes } from "../core/telemetry/messageTimes";
import type { Clock } from "../kernel/clock";
import type { EdgeHub } from "./edgeHub";

/** A hub whose messages bear the time as the wall clock says it when they leave, whatever it said when they were made. */
export function withTimelyMessages(
  hub: Pick<EdgeHub, "send">,
  clock: Pick<Clock, "shift">,
  bootId: string,
): Pick<EdgeHub, "send"> {
  return { send: (message) => hub.send(withCurrentTimes(message, bootId, clock.shift())) };
}
