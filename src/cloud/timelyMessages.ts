import { withCurrentTimes } from "../core/telemetry/messageTimes";
import type { EdgeHub } from "./edgeHub";

/**
 * A hub whose messages bear the time as the wall clock says it when they leave, whatever it said when they were made;
 * those of an earlier start as its clock said it last.
 * @param shiftOf how far the wall clock was stepped in a start of the process, ms; `undefined`: not known.
 */
export function withTimelyMessages(
  hub: Pick<EdgeHub, "send">,
  shiftOf: (boot: string) => number | undefined,
): Pick<EdgeHub, "send"> {
  return {
    send(message) {
      const boot = message.times?.boot;
      const shift = boot === undefined ? undefined : shiftOf(boot);
      return hub.send(boot === undefined || shift === undefined ? message : withCurrentTimes(message, boot, shift));
    },
  };
}
