import type { DeviceConfig, GatewayConfig, OutputConfig } from "./gatewayConfig";
import { inDocument, type Place } from "./layers";
import { didYouMean } from "./nearest";
import { DEFAULT_OUTPUT, OUTPUT_DEFAULTS, outputNames, outputOf } from "./outputs";
import type { Problem } from "./problem";
import type { Profile } from "./resolveModel";
import type { DeviceKeys } from "./schemaDevice";
import type { OutputKeys } from "./schemaOutput";

export type Outputs = NonNullable<GatewayConfig["outputs"]>;

/** The outputs of a document with their defaults filled in; those that a layer has deleted are left out. */
export function resolveOutputs(record: Readonly<Record<string, OutputKeys | null>> | undefined): Outputs {
  const outputs = new Map<string, OutputConfig>();
  for (const [name, keys] of Object.entries(record ?? {})) {
    if (keys === null) continue;
    outputs.set(name, {
      name,
      format: keys.format ?? OUTPUT_DEFAULTS.format,
      maxBytes: keys.maxBytes ?? OUTPUT_DEFAULTS.maxBytes,
      maxDelayMs: keys.maxDelayMs ?? OUTPUT_DEFAULTS.maxDelayMs,
      maxSkewMs: keys.maxSkewMs ?? OUTPUT_DEFAULTS.maxSkewMs,
      bigIntegers: keys.bigIntegers ?? OUTPUT_DEFAULTS.bigIntegers,
    });
  }
  return outputs;
}

/** What is wrong with where a device's values go. */
export function outputProblems(
  device: Pick<DeviceConfig, "groups" | "identity">,
  keys: Pick<DeviceKeys, "groups">,
  place: Place,
  profile: Profile | undefined,
  outputs: Outputs,
): readonly Problem[] {
  const problems: Problem[] = [];
  for (const { name, output } of device.groups.values()) {
    const target = outputOf(outputs, output);
    if (target === undefined) {
      const names = outputNames(outputs);
      const hint = didYouMean(String(output), names) || `: ${names.join(", ")}`;
      const where = placeOf(name, keys, place, profile);
      problems.push(where(["groups", name, "output"], `there is no output "${output}"${hint}`));
    } else if (device.identity === "none" && target.format === "pnp") {
      const text = `a device without identity is not in "pnp" messages, and its group "${name}" goes to the output "${output ?? DEFAULT_OUTPUT}" of that format: give the group an "output" with the format "records"`;
      problems.push(place(["identity"], text));
    }
  }
  return problems;
}

/** Where the output of a group is named: at the device, its profile, or the root. */
function placeOf(group: string, keys: Pick<DeviceKeys, "groups">, place: Place, profile: Profile | undefined): Place {
  const names = (groups: DeviceKeys["groups"]): boolean =>
    groups !== undefined && Object.hasOwn(groups, group) && groups[group]?.output !== undefined;
  if (names(keys.groups)) return place;
  return profile !== undefined && names(profile.keys.groups) ? profile.place : inDocument();
}
