import type { MethodAnswer } from "../cloud/edgeHub";
import { planWrite } from "../core/planning/writePlan";
import type { PointValue } from "../core/points/point";
import { isJsonObject, type JsonObject } from "../kernel/json";
import type { WriteResult } from "../runtime/deviceAccess";
import {
  answerError,
  type CommandPorts,
  deadline,
  deviceOf,
  duration,
  type MethodError,
  refusal,
  unknownKey,
} from "./methodError";
import { auditRefusal, auditResults } from "./writeAudit";
import { failureText, planRefusal, refusedResults, resultJson, tooSoon, worstStatus } from "./writePlanRefusal";

/** Inside the 30 s that IoT Central waits for a command, with room for the way back. */
const TIMEOUT = { least: 100, most: 25_000, otherwise: 10_000 };
const BY = "writePoints";
/** So that the answer, which must tell of each, fits into one: what has been written can't be asked again. */
const MAX_VALUES = 300;

export const WRITES_OFF = "writing is switched off on this gateway (MODBUS_EDGE_WRITES, or module.writes)";

/**
 * `writePoints`: `{device, values: {point: value}, timeoutMs? 10000}` → `{device, results: {point: {outcome,
 * requested, readBack?, attempts, ms}}}`. Everything is checked before anything is written; written in the order of
 * the payload, stopping at the first failure. Several points: the worst status, `results` always.
 */
export async function writePoints(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["device", "values", "timeoutMs"]);
  if (unknown !== undefined) return answerError(unknown);
  const found = deviceOf(payload, ports);
  if (!found.ok) return answerError(found.error);
  const { name: device } = found.value;
  const values = payload["values"];
  if (!isJsonObject(values) || Object.keys(values).length === 0) {
    return answerError(refusal(400, `"values" must be an object of point names and values`, "/values"));
  }
  const count = Object.keys(values).length;
  if (count > MAX_VALUES) {
    return answerError(refusal(400, `${count} values; one call writes at most ${MAX_VALUES}: divide them`, "/values"));
  }
  const timeout = duration(payload, "timeoutMs", TIMEOUT);
  if (!timeout.ok) return answerError(timeout.error);
  const refuse = (error: MethodError): MethodAnswer => {
    auditRefusal(ports.onAudit, { device, by: BY, at: ports.clock.epoch() }, values);
    return answerError(error, { device, results: refusedResults(values) });
  };
  if (ports.writes() === "off") return refuse(refusal(403, WRITES_OFF));
  const plan = planWrite(found.value, values);
  if (!plan.ok) return refuse(planRefusal(plan.error, "/values"));
  const restMs = ports.access.writableInMs(device, Object.keys(values));
  if (restMs >= timeout.value) return refuse(tooSoon(restMs));
  const limit = deadline(ports.clock, ports.signal, timeout.value);
  try {
    const planned = new Map<string, PointValue>([...plan.value].map(([name, write]) => [name, write.value]));
    return answer(device, await ports.access.write(device, planned, limit.signal), ports);
  } finally {
    limit.done();
  }
}

function answer(device: string, results: ReadonlyMap<string, WriteResult>, ports: CommandPorts): MethodAnswer {
  auditResults(ports.onAudit, { device, by: BY, at: ports.clock.epoch() }, results);
  const shown = [...results].map(([name, result]) => [name, resultJson(result)]);
  const payload: JsonObject = { device, results: Object.fromEntries(shown) };
  const status = worstStatus(results);
  return status === 200 ? { status, payload } : answerError(refusal(status, failureText(results)), payload);
}
