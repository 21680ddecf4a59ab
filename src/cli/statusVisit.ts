import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import { readJsonText } from "../core/config/jsonText";
import type { DeviceVisit, VisitState } from "../core/fieldwork/handover";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";

/** The answer of `getStatus` in a file: as it is, or in the envelope of a direct method (`{"status", "payload"}`). */
export function readStatus(text: string): Result<JsonObject, string> {
  const read = readJsonText(text);
  if (!read.ok) return err("is no JSON: it should be the answer of getStatus");
  const whole = isJsonObject(read.value) && isJsonObject(read.value["payload"]) ? read.value["payload"] : read.value;
  if (isJsonObject(whole) && isJsonObject(whole["devices"])) return ok(whole);
  return err('is no answer of getStatus: it has no "devices" (call the method without a device)');
}

/** What a running module says of its devices; their points are not in it. */
export function visitsOfStatus(
  { devices }: GatewayConfig,
  wanted: (device: DeviceConfig) => boolean,
  status: JsonObject,
): readonly DeviceVisit[] {
  const said = status["devices"] as JsonObject;
  return [...devices.values()].filter(wanted).map((device) => {
    const own = Object.hasOwn(said, device.name) ? said[device.name] : undefined;
    return isJsonObject(own) ? visitOf(device, own) : missing(device);
  });
}

function missing(device: DeviceConfig): DeviceVisit {
  const reason = "the running module does not have this device: it has another configuration";
  return { device, state: "offline", reason, identity: {}, requests: 0, failures: 0 };
}

const STATES: readonly VisitState[] = ["online", "degraded", "offline", "disabled", "starting"];

function visitOf(device: DeviceConfig, own: JsonObject): DeviceVisit {
  const latency = numberOf(own["latencyMs"]);
  const last = own["lastError"];
  const state = STATES.find((one) => one === own["state"]) ?? "starting";
  const reason = typeof own["reason"] === "string" ? own["reason"] : "";
  const bad = isJsonObject(own["bad"])
    ? Object.entries(own["bad"]).map(([point, why]) => `${point} ${String(why)}`)
    : [];
  const words = [
    reason,
    ...bad.slice(0, 20),
    typeof last === "string" && state !== "online" ? `last error: ${last}` : "",
  ];
  return {
    ...{ device, state, reason: words.filter((word) => word !== "").join("; "), identity: {} },
    ...{ requests: numberOf(own["requests"]) ?? 0, failures: numberOf(own["failures"]) ?? 0 },
    ...(latency === undefined ? {} : { latencyMs: { usual: latency } }),
  };
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
