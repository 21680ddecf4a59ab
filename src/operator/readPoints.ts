import type { MethodAnswer } from "../cloud/edgeHub";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import { nearest } from "../core/config/nearest";
import { exceptionText } from "../core/modbus/spec";
import type { BadReason } from "../core/points/point";
import { valueForTwin } from "../core/points/valueText";
import type { Sample } from "../core/telemetry/sample";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import type { EpochMs } from "../kernel/units";
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
const CHANGES = 10;
const MAX_AGE = { least: 0, most: 86_400_000, otherwise: 0 };

/**
 * `readPoints`: `{device, points?, maxAgeMs? 0}` → `{device, at, values, bad}`. Samples younger than `maxAgeMs` are
 * taken as they are, the others read now. 504 or 502 when not one value came because the device did not answer or
 * answered exceptions; `bad` says why for each point.
 */
export async function readPoints(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["device", "points", "maxAgeMs"]);
  if (unknown !== undefined) return answerError(unknown);
  const limit = deadline(ports.clock, ports.signal, READ_DEADLINE_MS);
  try {
    return await readUnder(payload, ports, limit.signal, CHANGES);
  } finally {
    limit.done();
  }
}

/** @param changes how often the device may become another one meanwhile, and is read anew as what it is then. */
async function readUnder(
  payload: JsonObject,
  ports: CommandPorts,
  signal: AbortSignal,
  changes: number,
): Promise<MethodAnswer> {
  const device = deviceOf(payload, ports);
  if (!device.ok) return answerError(device.error);
  const names = pointsOf(payload, device.value);
  if (!names.ok) return answerError(names.error);
  const maxAge = duration(payload, "maxAgeMs", MAX_AGE);
  if (!maxAge.ok) return answerError(maxAge.error);
  const stands = ports.access.standing(device.value);
  const samples = await collect(device.value.name, names.value, maxAge.value, ports, signal);
  if (stands()) return answer(device.value.name, samples, ports.clock.epoch());
  // By now the names mean something else, or another place: what was read is no answer.
  if (changes > 0 && !signal.aborted) return readUnder(payload, ports, signal, changes - 1);
  return answerError(changedMeanwhile(device.value.name, ports));
}

/** What was read of a device that is another one by now is no answer. */
export function changedMeanwhile(device: string, { access }: Pick<CommandPorts, "access">): MethodError {
  if (access.device(device) === undefined)
    return refusal(404, `the device "${device}" has just been removed`, "/device");
  const text = `the configuration of "${device}", or of its connection, was changed while it was read; ask again`;
  return refusal(409, text, "/device");
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
  signal: AbortSignal,
): Promise<readonly Sample[]> {
  const latest = ports.access.latest(device);
  const now = ports.clock.epoch();
  const fresh =
    maxAgeMs === 0
      ? []
      : names.flatMap((name) => latest.get(name) ?? []).filter((sample) => isFresh(sample, now, maxAgeMs));
  const missing = names.filter((name) => !fresh.some((sample) => sample.point.name === name));
  if (missing.length === 0) return fresh;
  return [...fresh, ...(await ports.access.read(device, missing, signal))];
}

/** A sample of the future is from before the wall clock was set back: nobody knows how old it is. */
function isFresh({ at, reading }: Sample, now: EpochMs, maxAgeMs: number): boolean {
  return "value" in reading && at <= now && at >= now - maxAgeMs;
}

/** `at` is that of the last response; without any sample, now. */
function answer(device: string, samples: readonly Sample[], now: EpochMs): MethodAnswer {
  const values: [string, Json][] = [];
  const bad: [string, BadReason][] = [];
  let at: number = samples.length === 0 ? now : 0;
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
  if (!reasons.every((reason) => isSilence(reason) || isException(reason))) return { status: 200, payload };
  if (reasons.some(isSilence)) {
    return answerError(refusal(504, `"${device}" gave no answer that can be trusted (${reasons.join(", ")})`), payload);
  }
  const exceptions = reasons.map((reason) => exceptionText(Number(reason.slice("exception:".length))));
  return answerError(refusal(502, `"${device}" answered with ${exceptions.join(", ")}`), payload);
}

function isSilence(reason: BadReason): boolean {
  return reason === "timeout" || reason === "offline" || reason === "crc" || reason === "protocol";
}

function isException(reason: BadReason): boolean {
  return reason.startsWith("exception:");
}
