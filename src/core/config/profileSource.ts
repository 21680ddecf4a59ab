import { err, ok, type Result } from "../../kernel/result";
import type { Faults } from "./faults";
import { inDocument, inProfile } from "./layers";
import { didYouMean } from "./nearest";
import type { Problem } from "./problem";
import type { ProfileLookup } from "./profiles";
import type { Profile } from "./resolveModel";
import { type ProfileKeys, profileSchema } from "./schemaDevice";
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

  function outside(name: string, device: string): Result<Profile, readonly Problem[]> {
    const place = inDocument("devices", device);
    const found = lookup(name);
    if (found === undefined) {
      const hint = didYouMean(name, [...inline.keys(), ...(lookup.names ?? [])]);
      const text = `there is no profile "${name}"${hint || ": neither in the document, nor in the profile folder, nor built in"}`;
      return err([place(["profile"], text)]);
    }
    if (!found.ok) return err([place(["profile"], `the profile "${name}" can't be used: ${found.error}`)]);
    const problems = checked.get(name) ?? validate(profileSchema, found.value);
    checked.set(name, problems);
    if (problems.length > 0) {
      const texts = problems.map(({ path, text }) => place(["profile"], `"${name}" at ${path}: ${text}`));
      return err(texts);
    }
    return ok({ name, keys: found.value as ProfileKeys, place: inProfile(name, device) });
  }

  return (name, device) => {
    const keys = inline.get(name);
    if (keys === undefined || keys === null) return outside(name, device);
    const own = faults.profiles.get(name);
    return own === undefined ? ok({ name, keys, place: inDocument("profiles", name) }) : err(own);
  };
}
