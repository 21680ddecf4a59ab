import { err, ok, type Result } from "../../kernel/result";
import type { Faults } from "./faults";
import { inDocument, inProfile, type Place, within } from "./layers";
import { didYouMean } from "./nearest";
import type { Problem } from "./problem";
import { mergedProfile, type ProfilePart, placeOfMerged } from "./profileExtends";
import type { ProfileLookup } from "./profiles";
import type { Profile } from "./resolveModel";
import { type ProfileDocument, type ProfileKeys, profileSchema } from "./schemaDevice";
import type { ConfigurationDocument } from "./schemaDocument";
import { validate } from "./validate";

/** The profile that a device names: of the document, else of the lookup; or why there is none that can be used. */
export type ProfileSource = (name: string, device: string) => Result<Profile, readonly Problem[]>;

export function createProfileSource(
  profiles: ConfigurationDocument["profiles"],
  faults: Faults,
  lookup: ProfileLookup,
): ProfileSource {
  const inline = new Map(Object.entries(profiles ?? {}).filter(([, profile]) => profile !== null));
  const checked = new Map<string, readonly Problem[]>();

  /** One that stands outside the document; `place` is where the document names it. */
  function outside(name: string, at: Place): Result<ProfilePart, readonly Problem[]> {
    const found = lookup(name);
    if (found === undefined) {
      const hint = didYouMean(name, [...inline.keys(), ...(lookup.names ?? [])]);
      const text = `there is no profile "${name}"${hint || ": neither in the document, nor in the profile folder, nor built in"}`;
      return err([at([], text)]);
    }
    if (!found.ok) return err([at([], `the profile "${name}" can't be used: ${found.error}`)]);
    const problems = checked.get(name) ?? validate(profileSchema, found.value);
    checked.set(name, problems);
    if (problems.length > 0) {
      return err(problems.map(({ path, text }) => at([], `"${name}" at ${path}: ${text}`)));
    }
    return ok({ keys: found.value as ProfileDocument, place: inProfile(name, at) });
  }

  function find(name: string, at: Place): Result<ProfilePart, readonly Problem[]> {
    const keys = inline.get(name);
    if (keys === undefined || keys === null) return outside(name, at);
    const own = faults.profiles.get(name);
    return own === undefined ? ok({ keys, place: inDocument("profiles", name) }) : err(own);
  }

  return withBases(find, outside);
}

type Find = (name: string, at: Place) => Result<ProfilePart, readonly Problem[]>;

/** Puts each profile over the one that it extends; each once. */
function withBases(find: Find, outside: Find): ProfileSource {
  const merged = new Map<string, ProfileKeys>();

  /** The profile that one extends. Of its own name: the one that it hides. */
  function baseOf(name: string, part: ProfilePart): Result<ProfilePart | undefined, readonly Problem[]> {
    const base = part.keys.extends;
    if (base === undefined) return ok(undefined);
    const at = within(part.place, "extends");
    const found = base === name ? outside(name, at) : find(base, at);
    if (!found.ok || found.value.keys.extends === undefined) return found;
    const text = `"${base}" extends "${found.value.keys.extends}" itself: one level is possible, so extend that one`;
    return err([at([], text)]);
  }

  return (name, device) => {
    const part = find(name, inDocument("devices", device, "profile"));
    if (!part.ok) return part;
    const base = baseOf(name, part.value);
    if (!base.ok) return base;
    const keys = merged.get(name) ?? mergedProfile(part.value.keys, base.value?.keys);
    merged.set(name, keys);
    return ok({ name, keys, place: placeOfMerged(part.value, base.value) });
  };
}
