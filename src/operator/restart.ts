import type { MethodAnswer } from "../cloud/edgeHub";
import type { JsonObject } from "../kernel/json";
import { answerError, type CommandPorts, refusal, unknownKey } from "./methodError";

/** Time for the answer to leave before the link to the hub is closed. */
const ANSWER_MS = 250;

/** `restart` `{}` → `{restarting: true}`: then what is under way ends as on SIGTERM, and the process with 75. */
export async function restart(
  payload: JsonObject,
  { restart: begin, clock, log }: CommandPorts,
): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, []);
  if (unknown !== undefined) return answerError(unknown);
  if (begin === undefined) {
    return answerError(refusal(409, "this module runs inside another program, which alone can start it anew"));
  }
  log.warn("restarting: a command asked for it");
  clock.setTimer(ANSWER_MS, begin);
  return { status: 200, payload: { restarting: true } };
}
