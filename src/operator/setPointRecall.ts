import type { DeviceConfig } from "../core/config/gatewayConfig";
import { sameJson } from "../core/config/mergeDiff";
import type { Problem } from "../core/config/problem";
import { type Json, type JsonObject, pointer } from "../kernel/json";
import { desiredOf } from "./desiredComponents";
import { type Acknowledgement, acknowledgementOf, type SetPointMemory } from "./setPointMemory";
import { isDesired } from "./setPointWithdrawal";

/** What the hub holds as reported of a point; `undefined`: nothing, or not known. */
export type ReportedLookup = (device: string, point: string) => Json | undefined;

/** The desired properties, and what they were before, where this process has seen that: what differs is surely new. */
export interface DesiredDocument {
  readonly document: JsonObject;
  readonly version: number;
  readonly before: JsonObject | undefined;
}

/** A desired value that counts as answered, although nobody can tell whether it is the one that was. */
export interface DoubtfulValue {
  readonly device: string;
  readonly point: string;
  readonly value: Json;
}

/**
 * Where the data folder was lost (a container without a volume, a disk that can't be written) the hub is the witness of
 * what an earlier process has answered: that is not carried out again. Where the hub can't tell, whatever might be a
 * second write is none, and is named. `undefined`: nothing was recalled.
 */
export function recallAnswers(
  memory: SetPointMemory,
  { document, version, before }: DesiredDocument,
  devices: ReadonlyMap<string, DeviceConfig>,
  reported: ReportedLookup,
): readonly DoubtfulValue[] | undefined {
  let recalled = false;
  const doubtful: DoubtfulValue[] = [];
  for (const device of devices.values()) {
    for (const [point, value] of desiredOf(document, device)) {
      const known = memory.get(device.name, point);
      if (known?.desired !== undefined || known?.waiting !== undefined) continue;
      const isNew = before !== undefined && !isDesired(before, device.name, point, value);
      const ack = acknowledgementOf(reported(device.name, point));
      const isAnswered = ack === undefined ? "no" : answers(ack, value, version);
      if (ack === undefined || isAnswered === "no" || (isAnswered === "perhaps" && isNew)) continue;
      if (isAnswered === "perhaps") doubtful.push({ device: device.name, point, value });
      memory.set(device.name, point, { desired: value, ack: sinceThen(ack, known?.ack) });
      recalled = true;
    }
  }
  return recalled ? doubtful : undefined;
}

/**
 * Whether this is the answer to this very value: given for the version that is in force, or for one in which it was the
 * same. An answer to an earlier version that does not show the value (it was changed at the device since, has expired,
 * or was not confirmed) may be one to it, and then it must not be written. A refused one is looked at again.
 */
function answers(ack: Acknowledgement, value: Json, version: number): "yes" | "perhaps" | "no" {
  if (ack.ac === 202 || ack.av <= 0) return "no";
  if (ack.av === version) return "yes";
  if (ack.ac === 200) return ack.value !== undefined && sameJson(ack.value, value) ? "yes" : "no";
  return ack.ac === 400 || ack.ac === 403 ? "no" : "perhaps";
}

/** What this process has seen of the device already is newer. */
function sinceThen(ack: Acknowledgement, seen: Acknowledgement | undefined): Acknowledgement {
  if (seen?.value === undefined || seen.value === ack.value) return ack;
  if (ack.value === undefined) return { ...ack, value: seen.value };
  return { value: seen.value, ac: 203, av: ack.av, ad: "changed at the device" };
}

/** The paths begin with `/desired`. */
export function doubtfulWarnings(values: readonly DoubtfulValue[]): readonly Problem[] {
  return values.map(({ device, point }) => ({
    path: pointer(["desired", device, point]),
    text: "nothing is written: what an earlier start had answered is lost (no data folder?), and it may have been this very value; to have it written, desire another value and then this one",
  }));
}
