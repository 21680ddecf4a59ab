import type { ModbusClient } from "../client/modbusClient";
import { openConnection } from "../client/openConnection";
import { addressText } from "../core/modbus/address";
import type { PointData } from "../core/points/transform";
import { err, ok, type Result } from "../kernel/result";
import { failureText } from "./failureText";
import { type FieldClient, findingModels } from "./fieldModels";
import {
  besideFile,
  type FieldArguments,
  fieldArguments,
  MEANING_OPTIONS,
  WHERE_OPTIONS,
  WHERE_USAGE,
} from "./fieldOptions";
import { modbusErrorOf } from "./fieldRead";
import { type FieldTarget, placeOf, targetOfFile, targetOfOptions } from "./fieldTarget";
import { rawText, readingText, valuesJson } from "./fieldView";
import {
  type PlannedValues,
  planPoint,
  planValues,
  type WriteManner,
  type WriteOutcome,
  writeVerified,
} from "./fieldWrite";
import type { CliIo } from "./io";
import { type BadFile, refuse } from "./usage";

const USAGE = `Usage: modbus-edge write --host HOST[:PORT] | --serial PATH --line LINE   ADDRESS VALUE… [options]
       modbus-edge write --config FILE DEVICE POINT=VALUE…

Writes to a device at once, without asking, and reads back what it holds then. Everything is checked before anything
is written; nothing is ever sent twice. Several values of an ADDRESS go in one request. Coils take on, off, 1, 0,
true, false. With --config the limits and access rights of the points hold.

${WHERE_USAGE}
                         default here: uint16
  --function F           auto (default: 5, 6 for one value, 15, 16 for more), single, multiple
  --echo                 the confirmation of the device is enough: nothing is read back
  --json                 a JSON line a request: {"table","address","count","raw","outcome","readBack"?,"reason"?}

Exit code: 0 verified (with --echo: confirmed), 1 not, 2 usage, or a value that can't be written as asked.

Examples:
  modbus-edge write --host 192.168.0.7 --unit 1 40201 43
  modbus-edge write --serial /dev/ttyUSB0 --line "9600 8N1" --unit 7 40101 21.5 --type float32 --order CDAB
  modbus-edge write --config site.json boiler setpoint=21.5
`;

interface Job {
  readonly target: FieldTarget;
  readonly requests: readonly PlannedValues[];
  readonly manner: WriteManner;
  readonly json: boolean;
}

/** `modbus-edge write`. */
export async function write(args: string[], io: CliIo): Promise<number> {
  const given = fieldArguments(args, { function: { type: "string" }, echo: { type: "boolean" } });
  if (given.ok && given.value.flag("help")) {
    io.out(USAGE);
    return 0;
  }
  const job = given.ok ? await jobOf(given.value, io) : given;
  if (!job.ok) {
    const hint = 'Nothing was written. "modbus-edge write --help" shows the options.';
    return refuse(io, job.error, (error) => `${error}\n${hint}\n`);
  }
  return perform(job.value, io);
}

async function jobOf(args: FieldArguments, io: CliIo): Promise<Result<Job, string | BadFile>> {
  const choice = args.text("function") ?? "auto";
  if (choice !== "auto" && choice !== "single" && choice !== "multiple")
    return err(`--function ${choice}: one of auto, single, multiple`);
  const what = args.text("config") === undefined ? whatOfOptions(args) : await whatOfFile(args, io);
  if (!what.ok) return what;
  const tooMany = choice === "single" ? what.value.requests.find(({ count }) => count > 1) : undefined;
  if (tooMany !== undefined) return err(`--function single writes one value, not ${tooMany.count}`);
  return ok({ ...what.value, manner: { function: choice, echo: args.flag("echo") }, json: args.flag("json") });
}

type What = Pick<Job, "target" | "requests">;

function whatOfOptions(args: FieldArguments): Result<What, string> {
  const [address, ...values] = args.positionals;
  if (address === undefined) return err("which address? Such as 40201");
  if (values.length === 0) return err(`which value for ${address}?`);
  const place = placeOf(address, args.text("table"));
  if (!place.ok) return place;
  const { table } = place.value;
  if (table !== "coil" && table !== "holding")
    return err(
      `${addressText(table, place.value.address)} can only be read: what can be written are coils and holding registers`,
    );
  const target = targetOfOptions(args, [place.value], values.length, "readWrite");
  if (!target.ok) return target;
  const planned = planValues(target.value.points, values);
  return planned.ok ? ok({ target: target.value, requests: [planned.value] }) : planned;
}

async function whatOfFile(args: FieldArguments, io: CliIo): Promise<Result<What, string | BadFile>> {
  const beside = besideFile(args, [...WHERE_OPTIONS, ...MEANING_OPTIONS]);
  if (beside !== undefined) return err(beside);
  const [device, ...pairs] = args.positionals;
  const wrong = pairs.find((pair) => pair.indexOf("=") < 1);
  if (wrong !== undefined)
    return err(`"${wrong}" is no point with its value: write them as one, such as setpoint=21.5`);
  const names = pairs.map((pair) => pair.slice(0, pair.indexOf("=")));
  if (device !== undefined && pairs.length === 0) return err("which point, and which value? Such as setpoint=21.5");
  if (new Set(names).size < names.length) return err("a point twice");
  const target = await targetOfFile(args.text("config") ?? "", device, names, io);
  if (!target.ok) return target;
  const requests: PlannedValues[] = [];
  for (const [index, point] of target.value.points.entries()) {
    const pair = pairs[index] ?? "";
    const planned = planPoint(target.value, point, pair.slice(pair.indexOf("=") + 1));
    if (!planned.ok) return planned;
    requests.push(planned.value);
  }
  return ok({ target: target.value, requests });
}

async function perform(job: Job, io: CliIo): Promise<number> {
  const { connection, device } = job.target;
  let client: ModbusClient;
  try {
    client = await openConnection(connection, io);
  } catch (error) {
    io.err(`${failureText(modbusErrorOf(error), connection, device.unitId)}\nNothing was written.\n`);
    return 1;
  }
  try {
    return await writeAll(job, findingModels(client, device), io);
  } finally {
    await client.close();
  }
}

/** In order; what follows a failure is not written. */
async function writeAll(job: Job, client: FieldClient, io: CliIo): Promise<number> {
  for (const [index, planned] of job.requests.entries()) {
    const result = await writeVerified(client, job.target.device.unitId, planned, mannerFor(job, planned));
    show(job, planned, result, io);
    const good = result.outcome === "verified" || result.outcome === "acknowledged";
    if (good) continue;
    const left = job.requests.slice(index + 1).flatMap(({ points }) => points.map(({ name }) => name));
    if (left.length > 0) io.err(`Not written any more: ${left.join(", ")}.\n`);
    return 1;
  }
  return 0;
}

/** A point whose configuration trusts the device's confirmation, or that can't be read, is not read back. */
function mannerFor({ manner }: Job, { points }: PlannedValues): WriteManner {
  const trusts = points.every(({ access, write: rule }) => access === "write" || rule?.verify === "echo");
  return trusts ? { ...manner, echo: true } : manner;
}

const VERDICTS = {
  verified: "verified",
  acknowledged: "confirmed by the device, not read back",
  mismatch: "NOT AS WRITTEN",
  refused: "NOT WRITTEN",
  unknown: "OUTCOME UNKNOWN",
} as const;

function show({ target, json }: Job, planned: PlannedValues, result: WriteOutcome, io: CliIo): void {
  const { connection, device } = target;
  const reason = result.error === undefined ? undefined : failureText(result.error, connection, device.unitId);
  const { table, address, count, encoded, points } = planned;
  const written: PointData =
    table === "coil" ? (encoded as readonly boolean[]) : Uint16Array.from(encoded as readonly number[]);
  if (json) {
    const head = JSON.stringify({ table, address, count, raw: encoded, outcome: result.outcome }).slice(0, -1);
    const held = result.readBack === undefined ? "" : `,"readBack":${valuesJson(points, address, result.readBack)}`;
    io.out(`${head}${held}${reason === undefined ? "" : `,"reason":${JSON.stringify(reason)}`}}\n`);
    return;
  }
  const held = result.readBack === undefined ? "" : `, read back ${meaning(points, address, result.readBack)}`;
  const text = `${namesText(planned)}${addressText(table, address)} = ${meaning(points, address, written)}${held}: ${VERDICTS[result.outcome]}`;
  io.out(`${text}\n`);
  if (reason !== undefined) io.err(`${reason}\n`);
}

/** Of points of a configuration; one made of an address has no other name. */
function namesText({ table, points }: PlannedValues): string {
  const names = points.filter(({ name, address }) => name !== `${table}${address}`).map(({ name }) => name);
  return names.length === 0 ? "" : `${names.join(", ")}: `;
}

/** The values and, in brackets, what stands in the registers. */
function meaning(points: PlannedValues["points"], from: number, data: PointData): string {
  const values = points.map((point) => readingText(point, part(point.address - from, point.count, data)));
  const raw = data instanceof Uint16Array ? ` (${rawText(data)})` : "";
  return `${values.join(", ")}${raw}`;
}

function part(offset: number, count: number, data: PointData): PointData {
  return data.slice(offset, offset + count);
}
