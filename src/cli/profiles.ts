import { parseArgs } from "node:util";
import { didYouMean } from "../core/config/nearest";
import { profileSummary } from "../core/config/profileSummary";
import { type ProfileLookup, profileLookup } from "../core/config/profiles";
import { err, ok, type Result } from "../kernel/result";
import { readProfileFolder } from "../store/profileFolder";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";
import { profileText, tableOf } from "./profilesView";
import { settingsFrom, usageError } from "./usage";

const USAGE = `Usage: modbus-edge profiles list [--json]
       modbus-edge profiles show NAME [--points]

The device profiles that a configuration can name besides its own: those of the profile folder
(MODBUS_EDGE_PROFILES, default: profiles in MODBUS_EDGE_DATA, ./data) and those built in. "list" counts the points that
a device has by it. "show" prints one as JSON, to be copied under "profiles" of a configuration, or into the folder as
NAME.json; with --points, a table for people: where the facts come from, and every point with its address.

Exit code: 0 good; 1 there is no such profile, or it can't be used; 2 usage.

Examples:
  modbus-edge profiles list
  modbus-edge profiles show eastron-sdm630 --points
`;

/** `modbus-edge profiles list|show`. */
export async function profiles(args: string[], io: CliIo): Promise<number> {
  const given = settingsFrom(args, io, USAGE, wordsOf);
  if (!given.ok) return given.error;
  const words = given.value;
  const folder = await readProfileFolder(profilesFolder(io.env));
  const unreadable = folder.get("");
  if (unreadable?.ok === false) io.err(`${unreadable.error}\n`);
  const lookup = profileLookup(folder);
  const { action, name } = words;
  if (action === "list" && name === undefined) {
    return Math.max(
      list(lookup, (found) => folder.has(found), words.json, io),
      unreadable === undefined ? 0 : 1,
    );
  }
  if (action === "show" && name !== undefined) return show(name, lookup, words.points, io);
  io.err(usageError("list them all, or show one by its name", USAGE));
  return 2;
}

interface Words {
  readonly action: string | undefined;
  readonly name: string | undefined;
  readonly json: boolean;
  /** For people, instead of JSON. */
  readonly points: boolean;
}

function wordsOf(args: string[]): Result<Words, string> {
  const options = {
    json: { type: "boolean" },
    points: { type: "boolean" },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  if (positionals.length > 2) return err("one profile at a time");
  const [action, name] = positionals;
  const { json = false, points = false } = values;
  return ok({ action, name, json, points });
}

interface Row {
  readonly name: string;
  readonly from: "folder" | "built in";
  readonly title: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly source: string;
  readonly extends?: string;
  /** Points that a device with it has, those that are inherited, repeated and single bits among them. */
  readonly points: number;
  readonly writable: number;
  readonly problem?: string;
}

function rowOf(lookup: ProfileLookup, name: string, inFolder: boolean): Row {
  const from = inFolder ? "folder" : "built in";
  const found = lookup(name);
  if (found?.ok !== true) return { name, from, ...NOTHING, problem: found?.error ?? "it is gone" };
  const { problems, device, ...said } = profileSummary(name, found.value, lookup);
  const [problem] = problems;
  return {
    name,
    from,
    ...said,
    points: device?.points.length ?? 0,
    writable: device?.points.filter(({ access }) => access !== "read").length ?? 0,
    ...(problem === undefined ? {} : { problem: `${problem.path}: ${problem.text}` }),
  };
}

const NOTHING = { title: "", manufacturer: "", model: "", source: "", points: 0, writable: 0 };

function list(lookup: ProfileLookup, inFolder: (name: string) => boolean, json: boolean, io: CliIo): number {
  const rows = (lookup.names ?? []).map((name) => rowOf(lookup, name, inFolder(name)));
  io.out(json ? `${JSON.stringify(rows)}\n` : tableOf([HEAD, ...rows.map(cellsOf)]));
  return rows.some(({ problem }) => problem !== undefined) ? 1 : 0;
}

const HEAD = ["profile", "from", "points", "manufacturer", "what it is"];

function cellsOf({ name, from, points, writable, manufacturer, title, problem }: Row): readonly string[] {
  if (problem !== undefined) return [name, from, "", manufacturer, `can't be used: ${problem}`];
  return [name, from, writable === 0 ? `${points}` : `${points}, ${writable} writable`, manufacturer, title];
}

function show(name: string, lookup: ProfileLookup, points: boolean, io: CliIo): number {
  const found = lookup(name);
  if (found?.ok !== true) {
    const known = lookup.names ?? [];
    io.err(
      `${found === undefined ? `there is no profile "${name}"${didYouMean(name, known) || ': "modbus-edge profiles list" names them all'}` : found.error}\n`,
    );
    return 1;
  }
  io.out(
    points ? profileText(name, profileSummary(name, found.value, lookup)) : `${JSON.stringify(found.value, null, 2)}\n`,
  );
  return 0;
}
