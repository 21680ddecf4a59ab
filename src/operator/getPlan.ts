import type { MethodAnswer } from "../cloud/edgeHub";
import { nearest } from "../core/config/nearest";
import { cycleJson, planHeadJson } from "../core/planning/planJson";
import type { Json, JsonObject } from "../kernel/json";
import { answerError, type CommandPorts, refusal, unknownKey } from "./methodError";

/** An answer stays below this; what is left comes with the next `cursor`. */
const PAGE_BYTES = 100_000;

/**
 * `getPlan` `{connection?, cursor?}` → `{connections: {NAME: {loadPercent, requestsPerSecond, cycles}}, cursor?}`: the
 * requests of every cycle as they are planned now, with what was learned and measured of each unit.
 */
export async function getPlan(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["connection", "cursor"]);
  if (unknown !== undefined) return answerError(unknown);
  const names = [...ports.config().connections.keys()];
  const { connection, cursor } = payload;
  if (connection !== undefined && (typeof connection !== "string" || !names.includes(connection))) {
    const guess = typeof connection === "string" ? nearest(connection, names) : undefined;
    const advice = guess === undefined ? "" : `; did you mean "${guess}"?`;
    return answerError(refusal(404, `there is no connection ${JSON.stringify(connection)}${advice}`, "/connection"));
  }
  const start = cursor === undefined ? 0 : Number(cursor);
  if (!Number.isSafeInteger(start) || start < 0 || typeof cursor === "number") {
    return answerError(refusal(400, '"cursor" must be the one of the answer before', "/cursor"));
  }
  return { status: 200, payload: pageOf(connection === undefined ? names : [connection], start, ports) };
}

/** The cycles from number `start` on that one answer can hold. */
function pageOf(names: readonly string[], start: number, ports: CommandPorts): JsonObject {
  const connections: [string, Json][] = [];
  let number = 0;
  let bytes = 0;
  for (const name of names) {
    const plan = ports.plan(name);
    if (plan === undefined) continue;
    const cycles: Json[] = [];
    for (const cycle of plan.cycles) {
      number += 1;
      if (number <= start) continue;
      const json = cycleJson(cycle);
      bytes += Buffer.byteLength(JSON.stringify(json));
      if (bytes > PAGE_BYTES && number > start + 1) {
        if (cycles.length > 0) connections.push([name, { ...planHeadJson(plan), cycles }]);
        return { connections: Object.fromEntries(connections), cursor: String(number - 1) };
      }
      cycles.push(json);
    }
    if (cycles.length > 0 || start === 0) connections.push([name, { ...planHeadJson(plan), cycles }]);
  }
  return { connections: Object.fromEntries(connections) };
}
