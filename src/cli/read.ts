import type { ModbusClient } from "../client/modbusClient";
import { openConnection } from "../client/openConnection";
import { isBitTable } from "../core/modbus/spec";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { createSystemClock } from "../kernel/systemClock";
import { wait } from "../kernel/wait";
import { endpointText, failureText } from "./failureText";
import { type FieldClient, findingModels } from "./fieldModels";
import {
  besideFile,
  type FieldArguments,
  fieldArguments,
  MEANING_OPTIONS,
  WHERE_OPTIONS,
  WHERE_USAGE,
  wholeNumber,
} from "./fieldOptions";
import { modbusErrorOf, type RawRange, type ReadItem, readTarget } from "./fieldRead";
import { joinedFailures, shareText } from "./fieldSummary";
import { type FieldTarget, placeOf, targetOfFile, targetOfOptions } from "./fieldTarget";
import { itemJson, readTable } from "./fieldView";
import type { CliIo } from "./io";
import { type BadFile, refuse } from "./usage";

const USAGE = `Usage: modbus-edge read --host HOST[:PORT] | --serial PATH --line LINE   ADDRESS… [options]
       modbus-edge read --config FILE DEVICE [POINT…]

Reads registers, bits or points straight from a device; no cloud, no module. Without --type it shows each register in
hex, unsigned and signed, and what pairs of registers would mean in the usual orders: compare with the display.

${WHERE_USAGE}
  --count N              values of the type, or registers or bits, from each address on; default 1
  --repeat N             reads N times; --watch: until Ctrl-C
  --interval MS          between two readings, default 1000
  --retries N            of a reading without a good answer, 0 to 10, default 0
  --json                 a JSON line a reading

Exit code: 0 everything was read (with --watch and --repeat: in the last reading), 1 not, 2 usage.

Examples:
  modbus-edge read --host 192.168.0.7 --unit 1 40001 --count 10
  modbus-edge read --serial /dev/ttyUSB0 --line "19200 8E1" --unit 7 --table input 100 --type float32 --order CDAB
  modbus-edge read --config site.json boiler supplyTemperature
`;

const OPTIONS = {
  count: { type: "string" },
  repeat: { type: "string" },
  watch: { type: "boolean" },
  interval: { type: "string" },
  retries: { type: "string" },
} as const;

interface Job {
  readonly target: FieldTarget;
  readonly ranges: readonly RawRange[];
  readonly rounds: number;
  readonly intervalMs: number;
  readonly retries: number;
  readonly json: boolean;
  /** Each reading takes the place of the one before. */
  readonly redraw: boolean;
}

/** `modbus-edge read`. */
export async function read(args: string[], io: CliIo): Promise<number> {
  const given = fieldArguments(args, OPTIONS);
  if (given.ok && given.value.flag("help")) {
    io.out(USAGE);
    return 0;
  }
  const job = given.ok ? await jobOf(given.value, io) : given;
  if (!job.ok) {
    return refuse(io, job.error, (error) => `${error}\n"modbus-edge read --help" shows the options.\n`);
  }
  return perform(job.value, io, createSystemClock());
}

async function jobOf(args: FieldArguments, io: CliIo): Promise<Result<Job, string | BadFile>> {
  const rounds = wholeNumber(args, "repeat", 1, 1_000_000);
  const interval = wholeNumber(args, "interval", 0, 86_400_000);
  const retries = wholeNumber(args, "retries", 0, 10);
  const wrong = [rounds, interval, retries].find((number) => !number.ok);
  if (wrong !== undefined && !wrong.ok) return wrong;
  const what = args.text("config") === undefined ? whatOfOptions(args) : await whatOfFile(args, io);
  if (!what.ok) return what;
  const watch = args.flag("watch");
  const json = args.flag("json");
  return ok({
    ...what.value,
    rounds: watch ? Number.POSITIVE_INFINITY : orDefault(rounds, 1),
    intervalMs: orDefault(interval, 1000),
    retries: orDefault(retries, 0),
    json,
    redraw: watch && !json && io.isTerminal,
  });
}

function orDefault(number: Result<number | undefined, string>, fallback: number): number {
  return (number.ok ? number.value : undefined) ?? fallback;
}

type What = Pick<Job, "target" | "ranges">;

async function whatOfFile(args: FieldArguments, io: CliIo): Promise<Result<What, string | BadFile>> {
  const beside = besideFile(args, [...WHERE_OPTIONS, ...MEANING_OPTIONS, "count"]);
  if (beside !== undefined) return err(beside);
  const [device, ...points] = args.positionals;
  const target = await targetOfFile(args.text("config") ?? "", device, points, io);
  if (!target.ok) return target;
  const readable = target.value.points.filter(({ access }) => access !== "write");
  return ok({ target: { ...target.value, points: readable }, ranges: [] });
}

function whatOfOptions(args: FieldArguments): Result<What, string> {
  const counted = wholeNumber(args, "count", 1, 65_536);
  if (!counted.ok) return counted;
  const count = counted.value ?? 1;
  if (args.positionals.length === 0) return err("which address? Such as 40001, or --table holding 0");
  const places = [];
  for (const text of args.positionals) {
    const place = placeOf(text, args.text("table"));
    if (!place.ok) return place;
    places.push(place.value);
  }
  const target = targetOfOptions(args, places, count, "read");
  if (!target.ok) return target;
  if (target.value.points.length > 0) return ok({ target: target.value, ranges: [] });
  const beyond = places.find(({ address }) => address + count > 65_536);
  if (beyond !== undefined)
    return err(`--count ${count} from ${beyond.address} on goes beyond the last address, 65535`);
  return ok({ target: target.value, ranges: places.map((place) => ({ ...place, count })) });
}

async function perform(job: Job, io: CliIo, clock: Clock): Promise<number> {
  const { connection, device } = job.target;
  let client: ModbusClient;
  try {
    client = await openConnection(connection, io);
  } catch (error) {
    io.err(`${failureText(modbusErrorOf(error), connection, device.unitId)}\n`);
    return 1;
  }
  try {
    return await rounds(job, findingModels(client, device), io, clock);
  } finally {
    await client.close();
  }
}

async function rounds(job: Job, client: FieldClient, io: CliIo, clock: Clock): Promise<number> {
  let bad = true;
  for (let round = 0; round < job.rounds && !io.signal.aborted; round++) {
    const started = clock.monotonic();
    const options = { signal: io.signal, retries: job.retries };
    const items = await readTarget(client, job.target, job.ranges, options);
    const failed = items.some(({ outcome }) => "error" in outcome);
    if (io.signal.aborted && failed) break;
    bad = failed;
    show(job, items, new Date(clock.epoch()).toISOString(), io);
    const restMs = Math.max(0, job.intervalMs - (clock.monotonic() - started));
    if (round + 1 < job.rounds) await wait(clock, restMs, io.signal);
  }
  return bad ? 1 : 0;
}

function show(job: Job, all: readonly ReadItem[], at: string, io: CliIo): void {
  const items = joinedFailures(all);
  const { connection, device } = job.target;
  const reasonOf = ({ outcome }: ReadItem): string =>
    "error" in outcome ? failureText(outcome.error, connection, device.unitId) : "";
  if (job.json) {
    const head = JSON.stringify({ connection: endpointText(connection), unitId: device.unitId, at }).slice(0, -1);
    io.out(`${head},"values":[${items.map((item) => itemJson(item, reasonOf)).join(",")}]}\n`);
    return;
  }
  const stamp = job.rounds > 1 ? `${job.redraw ? "\u001b[H\u001b[J" : ""}${at}\n` : "";
  io.out(`${stamp}${readTable(items, shortReason)}`);
  for (const reason of new Set(items.map(reasonOf))) if (reason !== "") io.err(`${reason}\n`);
  io.err(shareText(all));
}

/** In the table; the whole sentence stands below it. */
function shortReason({ outcome, table }: ReadItem): string {
  if (!("error" in outcome)) return "";
  const { kind, exceptionCode, exceptionName } = outcome.error;
  const what = isBitTable(table) ? "bits" : "registers";
  if (kind !== "exception") return kind === "timeout" ? "no answer" : `no ${what}: ${kind}`;
  return `exception ${exceptionCode}${exceptionName === undefined ? "" : ` (${exceptionName})`}`;
}
