import { parseArgs } from "node:util";
import { assessApplied } from "../core/assess/assess";
import { didYouMean } from "../core/config/nearest";
import { problemsByPath } from "../core/config/problem";
import { type DeviceVisit, type Handover, handoverSheet } from "../core/fieldwork/handover";
import { sheetHtml } from "../core/fieldwork/sheetHtml";
import { sheetMarkdown } from "../core/fieldwork/sheetMarkdown";
import { identityJson } from "../core/fieldwork/unitIdentity";
import { valueToJsonText } from "../core/points/valueText";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { createSystemClock } from "../kernel/systemClock";
import { VERSION } from "../version";
import type { CliIo } from "./io";
import { overwriteFault } from "./outFile";
import { createProgress } from "./progress";
import { problemLines, readSite, type Site } from "./siteFile";
import { visitSite } from "./siteVisit";
import { readStatus, visitsOfStatus } from "./statusVisit";
import { oneFile, settingsFrom } from "./usage";

const USAGE = `Usage: modbus-edge report CONFIG [options]

The hand-over sheet of a site: visits every device of a configuration once (reads only) and writes down what it says it
is, the value of each point with its quality, how fast it answers, what failed and why; with the predicted load of each
connection, what may be written within which limits, problems and warnings. Devices that are away are listed with the
reason. A serial port can be open only once: where the module runs, stop it first, or use --from-status.

  --html                 a page for printing, complete in itself; else Markdown
  --out FILE             into a file
  --device NAME          only this one; may be repeated
  --title TEXT           of the sheet; default "Hand-over sheet"
  --no-identify          does not ask devices who they are (FC 43/14, FC 17, SunSpec)
  --from-status FILE     visits nothing: states, latencies and errors from an answer of the method getStatus (- is
                         standard input); the values of points are not in it
  --json                 one JSON object: {"at", "devices": {NAME: {"state", "reason", "identity", "latencyMs"?,
                         "requests", "failures", "points"?}}, "connections", "writes", "problems", "warnings"}

Exit code: 0 all devices are there, 1 one is not, or the configuration has problems, 2 usage.

Examples:
  modbus-edge report site.json
  modbus-edge report site.json --html --out hand-over.html
`;

interface Settings {
  readonly file: string;
  readonly html: boolean;
  readonly json: boolean;
  readonly identify: boolean;
  readonly title: string;
  readonly devices: readonly string[];
  readonly out?: string | undefined;
  readonly status?: string | undefined;
}

/** `modbus-edge report CONFIG`. */
export async function report(args: string[], io: CliIo): Promise<number> {
  const settings = settingsFrom(args, io, USAGE, settingsOf);
  if (!settings.ok) return settings.error;
  return make(settings.value, io, createSystemClock());
}

const OPTIONS = {
  html: { type: "boolean" },
  json: { type: "boolean" },
  out: { type: "string" },
  device: { type: "string", multiple: true },
  title: { type: "string" },
  "no-identify": { type: "boolean" },
  "from-status": { type: "string" },
} as const;

function settingsOf(args: string[]): Result<Settings, string> {
  const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
  const named = oneFile(positionals, "configuration");
  if (!named.ok) return named;
  const file = named.value;
  if (values.html === true && values.json === true) return err("either --html or --json");
  if (file === "-" && values["from-status"] === "-") return err("standard input can be one of the two only");
  const lost = overwriteFault("--out", values.out, file);
  if (lost !== undefined) return err(lost);
  return ok({
    file,
    html: values.html === true,
    json: values.json === true,
    identify: values["no-identify"] !== true,
    title: values.title ?? "Hand-over sheet",
    devices: values.device ?? [],
    out: values.out,
    status: values["from-status"],
  });
}

async function make(settings: Settings, io: CliIo, clock: Clock): Promise<number> {
  const site = await readSite(settings.file, io);
  if (!site.ok) {
    io.err(problemLines(settings.file, site.error));
    return 1;
  }
  const known = site.value.config.devices;
  const unknown = settings.devices.find((name) => !known.has(name));
  if (unknown !== undefined) {
    io.err(`${settings.file} has no device "${unknown}" that is good${didYouMean(unknown, known.keys())}\n`);
    return 1;
  }
  const visits = await visitsOf(settings, site.value, io, clock);
  if (!visits.ok) {
    io.err(`${visits.error}\n`);
    return 1;
  }
  const handover: Handover = {
    ...{ title: settings.title, source: settings.file, version: VERSION },
    at: new Date(clock.epoch()).toISOString(),
    how: howOf(settings, io.signal),
    assessment: assessApplied(site.value, site.value.document),
    visits: visits.value,
  };
  const written = await deliver(textOf(handover, settings), settings, io);
  return written && site.value.problems.length === 0 && visits.value.every(isThere) ? 0 : 1;
}

function isThere({ state }: DeviceVisit): boolean {
  return state !== "offline";
}

function howOf({ status }: Settings, signal: AbortSignal): string {
  if (status !== undefined) return "from the status of the running module; no device was asked";
  return `every device visited once${signal.aborted ? "; stopped before the end" : ""}`;
}

async function visitsOf(
  { devices, status, identify }: Settings,
  { config }: Site,
  io: CliIo,
  clock: Clock,
): Promise<Result<readonly DeviceVisit[], string>> {
  const wanted = ({ name }: { readonly name: string }): boolean => devices.length === 0 || devices.includes(name);
  if (status === undefined) {
    const progress = createProgress(io, clock);
    const onStep = (device: string): void => progress.show(`visiting ${device} …`);
    const { signal, serialReader } = io;
    const visits = await visitSite(config, wanted, { clock, signal, serialReader, identify, onStep });
    progress.end();
    return ok(visits);
  }
  const text = await io.readFile(status);
  if (!text.ok) return text;
  const answer = readStatus(text.value);
  return answer.ok ? ok(visitsOfStatus(config, wanted, answer.value)) : err(`${status} ${answer.error}`);
}

function textOf(handover: Handover, { html, json }: Settings): string {
  if (json) return reportJson(handover);
  const sheet = handoverSheet(handover);
  return html ? sheetHtml(sheet) : sheetMarkdown(sheet);
}

/** Values with every digit. */
function reportJson({ at, assessment, visits }: Handover): string {
  const { connections, writes, problems, warnings } = assessment;
  const devices = visits.map((visit) => `${JSON.stringify(visit.device.name)}:${visitJson(visit)}`);
  const rest = {
    connections,
    writes: writes.points,
    problems: problemsByPath(problems),
    warnings: problemsByPath(warnings),
  };
  return `{"at":${JSON.stringify(at)},"devices":{${devices.join(",")}},${JSON.stringify(rest).slice(1)}\n`;
}

function visitJson({ device, state, reason, identity, latencyMs, requests, failures, samples }: DeviceVisit): string {
  const { connection, unitId } = device;
  const head = { connection, unitId, state, reason, identity: identityJson(identity), latencyMs, requests, failures };
  if (samples === undefined) return JSON.stringify(head);
  const points = samples.map(({ point, value, bad, detail }) => {
    const reading = value === undefined ? "" : `"value":${valueToJsonText(value)},`;
    const words = { bad, detail, unit: point.unit, table: point.table, address: point.address };
    return `${JSON.stringify(point.name)}:{${reading}${JSON.stringify(words).slice(1)}`;
  });
  return `${JSON.stringify(head).slice(0, -1)},"points":{${points.join(",")}}}`;
}

async function deliver(text: string, { out }: Settings, io: CliIo): Promise<boolean> {
  if (out === undefined) {
    io.out(text);
    return true;
  }
  const written = await io.writeFile(out, text);
  io.err(written.ok ? `${out} is written\n` : `${written.error}\n`);
  return written.ok;
}
