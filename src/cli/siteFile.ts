import { type Applied, applyDocument } from "../core/config/apply";
import { readConfigurationText, textWithPlace } from "../core/config/jsonText";
import { isLegacyDocument } from "../core/config/legacy/translateLegacy";
import type { Problem } from "../core/config/problem";
import { type ProfileLookup, profileLookup } from "../core/config/profiles";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { readProfileFolder } from "../store/profileFolder";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";

/** A configuration from a file, resolved; faulty parts of it are left out and named. */
export interface Site extends Applied {
  readonly document: JsonObject;
  readonly profiles: ProfileLookup;
}

/** Reads and resolves a configuration (`-`: standard input), or says why it is none. */
export async function readSite(file: string, io: CliIo): Promise<Result<Site, readonly Problem[]>> {
  const text = await io.readFile(file);
  if (!text.ok) return err([{ path: "", text: text.error }]);
  const document = readConfigurationText(text.value);
  if (!document.ok) return err(document.error.map((problem) => ({ path: problem.path, text: textWithPlace(problem) })));
  const profiles = profileLookup(await readProfileFolder(profilesFolder(io.env)));
  // `readConfigurationText` yields objects only.
  const object = document.value as Exclude<Json, null> as JsonObject;
  return ok({ ...applyDocument(undefined, object, profiles), document: object, profiles });
}

/** What a file of the command line is called in sentences. */
export function fileName(file: string): string {
  return file === "-" ? "standard input" : file;
}

/** Problems as lines for people. */
export function problemLines(given: string, problems: readonly Problem[]): string {
  const file = fileName(given);
  return problems
    .map(({ path, text }) =>
      path === "" && text.startsWith(`${file}: `) ? `${text}\n` : `${file}${placeText(path)}: ${text}\n`,
    )
    .join("");
}

function placeText(path: string): string {
  return path === "" ? "" : ` ${path}`;
}

/**
 * A configuration without a fault; else the problems go to standard error and `undefined` comes back: what is made of a
 * configuration is made of the whole of it.
 */
export async function faultlessSite(file: string, io: CliIo): Promise<Site | undefined> {
  const site = await readSite(file, io);
  const problems = site.ok ? [...foreign(site.value), ...site.value.problems] : site.error;
  if (site.ok && problems.length === 0) return site.value;
  io.err(problemLines(file, problems));
  return undefined;
}

/** What the archived Modbus module was told makes neither a model nor a manifest of ours. */
function foreign({ document }: Site): readonly Problem[] {
  const text = "a document of iot-edge-modbus, which has no model: modbus-edge migrate makes a native one of it";
  return isLegacyDocument(document) ? [{ path: "", text }] : [];
}
