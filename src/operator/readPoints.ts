import type { MethodAnswer } from "../cloud/edgeHub";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { nearest } from "../core/config/nearest";
import { valueForTwin } from "../core/points/valueText";
import type { Sample } from "../core/telemetry/sample";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
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

/** Inside the 30 s that IoT Central waits for a command. */
const READ_DEADLINE_MS = 20_000;
const MAX_AGE = { least: 0, most: 86_400_000, otherwise: 0 };

/**
 * `readPoints`: `{device, points?, maxAgeMs? 0}` → `{device, at, values, bad}`. Samples younger than `maxAgeMs` are
 * taken as they are, the others read now. 504 or 502 when not one value came because the device did not answer or
 * answered exceptions; `bad` says why for each point.
 */
export async function readPoints(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["device", "points", "maxAgeMs"]);
  if (unknown !== undefined) return answerError(unknown);
  const device = deviceOf(payload, ports);
  if (!device.ok) return answerError(device.error);
  const names = pointsOf(payload, device.value);
  if (!names.ok) return answerError(names.error);
  const maxAge = duration(payload, "maxAgeMs", MAX_AGE);
  if (!maxAge.ok) return answerError(maxAge.error);
  return answer(device.value.name, await collect(device.value.name, names.value, maxAge.value, ports));
}

function pointsOf(payload: JsonObject, device: DeviceConfig): Result<readonly string[], MethodError> {
  const readable = device.points.filter((point) => point.access !== "write").map((point) => point.name);
  const wanted = payload["points"];
  if (wanted === undefined) return ok(readable);
  if (!Array.isArray(wanted) || !wanted.every((name): name is string => typeof name === "string")) {
    return err(refusal(400, `"points" must be a list of point names`, "/points"));
  }
  for (const [at, name] of wanted.entries()) {
    if (readable.includes(name)) continue;
    const path = `/points/${at}`;
    if (device.points.some((point) => point.name === name)) {
      return err(refusal(403, `the point "${name}" of "${device.name}" can only be written`, path));
    }
    const guess = nearest(name, readable);
    const advice = guess === undefined ? "" : `; did you mean "${guess}"?`;
    return err(refusal(404, `the device "${device.name}" has no point "${name}"${advice}`, path));
  }
  return ok([...new Set(wanted)]);
}

async function collect(
  device: string,
  names: readonly string[],
  maxAgeMs: number,
  ports: CommandPorts,
): Promise<readonly Sample[]> {
  const latest = ports.access.latest(device);
  const oldest = ports.clock.epoch() - maxAgeMs;
  const fresh =
    maxAgeMs === 0
      ? []
      : names
          .flatMap((name) => latest.get(name) ?? [])
          .filter((sample) => sample.at >= oldest && "value" in sample.reading);
  const missing = names.filter((name) => !fresh.some((sample) => sample.point.name === name));
  if (missing.length === 0) return fresh;
  const limit = deadline(ports.clock, ports.signal, READ_DEADLINE_MS);
  try {
    return [...fresh, ...(await ports.access.read(device, missing, limit.signal))];
  } finally {
    limit.done();
  }
}

function answer(device: string, samples: readonly Sample[]): MethodAnswer {
  const values: [string, Json][] = [];
  const bad: [string, string][] = [];
  let at = 0;
  for (const { point, reading, at: sampledAt } of samples) {
    at = Math.max(at, sampledAt);
    if ("value" in reading) values.push([point.name, valueForTwin(reading.value)]);
    else bad.push([point.name, reading.bad]);
  }
  const payload: JsonObject = {
    device,
    at: new Date(at).toISOString(),
    values: Object.fromEntries(values),
    bad: Object.fromEntries(bad),
  };
  if (values.length > 0 || bad.length === 0) return { status: 200, payload };
  const reasons = [...new Set(bad.map(([, reason]) => reason))];
  if (
    reasons.every((reason) => reason === "timeout" || reason === "offline" || reason === "crc" || reason === "protocol")
  ) {
    return answerError(refusal(504, `"${device}" gave no answer that can be trusted (${reasons.join(", ")})`), payload);
  }
  if (reasons.every((reason) => reason.startsWith("exception:"))) {
    return answerError(refusal(502, `"${device}" answered with ${reasons.join(", ")}`), payload);
  }
  return { status: 200, payload };
}
