import { parseArgs } from "node:util";
import { applyDocument } from "../core/config/apply";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import { readConfigurationText, textWithPlace } from "../core/config/jsonText";
import { didYouMean } from "../core/config/nearest";
import { type Problem, problemsByPath } from "../core/config/problem";
import { profileLookup } from "../core/config/profiles";
import { addressText } from "../core/modbus/address";
import { type ConnectionPlan, type CycleView, planConnection, type RequestView } from "../core/planning/connectionPlan";
import { cycleJson, planHeadJson } from "../core/planning/planJson";
import { ok, type Result } from "../kernel/result";
import { readProfileFolder } from "../store/profileFolder";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";
import { oneFile, settingsFrom } from "./usage";

const USAGE = `Usage: modbus-edge plan FILE [--connection NAME] [--json]

The requests that polling will send: for each unit what falls due together and how often, the blocks that are read
then, the time that each is predicted to take, and the share of each connection's time that all of it takes.
FILE is a configuration as for "check"; - is standard input. Nothing is connected to: how long a device takes to answer
is an assumption here (10 ms on serial lines, 5 ms round trip on networks). The method getPlan of a running module
answers with what it has measured and learned.

  --connection NAME   this connection only
  --json              one JSON object: {"connections": {NAME: {"loadPercent", "requestsPerSecond", "cycles": [
                      {"unitId", "groups", "everyMs", "predictedMs", "requests": [{"table", "first", "count", "address",
                      "points", "bytes", "predictedMs"}], "notAsked"?}]}},
                      "problems"? {POINTER: TEXT}}

Exit code: 0 planned, 1 the configuration has problems (what is good is planned), 2 usage.

Example: modbus-edge plan examples/site.json
`;

interface Settings {
  readonly file: string;
  readonly connection?: string;
  readonly json: boolean;
}

/** `modbus-edge plan FILE`. */
export async function plan(args: string[], io: CliIo): Promise<number> {
  const settings = settingsFrom(args, io, USAGE, settingsOf);
  if (!settings.ok) return settings.error;
  const { file, json, connection } = settings.value;
  const { config, problems } = await configurationOf(file, io);
  for (const { path, text } of problems) io.err(`problem  ${path === "" ? "" : `${path}: `}${text}\n`);
  if (connection !== undefined && !config.connections.has(connection)) {
    const known = [...config.connections.keys()];
    const all = known.length === 0 ? "none is good" : `there are ${known.slice(0, MOST_NAMES).join(", ")}`;
    io.err(`there is no connection "${connection}"${didYouMean(connection, known) || `: ${all}`}\n`);
    return 1;
  }
  const plans = plansOf(config, connection);
  io.out(json ? `${JSON.stringify(asJson(plans, problems))}\n` : plans.map(asText).join("\n"));
  return problems.length === 0 ? 0 : 1;
}

/** In one sentence. */
const MOST_NAMES = 8;

function settingsOf(args: string[]): Result<Settings, string> {
  const options = {
    json: { type: "boolean" },
    connection: { type: "string" },
  } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const file = oneFile(positionals, "file");
  if (!file.ok) return file;
  const { connection } = values;
  const named = connection === undefined ? {} : { connection };
  return ok({ file: file.value, json: values.json === true, ...named });
}

const NOTHING: GatewayConfig = { connections: new Map(), devices: new Map(), module: {} };

async function configurationOf(
  file: string,
  io: CliIo,
): Promise<{ readonly config: GatewayConfig; readonly problems: readonly Problem[] }> {
  const text = await io.readFile(file);
  if (!text.ok) return { config: NOTHING, problems: [{ path: "", text: text.error }] };
  const document = readConfigurationText(text.value);
  if (!document.ok) {
    const problems = document.error.map((problem) => ({ path: problem.path, text: textWithPlace(problem) }));
    return { config: NOTHING, problems };
  }
  const lookup = profileLookup(await readProfileFolder(profilesFolder(io.env)));
  return applyDocument(undefined, document.value, lookup);
}

function plansOf(config: GatewayConfig, only: string | undefined): readonly ConnectionPlan[] {
  const devices = [...config.devices.values()];
  return [...config.connections.values()]
    .filter(({ name }) => only === undefined || name === only)
    .map((connection) =>
      planConnection(
        connection,
        devices.filter((device) => device.connection === connection.name),
      ),
    );
}

function asJson(plans: readonly ConnectionPlan[], problems: readonly Problem[]) {
  const connections = plans.map((one) => [one.connection, { ...planHeadJson(one), cycles: one.cycles.map(cycleJson) }]);
  const found = problems.length === 0 ? {} : { problems: problemsByPath(problems) };
  return { connections: Object.fromEntries(connections) as Record<string, unknown>, ...found };
}

function asText({ connection, loadPercent, requestsPerSecond, cycles }: ConnectionPlan): string {
  const load = `${loadPercent.toFixed(1)} % of its time, ${requestsPerSecond.toFixed(1)} requests a second`;
  return `${[`${connection}: ${load}`, ...cycles.flatMap(cycleLines)].join("\n")}\n`;
}

function cycleLines({ unitId, groups, everyMs, requests, predictedMs, notAsked }: CycleView): readonly string[] {
  const when = everyMs === null ? "after each connect" : `every ${interval(everyMs)} on average`;
  const rows = requests.map(requestRow);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  return [
    "",
    `  unit ${unitId}  ${groups.join(", ")}  ${when}  ${predictedMs.toFixed(1)} ms`,
    ...rows.map((row) => `    ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`),
    ...[...notAsked].map(([point, reason]) => `    not read: ${point} (${reason})`),
  ];
}

function requestRow({ table, first, count, points, predictedMs }: RequestView): readonly string[] {
  return [addressText(table, first), `${count}`.padStart(4), `${predictedMs.toFixed(1)} ms`, points.join(" ")];
}

function interval(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`;
}
