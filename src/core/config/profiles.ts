import { err, ok, type Result } from "../../kernel/result";
import { BUILT_IN_PROFILES } from "./builtInProfiles";
import { readJsonText, textWithPlace } from "./jsonText";

/**
 * Profiles that stand outside the document: those of the mounted folder, then those built in, each whole (a name in
 * the folder hides the built-in one). `undefined`: there is none; an error says why one that is there can't be read.
 */
export interface ProfileLookup {
  (name: string): Result<unknown, string> | undefined;
  /** Every name that there is, for lists and for "did you mean". */
  readonly names?: readonly string[];
}

/** `folder`: the text of every NAME.json of the mounted folder by NAME, or why it can't be read. */
export function profileLookup(folder: ReadonlyMap<string, Result<string, string>>): ProfileLookup {
  const read = new Map<string, Result<unknown, string>>();
  const find = (name: string): Result<unknown, string> | undefined => {
    const known = read.get(name);
    if (known !== undefined) return known;
    const text = folder.get(name);
    const found = text === undefined ? builtIn(name) : parsed(text);
    if (found !== undefined) read.set(name, found);
    return found;
  };
  const names = new Set([...folder.keys(), ...BUILT_IN_PROFILES.keys()]);
  return Object.assign(find, { names: [...names].filter((name) => name !== "").sort() });
}

function builtIn(name: string): Result<unknown, string> | undefined {
  const profile = BUILT_IN_PROFILES.get(name);
  return profile === undefined ? undefined : ok(profile());
}

function parsed(text: Result<string, string>): Result<unknown, string> {
  if (!text.ok) return text;
  const value = readJsonText(text.value);
  return value.ok ? value : err(value.error.map(textWithPlace).join("; "));
}

/** Only what is built in. */
export const builtInProfiles: ProfileLookup = profileLookup(new Map());
