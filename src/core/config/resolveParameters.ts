import type { ExactDecimal } from "../points/decimal";
import type { Place } from "./layers";
import { didYouMean } from "./nearest";
import { toDecimal } from "./pointMeaning";
import type { Problem } from "./problem";
import type { Profile } from "./resolveModel";
import type { DeviceKeys } from "./schemaDevice";

/** The numbers that points may name: the profile's, with the device's in their place. */
export function resolveParameters(
  own: DeviceKeys["parameters"],
  place: Place,
  profile: Profile | undefined,
  problems: Problem[],
): ReadonlyMap<string, ExactDecimal> {
  const inherited = profile?.keys.parameters ?? {};
  for (const name of Object.keys(own ?? {})) {
    if (profile === undefined || Object.hasOwn(inherited, name)) continue;
    const hint = didYouMean(name, Object.keys(inherited));
    problems.push(place(["parameters", name], `the profile has no parameter "${name}"${hint}`));
  }
  const all = [...Object.entries(inherited), ...Object.entries(own ?? {})];
  return new Map(all.map(([name, value]) => [name, toDecimal(value)]));
}
