import { didYouMean } from "../core/config/nearest";
import { type Display, parseDisplay } from "../core/fieldwork/display";
import type { WalkRange } from "../core/fieldwork/rangeWalk";
import { LIMITS, type Table } from "../core/modbus/spec";
import { err, ok, type Result } from "../kernel/result";
import { besideFile, type FieldArguments, fieldArguments, WHERE_OPTIONS, wholeNumber } from "./fieldOptions";
import { type FieldTarget, targetOfFile, targetOfOptions } from "./fieldTarget";
import type { CliIo } from "./io";
import type { BadFile } from "./usage";

export const FIND_USAGE = `Usage: modbus-edge find --expect NUMBER  --host HOST[:PORT] | --serial PATH --line LINE  [options]
       modbus-edge find --expect NUMBER  --config FILE DEVICE  [options]

Which register does the device's display show? Reads registers (reading never changes anything), and lists what would
show the number given: address, table, type, byte order and scale, the simplest first. Then type what the display shows
now: each further number leaves those that followed it. Ends with the definition of the point for a configuration.

What the display shows:
  --expect 49.98         as it stands there: 49.98 stands for 49.975 to 49.985. Several times: one after the other
  --every 5s             between two of them (default 5s; 500ms, 1m)
  --tolerance X          instead of half of the last digit, for numbers that do not stand still
  --interactive          asks for further numbers on standard input (on a terminal it does so by itself)

Where to look:
  --table input|holding  default: both
  --range 0-999,4000-4999   0-based addresses, default 0-999
  --requests N           at most, default 2000
  --host HOST[:PORT], --serial PATH --line "19200 8E1", --unit N, --transport, --framing, --timeout MS,
  --ca, --cert, --key, --server-name, --local-echo    as in "modbus-edge read --help"

  --limit N              candidates that are shown, default 20
  --json                 one JSON object at the end: {"rounds": [{"expected", "candidates"}], "registers", "requests",
                         "complete", "candidates": [{"table", "address", "type", "order"?, "scale"?, "value"}], "point"?}

Exit code: 0 something follows what was given, 1 nothing does, or the device can't be read, 2 usage.

Examples:
  modbus-edge find --expect 49.98 --host 192.168.0.7
  modbus-edge find --expect 21.5 --expect 22.0 --every 30s --serial /dev/ttyUSB0 --line "9600 8N1" --unit 3 --table input
`;

const OPTIONS = {
  expect: { type: "string", multiple: true },
  every: { type: "string" },
  tolerance: { type: "string" },
  interactive: { type: "boolean", short: "i" },
  range: { type: "string" },
  requests: { type: "string" },
  limit: { type: "string" },
} as const;

export interface FindJob {
  readonly target: FieldTarget;
  readonly displays: readonly Display[];
  readonly everyMs: number;
  readonly tolerance: number | undefined;
  readonly isInteractive: boolean;
  readonly ranges: readonly WalkRange[];
  readonly requests: number;
  readonly limit: number;
  readonly json: boolean;
  /** Options that lead to the device, for the command that watches the point. */
  readonly where: readonly string[];
}

/** The job, `"help"`, or what is wrong. */
export async function findJob(args: readonly string[], io: CliIo): Promise<Result<FindJob | "help", string | BadFile>> {
  const given = fieldArguments(args, OPTIONS);
  if (!given.ok) return given;
  const all = given.value;
  if (all.flag("help")) return ok("help");
  const idle = ["type", "order", "scale", "offset", "decimals", "length"].find((name) => all.text(name) !== undefined);
  if (idle !== undefined) return err(`--${idle} is what "find" finds out: leave it out`);
  const shown = displaysOf(all);
  if (!shown.ok) return shown;
  const every = durationOf(all.text("every") ?? "5s");
  const requests = wholeNumber(all, "requests", 1, 200_000);
  const limit = wholeNumber(all, "limit", 1, 10_000);
  for (const wrong of [every, requests, limit]) if (!wrong.ok) return wrong;
  const target = await targetOf(all, io);
  if (!target.ok) return target;
  const ranges = rangesOf(all, target.value);
  if (!ranges.ok) return ranges;
  const json = all.flag("json");
  return ok({
    ...shown.value,
    target: target.value,
    ranges: ranges.value,
    everyMs: every.ok ? every.value : 0,
    isInteractive: all.flag("interactive") || (io.isTerminal && !json && shown.value.displays.length === 1),
    requests: (requests.ok ? requests.value : undefined) ?? 2000,
    limit: (limit.ok ? limit.value : undefined) ?? 20,
    json,
    where: whereOf(all),
  });
}

function displaysOf(args: FieldArguments): Result<Pick<FindJob, "displays" | "tolerance">, string> {
  const texts = args.texts("expect");
  if (texts.length === 0) return err("what does the display show? Such as --expect 49.98");
  const given = args.text("tolerance");
  const tolerance = given === undefined ? undefined : Number(/^\d+([.]\d+)?$/.test(given) ? given : Number.NaN);
  if (Number.isNaN(tolerance)) return err(`--tolerance ${given}: a number such as 0.5`);
  const displays: Display[] = [];
  for (const text of texts) {
    const parsed = parseDisplay(text);
    if (!parsed.ok) return err(`--expect: ${parsed.error}`);
    displays.push(tolerant(parsed.value, tolerance));
  }
  return ok({ displays, tolerance });
}

export function tolerant(display: Display, tolerance: number | undefined): Display {
  return tolerance === undefined ? display : { ...display, tolerance };
}

/** `500ms`, `5s`, `5`, `1m`. */
export function durationOf(text: string): Result<number, string> {
  const [, amount, unit] = /^(\d{1,6}(?:\.\d{1,3})?)(ms|s|m|)$/.exec(text) ?? [];
  if (amount === undefined) return err(`"${text}" is no time: write 500ms, 5s or 1m`);
  return ok(Number(amount) * ({ ms: 1, m: 60_000 }[unit ?? ""] ?? 1000));
}

async function targetOf(args: FieldArguments, io: CliIo): Promise<Result<FieldTarget, string | BadFile>> {
  const file = args.text("config");
  const [device, ...more] = args.positionals;
  if (file === undefined) {
    if (device === undefined) return targetOfOptions(args, [], 1, "read");
    return err(`${device}: addresses to look at are given by --range, such as --range 0-999`);
  }
  const beside = besideFile(args, WHERE_OPTIONS);
  if (beside !== undefined) return err(beside);
  return more.length > 0 ? err("one device at a time") : targetOfFile(file, device, [], io);
}

const TABLES: readonly Table[] = ["input", "holding"];

function rangesOf(args: FieldArguments, { device }: FieldTarget): Result<readonly WalkRange[], string> {
  const named = args.text("table");
  if (named !== undefined && !TABLES.some((table) => table === named))
    return err(`--table ${named}: registers are in input or holding${didYouMean(named, TABLES)}`);
  const ranges: WalkRange[] = [];
  for (const text of (args.text("range") ?? "0-999").split(",")) {
    const [, from, to] = /^\s*(\d{1,5})(?:-(\d{1,5}))?\s*$/.exec(text) ?? [];
    const [first, last] = [Number(from), Number(to ?? from)];
    if (from === undefined || last < first || last > LIMITS.address)
      return err(`--range ${text}: addresses from 0 to 65535, such as 0-999`);
    for (const table of TABLES) {
      if (named === undefined || named === table) ranges.push({ table, first, count: last - first + 1 });
    }
  }
  const allowed = ranges.flatMap((range) => without(range, device.limits.neverRead));
  return allowed.length > 0 ? ok(allowed) : err("--range: the device must not be read there (neverRead)");
}

/** What is left of a range when the device must not be read in some places. */
function without(range: WalkRange, forbidden: readonly (readonly [number, number])[]): readonly WalkRange[] {
  return forbidden.reduce<readonly WalkRange[]>(
    (parts, [from, to]) =>
      parts.flatMap(({ table, first, count }) => [
        ...(first < from ? [{ table, first, count: Math.min(count, from - first) }] : []),
        ...(first + count - 1 > to
          ? [{ table, first: Math.max(first, to + 1), count: first + count - Math.max(first, to + 1) }]
          : []),
      ]),
    [range],
  );
}

const WHERE = ["host", "serial", "line", "unit", "transport", "framing", "ca", "cert", "key", "server-name", "timeout"];

function whereOf(args: FieldArguments): readonly string[] {
  return WHERE.flatMap((name) => {
    const text = args.text(name);
    return text === undefined ? [] : [`--${name}`, /^[\w./:[\]-]+$/.test(text) ? text : JSON.stringify(text)];
  });
}
