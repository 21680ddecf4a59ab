import type { MethodAnswer } from "../cloud/edgeHub";
import { planWrite, type WriteError } from "../core/planning/writePlan";
import type { PointValue } from "../core/points/point";
import { valueForTwin } from "../core/points/valueText";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
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

/** Inside the 30 s that IoT Central waits for a command, with room for the way back. */
const TIMEOUT = { least: 100, most: 25_000, otherwise: 10_000 };

/**
 * `writePoints`: `{device, values: {point: value}, timeoutMs? 10000}` → `{device, results: {point: {outcome,
 * requested, readBack?, attempts, ms}}}`. Everything is checked before anything is written; written in the order of
 * the payload, stopping at the first failure. Several points: the worst status, `results` always.
 */
export async function writePoints(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["device", "values", "timeoutMs"]);
  if (unknown !== undefined) return answerError(unknown);
  const device = deviceOf(payload, ports);
  if (!device.ok) return answerError(device.error);
  const values = payload["values"];
  if (!isJsonObject(values) || Object.keys(values).length === 0) {
    return answerError(refusal(400, `"values" must be an object of point names and values`, "/values"));
  }
  const timeout = duration(payload, "timeoutMs", TIMEOUT);
  if (!timeout.ok) return answerError(timeout.error);
  if (ports.writes === "off")
    return answerError(
      refusal(403, "writing is switched off on this gateway (MODBUS_EDGE_WRITES=off)"),
      refused(device.value.name, values),
    );
  const plan = planWrite(device.value, values);
  if (!plan.ok) {
    return answerError(planRefusal(plan.error, "/values"), refused(device.value.name, values));
  }
  const restMs = ports.access.writableInMs(device.value.name, Object.keys(values));
  if (restMs >= timeout.value) return answerError(tooSoon(restMs), refused(device.value.name, values));
  const limit = deadline(ports.clock, ports.signal, timeout.value);
  try {
    const planned = new Map<string, PointValue>([...plan.value].map(([name, write]) => [name, write.value]));
    return answer(device.value.name, await ports.access.write(device.value.name, planned, limit.signal), ports);
  } finally {
    limit.done();
  }
}

/** What the check before writing found, with its place in the payload. */
export function planRefusal({ status, message, path, nearest }: WriteError, base: string): MethodError {
  const error = refusal(status, message, `${base}${path ?? ""}`);
  return nearest === undefined ? error : { ...error, nearest: valueForTwin(nearest) };
}

/** `minWriteIntervalMs`, and the caller's time ends before it does. */
export function tooSoon(restMs: number): MethodError {
  const inS = Math.ceil(restMs / 1000);
  return refusal(409, `written a short time ago; minWriteIntervalMs lets it be written again in ${inS} s`, "/values");
}

/** One refusal, nothing written: every point says so. */
function refused(device: string, values: JsonObject): JsonObject {
  const results = Object.entries(values).map(([name, requested]) => [
    name,
    { outcome: "refused", requested, attempts: 0, ms: 0 },
  ]);
  return { device, results: Object.fromEntries(results) };
}

function answer(device: string, results: ReadonlyMap<string, WriteResult>, ports: CommandPorts): MethodAnswer {
  const payload: JsonObject = {
    device,
    results: Object.fromEntries([...results].map(([name, result]) => [name, resultJson(result)])),
  };
  const failed = [...results].filter(([, result]) => result.status !== 200);
  for (const [name, result] of results)
    ports.log.info(`write ${device}/${name}: ${result.outcome}`, {
      requested: valueForTwin(result.requested),
      ms: result.ms,
    });
  if (failed.length === 0) return { status: 200, payload };
  const status = Math.max(...failed.map(([, result]) => result.status));
  const message = failed.map(([name, result]) => `${name}: ${result.reason ?? result.outcome}`).join("; ");
  return answerError(refusal(status, message), payload);
}

function resultJson(result: WriteResult): Json {
  return {
    outcome: result.outcome,
    requested: valueForTwin(result.requested),
    ...(result.readBack === undefined ? {} : { readBack: valueForTwin(result.readBack) }),
    attempts: result.attempts,
    ms: Math.round(result.ms),
    ...(result.reason === undefined ? {} : { reason: result.reason }),
  };
}
