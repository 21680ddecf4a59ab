import type { MethodAnswer } from "../cloud/edgeHub";
import { profileNameFault } from "../core/config/names";
import { problemsByPath } from "../core/config/problem";
import type { ProfileLookup } from "../core/config/profiles";
import { profileProblems } from "../core/config/resolve";
import { isJsonObject, type JsonObject } from "../kernel/json";
import type { Result } from "../kernel/result";
import { answerError, type CommandPorts, refusal, unknownKey } from "./methodError";

/** The folder of profiles that the operator has mounted. */
export interface ProfileShelf {
  /** Of the folder, then built in; as they are now. */
  profiles(): Promise<ProfileLookup>;
  /** Stores `NAME.json`, whole or not at all; or why it can't be, in words. Absent: there is no folder. */
  saveProfile?(name: string, text: string): Promise<Result<void, string>>;
}

/**
 * `putProfile` `{name, profile}` → `{name, replaced, devices, note?}`: stored in the mounted folder after it has been found
 * good by itself; the devices that stand on it take it over at once. 400 with `problems` by pointer, 409 where the
 * folder can't be written.
 */
export async function putProfile(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const { name, profile } = payload;
  const unknown = unknownKey(payload, ["name", "profile"]);
  if (unknown !== undefined) return answerError(unknown);
  if (typeof name !== "string") return answerError(refusal(400, `"name" must be the name of the profile`, "/name"));
  const fault = profileNameFault(name);
  if (fault !== undefined) return answerError(refusal(400, fault, "/name"));
  if (!isJsonObject(profile)) return answerError(refusal(400, `"profile" must be a JSON object`, "/profile"));
  const lookup = await ports.profiles();
  const problems = profileProblems(name, profile, lookup);
  if (problems.length > 0) {
    const byPath = problemsByPath(problems.map(({ path, text }) => ({ path: inPayload(path, name), text })));
    const [where] = Object.keys(byPath);
    const message = `the profile is not stored, ${Object.keys(byPath).length} problems; the first: ${byPath[where ?? ""]}`;
    return answerError(refusal(400, message, where), { problems: { ...byPath } });
  }
  const stored = await ports.saveProfile?.(name, `${JSON.stringify(profile, undefined, 2)}\n`);
  if (stored?.ok !== true) {
    const reason = stored === undefined ? "this module has no folder of profiles" : stored.error;
    return answerError(refusal(409, `the profile is good, but can't be stored: ${reason}`));
  }
  ports.log.info(`the profile ${name} was stored by a command`);
  const document = await ports.reapply();
  const own = isJsonObject(document) ? document["profiles"] : undefined;
  const replaced = lookup(name) !== undefined;
  if (isJsonObject(own) && Object.hasOwn(own, name)) {
    const note = "the configuration has a profile of this name itself, which hides the stored one";
    return { status: 200, payload: { name, replaced, devices: [], note } };
  }
  const devices = [...ports.config().devices.values()].filter((device) => device.profile === name);
  return { status: 200, payload: { name, replaced, devices: devices.map((device) => device.name) } };
}

/** `/profiles/NAME/points/x` → `/profile/points/x`. */
function inPayload(path: string, name: string): string {
  const prefix = `/profiles/${name}`;
  return path.startsWith(prefix) ? `/profile${path.slice(prefix.length)}` : path;
}
