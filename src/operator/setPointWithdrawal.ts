import type { DeviceConfig } from "../core/config/gatewayConfig";
import { sameJson } from "../core/config/mergeDiff";
import type { Json, JsonObject } from "../kernel/json";
import { desiredValue, isSetPoint } from "./desiredComponents";
import type { SetPointMemory } from "./setPointMemory";
import type { SetPointWaits } from "./setPointWaits";

/** Whether the document desires this very value. */
export function isDesired(document: JsonObject, device: string, point: string, value: Json): boolean {
  const now = desiredValue(document, device, point);
  return now !== undefined && sameJson(now, value);
}

/**
 * A value that has vanished from the document is not waited with any more, and a refused one of a read-only property
 * leaves no trace. True where something was forgotten.
 */
export function forgetVanished(
  memory: SetPointMemory,
  waits: SetPointWaits,
  document: JsonObject,
  deviceOf: (name: string) => DeviceConfig | undefined,
): boolean {
  let forgot = false;
  for (const [key, { value, again }] of waits.entries) {
    const [device = "", point = ""] = key.split("/");
    if (isDesired(document, device, point, value)) continue;
    waits.delete(key);
    const { waiting: _waiting, ...rest } = memory.get(device, point) ?? {};
    if (!again) memory.set(device, point, rest);
    forgot = true;
  }
  const isGone = (device: string, name: string): boolean => {
    if (desiredValue(document, device, name) !== undefined) return false;
    const point = deviceOf(device)?.points.find((candidate) => candidate.name === name);
    return point !== undefined && !isSetPoint(point);
  };
  memory.prune((device) => deviceOf(device) !== undefined);
  return memory.forget(isGone) || forgot;
}
