import { parseArgs } from "node:util";
import { type Assessment, assessApplied, assessDocument } from "../core/assess/assess";
import { type Problem, problemsByPath } from "../core/config/problem";
import { builtInProfiles } from "../core/config/profiles";
import { centralWarnings } from "../core/model/centralLimits";
import { modelDocument } from "../core/model/modelDocument";
import { publishModel } from "../core/model/publish";
import { telemetryFormOf } from "../core/model/telemetryForm";
import { ok, type Result } from "../kernel/result";
import { type CentralFigures, figureLines, problemLinesOf } from "./checkView";
import type { CliIo } from "./io";
import { painter } from "./paint";
import { fileName, readSite, type Site } from "./siteFile";
import { oneFile, settingsFrom } from "./usage";

const USAGE = `Usage: modbus-edge check FILE [--json]

Whether a configuration is valid, and what it amounts to: every problem and warning with its place (a JSON pointer into
the configuration), the load of each connection, the size in the twin and what could be moved out of it, the cost a
day, and everything that the cloud could write. Nothing is connected to.
FILE is the configuration itself, or an object with it under "configuration"; - is standard input. Profiles are
looked up in the document, then in MODBUS_EDGE_PROFILES (default: profiles in MODBUS_EDGE_DATA, ./data), then built in.

  --json   one JSON object: {"valid", "connections", "devices", "points", "loads", "twin", "cost", "central", "writes",
           "problems": {pointer: text}, "warnings": {pointer: text}}

Colours on a terminal only; NO_COLOR=1 switches them off.
Exit code: 0 valid (warnings or not), 1 not valid or not readable, 2 usage.

Example: modbus-edge check examples/site.json
`;

/** What a check found. */
interface Finding {
  /** There was a configuration to look at. */
  readonly isRead: boolean;
  readonly assessment: Assessment;
  readonly central: CentralFigures;
}

/** `modbus-edge check FILE`. */
export async function check(args: string[], io: CliIo): Promise<number> {
  const settings = settingsFrom(args, io, USAGE, settingsOf);
  if (!settings.ok) return settings.error;
  const { file, json } = settings.value;
  const site = await readSite(file, io);
  const finding = site.ok ? examine(site.value) : unreadable(site.error);
  io.out(json ? `${JSON.stringify(asJson(finding))}\n` : asText(fileName(file), finding, io));
  return finding.assessment.problems.length === 0 ? 0 : 1;
}

interface Settings {
  readonly file: string;
  readonly json: boolean;
}

function settingsOf(args: string[]): Result<Settings, string> {
  const options = { json: { type: "boolean" } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const file = oneFile(positionals, "file");
  return file.ok ? ok({ file: file.value, json: values.json === true }) : file;
}

function unreadable(problems: readonly Problem[]): Finding {
  const nothing = assessDocument({}, builtInProfiles);
  const assessment: Assessment = { ...nothing, state: "rejected", problems };
  return { isRead: false, assessment, central: { capabilities: 0, components: 0 } };
}

/** The limits of IoT Central are those of its template, which is made of the whole configuration. */
function examine(site: Site): Finding {
  const assessment = assessApplied(site, site.document);
  const { config } = site;
  const model = modelDocument({
    ...site,
    prefix: "dtmi:modbusEdge:site",
    dialect: "central",
    telemetryForm: telemetryFormOf(config),
  });
  const { capabilities } = publishModel(model, "central", new Map());
  const components = model.components.length;
  const limits = centralWarnings(capabilities, components).map((text) => ({ path: "", text: `IoT Central: ${text}` }));
  const warnings = [...assessment.warnings, ...limits];
  return { isRead: true, assessment: { ...assessment, warnings }, central: { capabilities, components } };
}

function asJson({ assessment, central }: Finding) {
  const { problems, warnings, config, points, connections, twin, cost, writes } = assessment;
  const loads = connections.map(({ name, ...figures }) => [name, { name, ...figures, ...rounded(figures) }]);
  return {
    valid: problems.length === 0,
    connections: config.connections.size,
    devices: config.devices.size,
    points,
    loads: Object.fromEntries(loads) as Record<string, unknown>,
    twin,
    cost,
    central,
    writes,
    problems: problemsByPath(problems),
    warnings: problemsByPath(warnings),
  };
}

function rounded({ requestsPerSecond, loadPercent }: { requestsPerSecond: number; loadPercent: number }) {
  const hundredths = (value: number): number => Math.round(value * 100) / 100;
  return { requestsPerSecond: hundredths(requestsPerSecond), loadPercent: hundredths(loadPercent) };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function asText(file: string, { isRead, assessment, central }: Finding, io: CliIo): string {
  const { problems, warnings, config, points } = assessment;
  const paint = painter(io);
  const view = { assessment, central, paint, columns: io.isTerminal ? io.size().columns : Number.POSITIVE_INFINITY };
  const verdict = problems.length === 0 ? paint("green", "valid") : paint("red", count(problems.length, "problem"));
  const good = [
    count(config.connections.size, "connection"),
    count(config.devices.size, "device"),
    count(points, "point"),
  ];
  if (!isRead) return `${problemLinesOf("problem", problems, view).join("\n")}\n`;
  const lines = [
    ...problemLinesOf("problem", problems, view),
    ...problemLinesOf("warning", warnings, view),
    ...figureLines(view),
    `${file}: ${verdict}, ${count(warnings.length, "warning")}; good: ${good.join(", ")}`,
  ];
  return `${lines.join("\n").replace(/^\n/, "")}\n`;
}
