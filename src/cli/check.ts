import { parseArgs } from "node:util";
import { loadWarnings } from "../core/assess/busLoad";
import { messageCost } from "../core/assess/messageCost";
import { applyDocument } from "../core/config/apply";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import { readConfigurationText, textWithPlace } from "../core/config/jsonText";
import { type Problem, problemsByPath } from "../core/config/problem";
import { profileLookup } from "../core/config/profiles";
import { err, ok, type Result } from "../kernel/result";
import { readProfileFolder } from "../store/profileFolder";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";

const USAGE = `Usage: modbus-edge check FILE [--json]

Whether a configuration is valid: every problem and warning with its place (a JSON pointer into the configuration).
FILE is the configuration itself, or an object with it under "configuration"; - is standard input. Profiles are
looked up in the document, then in MODBUS_EDGE_PROFILES (default: profiles in MODBUS_EDGE_DATA, ./data), then built in.

  --json   one JSON object: {"valid", "connections", "devices", "points", "cost", "problems": {pointer: text}, "warnings"}

Exit code: 0 valid (warnings or not), 1 not valid or not readable, 2 usage.

Example: modbus-edge check boiler.json
`;

/** What a check found. The counts are of what is good. */
interface Finding {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly config: GatewayConfig;
}

const NOTHING: GatewayConfig = { connections: new Map(), devices: new Map(), module: {} };

/** `modbus-edge check FILE`. */
export async function check(args: string[], io: CliIo): Promise<number> {
  const settings = settingsOf(args);
  if (!settings.ok) {
    io.err(`${settings.error}\n\n${USAGE}`);
    return 2;
  }
  const { file, json, help } = settings.value;
  if (help) {
    io.out(USAGE);
    return 0;
  }
  const text = await io.readFile(file);
  const finding = text.ok ? await examine(text.value, io) : unreadable({ path: "", text: text.error });
  io.out(json ? `${JSON.stringify(asJson(finding))}\n` : asText(file, finding));
  return finding.problems.length === 0 ? 0 : 1;
}

interface Settings {
  readonly file: string;
  readonly json: boolean;
  readonly help: boolean;
}

function settingsOf(args: string[]): Result<Settings, string> {
  try {
    const options = { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const [file, ...more] = positionals;
    const help = values.help === true;
    if (file === undefined && !help) return err("which file?");
    return more.length === 0 ? ok({ file: file ?? "", json: values.json === true, help }) : err("one file at a time");
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}

function unreadable(...problems: Problem[]): Finding {
  return { problems, warnings: [], config: NOTHING };
}

async function examine(text: string, io: CliIo): Promise<Finding> {
  const document = readConfigurationText(text);
  if (!document.ok)
    return unreadable(...document.error.map((problem) => ({ path: problem.path, text: textWithPlace(problem) })));
  const lookup = profileLookup(await readProfileFolder(profilesFolder(io.env)));
  const applied = applyDocument(undefined, document.value, lookup);
  return { ...applied, warnings: [...applied.warnings, ...loadWarnings(applied.config)] };
}

function countPoints(config: GatewayConfig): number {
  return [...config.devices.values()].reduce((sum, device) => sum + device.points.length, 0);
}

function asJson({ problems, warnings, config }: Finding) {
  return {
    valid: problems.length === 0,
    connections: config.connections.size,
    devices: config.devices.size,
    points: countPoints(config),
    cost: messageCost(config),
    problems: problemsByPath(problems),
    warnings: problemsByPath(warnings),
  };
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function asText(file: string, { problems, warnings, config }: Finding): string {
  const lines = [
    ...problems.map(({ path, text }) => `problem  ${path === "" ? "" : `${path}: `}${text}`),
    ...warnings.map(({ path, text }) => `warning  ${path}: ${text}`),
  ];
  const verdict = problems.length === 0 ? "valid" : count(problems.length, "problem");
  const { connections, devices } = config;
  const good = [
    count(connections.size, "connection"),
    count(devices.size, "device"),
    count(countPoints(config), "point"),
  ];
  const { messagesADay, bytesADay, chunksADay } = messageCost(config);
  const cost = `about ${messagesADay} messages a day, ${(bytesADay / 1e6).toFixed(1)} MB, ${chunksADay} pieces of 4 KB`;
  if (messagesADay > 0) lines.push(`cost     ${cost} (metered by IoT Hub where all of them go upstream)`);
  return `${[...lines, `${file}: ${verdict}, ${count(warnings.length, "warning")}; good: ${good.join(", ")}`].join("\n")}\n`;
}
