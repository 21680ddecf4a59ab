import { parseArgs } from "node:util";
import { BUILT_IN_PROFILES } from "../core/config/builtInProfiles";
import { didYouMean } from "../core/config/nearest";
import { type ProfileLookup, profileLookup } from "../core/config/profiles";
import { profileProblems } from "../core/config/resolve";
import { isJsonObject } from "../kernel/json";
import { readProfileFolder } from "../store/profileFolder";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";

const USAGE = `Usage: modbus-edge profiles list [--json]
       modbus-edge profiles show NAME

The device profiles that a configuration can name besides its own: those of the profile folder
(MODBUS_EDGE_PROFILES, default: profiles in MODBUS_EDGE_DATA, ./data) and those built in. "show" prints one as JSON,
to be copied under "profiles" of a configuration, or into the folder as NAME.json.

Exit code: 0 good; 1 there is no such profile, or it can't be used; 2 usage.
`;

/** `modbus-edge profiles list|show`. */
export async function profiles(args: string[], io: CliIo): Promise<number> {
  const words = wordsOf(args);
  if (words === undefined) {
    io.err(USAGE);
    return 2;
  }
  if (words.help) {
    io.out(USAGE);
    return 0;
  }
  const folder = await readProfileFolder(profilesFolder(io.env));
  const lookup = profileLookup(folder);
  const { action, name, json } = words;
  if (action === "list" && name === undefined) return list(lookup, (found) => folder.has(found), json, io);
  if (action === "show" && name !== undefined) return show(lookup, name, io);
  io.err(USAGE);
  return 2;
}

interface Words {
  readonly action: string | undefined;
  readonly name: string | undefined;
  readonly json: boolean;
  readonly help: boolean;
}

function wordsOf(args: string[]): Words | undefined {
  try {
    const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length > 2) return undefined;
    const [action, name] = positionals;
    return { action, name, json: values.json === true, help: values.help === true };
  } catch {
    return undefined;
  }
}

interface Row {
  readonly name: string;
  readonly from: "folder" | "built in";
  readonly title: string;
  readonly points: number;
  readonly problem?: string;
}

function rowOf(lookup: ProfileLookup, name: string, inFolder: boolean): Row {
  const from = inFolder ? "folder" : "built in";
  const found = lookup(name);
  if (found?.ok !== true) return { name, from, title: "", points: 0, problem: found?.error ?? "it is gone" };
  const [problem] = profileProblems(name, found.value, lookup);
  const { title, points } = isJsonObject(found.value) ? found.value : {};
  return {
    name,
    from,
    title: typeof title === "string" ? title : "",
    points: isJsonObject(points) ? Object.keys(points).length : 0,
    ...(problem === undefined ? {} : { problem: `${problem.path}: ${problem.text}` }),
  };
}

function list(lookup: ProfileLookup, inFolder: (name: string) => boolean, json: boolean, io: CliIo): number {
  const rows = (lookup.names ?? []).map((name) => rowOf(lookup, name, inFolder(name)));
  if (json) io.out(`${JSON.stringify(rows)}\n`);
  else io.out(rows.map((row) => `${lineOf(row, Math.max(...rows.map(({ name }) => name.length)))}\n`).join(""));
  return rows.some(({ problem }) => problem !== undefined) ? 1 : 0;
}

function lineOf({ name, from, title, points, problem }: Row, width: number): string {
  const what = problem === undefined ? `${title} (${points} points)` : `can't be used: ${problem}`;
  return `${name.padEnd(width)}  ${from.padEnd(8)}  ${what}`;
}

function show(lookup: ProfileLookup, name: string, io: CliIo): number {
  const found = lookup(name);
  if (found?.ok !== true) {
    const known = lookup.names ?? [...BUILT_IN_PROFILES.keys()];
    io.err(`${found === undefined ? `there is no profile "${name}"${didYouMean(name, known)}` : found.error}\n`);
    return 1;
  }
  io.out(`${JSON.stringify(found.value, null, 2)}\n`);
  return 0;
}
