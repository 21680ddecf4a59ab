import type { DeviceConfig } from "../core/config/gatewayConfig";
import { sameJson } from "../core/config/mergeDiff";
import type { Json, JsonObject } from "../kernel/json";
import { desiredOf } from "./desiredComponents";
import { type Acknowledgement, acknowledgementOf, type SetPointMemory } from "./setPointMemory";

/** What the hub holds as reported of a point; `undefined`: nothing, or not known. */
export type ReportedLookup = (device: string, point: string) => Json | undefined;

/**
 * Where the data folder was lost (a container without a volume, a disk that can't be written) the hub is the witness of
 * what an earlier process has answered: that is not carried out again. Returns whether something was recalled.
 */
export function recallAnswers(
  memory: SetPointMemory,
  { document, version }: { readonly document: JsonObject; readonly version: number },
  devices: ReadonlyMap<string, DeviceConfig>,
  reported: ReportedLookup,
): boolean {
  let recalled = false;
  for (const device of devices.values()) {
    for (const [point, value] of desiredOf(document, device)) {
      const known = memory.get(device.name, point);
      if (known?.desired !== undefined || known?.waiting !== undefined) continue;
      const ack = answerTo(value, version, reported(device.name, point));
      if (ack === undefined) continue;
      memory.set(device.name, point, { desired: value, ack: sinceThen(ack, known?.ack) });
      recalled = true;
    }
  }
  return recalled;
}

/** The answer to this very value: given for the version that is in force, or for one in which it was the same. */
function answerTo(value: Json, version: number, reported: Json | undefined): Acknowledgement | undefined {
  const ack = acknowledgementOf(reported);
  if (ack === undefined || ack.ac === 202 || ack.av <= 0) return undefined;
  const isOfNow = ack.av === version;
  const isOfThis = ack.ac === 200 && ack.value !== undefined && sameJson(ack.value, value);
  return isOfNow || isOfThis ? ack : undefined;
}

/** What this process has seen of the device already is newer. */
function sinceThen(ack: Acknowledgement, seen: Acknowledgement | undefined): Acknowledgement {
  if (seen?.value === undefined || seen.value === ack.value) return ack;
  if (ack.value === undefined) return { ...ack, value: seen.value };
  return { value: seen.value, ac: 203, av: ack.av, ad: "changed at the device" };
}
