import { readConnection } from "../client/readConnection";
import type { ConnectionConfig } from "../core/config/gatewayConfig";
import { didYouMean } from "../core/config/nearest";
import { connectionNameFor } from "../core/fieldwork/suggestion";
import { NETWORK_UNITS, parseUnits, SERIAL_SETTINGS, SERIAL_UNITS } from "../core/fieldwork/unitList";
import { isJsonObject, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { connectionOf, type FieldArguments, fieldArguments, wholeNumber } from "./fieldOptions";
import { durationOf } from "./findOptions";
import type { CliIo } from "./io";
import { overwriteFault } from "./outFile";
import { readSite } from "./siteFile";
import type { BadFile } from "./usage";

export const SCAN_USAGE = `Usage: modbus-edge scan CONNECTION… [options]
       modbus-edge scan --config FILE [NAME…] [options]

Who is there? Asks for each unit id, on serial lines at each usual setting of the line too; then what those that were
found say of themselves; then a configuration to begin with. It only reads (one register or bit, identification), and
whoever answers an exception is there; a gateway's "nobody" (exceptions 10 and 11) is nobody.

CONNECTION is HOST, HOST:PORT, [::1]:502 or the path of a serial port; NAME a connection of a configuration.
Ctrl-C ends it with what was found so far.

  --units 1-20,100       unit ids to ask for; default 1-247, in networks 255 and 0 as well
  --line "9600 8N1"      setting of the serial line; several times for several; default: the 16 usual ones
  --timeout MS           for each answer; default 1000 in networks (gateways need time), 300 on serial lines
  --budget 15m           for all of it (30s, 15m; default 15m)
  --thorough             where function 3 gets no answer, tries 4, 1 and 43 too (four times as long)
  --out FILE             writes the suggested configuration
  --transport, --framing, --ca, --cert, --key, --server-name, --local-echo    as in "modbus-edge read --help"
  --json                 one JSON object: {"connections": [{"endpoint", "line"?, "complete", "ended"?, "units":
                         [{"unitId", "said", "ms", "identification"?, "serverId"?, "sunspec"?, "profile"?, "perhaps"?}]}], "document"}

Exit code: 0 somebody was found, 1 nobody was, or a connection can't be opened, 2 usage.

Examples:
  modbus-edge scan 192.168.0.7 --out found.json
  modbus-edge scan /dev/ttyUSB0 --units 1-32
`;

const OPTIONS = {
  units: { type: "string" },
  line: { type: "string", multiple: true },
  budget: { type: "string" },
  thorough: { type: "boolean" },
  out: { type: "string" },
} as const;

/** One connection to be searched. */
export interface ScanTarget {
  readonly name: string;
  /** As people named it. */
  readonly endpoint: string;
  /** `connections.NAME`; of serial lines without `line`. */
  readonly keys: JsonObject;
  /** Settings to try; one `undefined` where there is no choice. */
  readonly settings: readonly (string | undefined)[];
  readonly units: readonly number[];
  readonly timeoutMs: number;
}

export interface ScanJob {
  readonly targets: readonly ScanTarget[];
  readonly budgetMs: number;
  readonly thorough: boolean;
  readonly out: string | undefined;
  readonly json: boolean;
}

/** The job, `"help"`, or what is wrong. */
export async function scanJob(args: readonly string[], io: CliIo): Promise<Result<ScanJob | "help", string | BadFile>> {
  const given = fieldArguments(args, OPTIONS);
  if (!given.ok) return given;
  const all = given.value;
  if (all.flag("help")) return ok("help");
  const idle = ["type", "order", "scale", "offset", "decimals", "length", "table", "unit"].find(
    (name) => all.text(name) !== undefined,
  );
  if (idle !== undefined)
    return err(`--${idle} means nothing to scan: leave it out${idle === "unit" ? " (--units)" : ""}`);
  const lost = overwriteFault("--out", all.text("out"), all.text("config"));
  if (lost !== undefined) return err(lost);
  const budget = durationOf(all.text("budget") ?? "15m");
  if (!budget.ok) return err(`--budget: ${budget.error}`);
  const targets = all.text("config") === undefined ? ofEndpoints(all) : await ofConfiguration(all, io);
  if (!targets.ok) return targets;
  return ok({
    targets: targets.value,
    budgetMs: budget.value,
    thorough: all.flag("thorough"),
    out: all.text("out"),
    json: all.flag("json"),
  });
}

function ofEndpoints(args: FieldArguments): Result<readonly ScanTarget[], string> {
  const named = [args.text("host"), args.text("serial")].filter((text): text is string => text !== undefined);
  const endpoints = [...new Set([...args.positionals, ...named])];
  if (endpoints.length === 0) return err("which connection? Such as 192.168.0.7, or /dev/ttyUSB0");
  const taken = new Set<string>();
  const targets: ScanTarget[] = [];
  for (const endpoint of endpoints) {
    const isSerial = /^(\/|\.|COM\d)/i.test(endpoint) || endpoint === args.text("serial");
    const keys = connectionOf(asIf(args, isSerial ? { serial: endpoint, line: "9600 8N1" } : { host: endpoint }));
    if (!keys.ok) return keys;
    const name = connectionNameFor(endpoint, taken);
    taken.add(name);
    const target = targetOf(args, name, endpoint, keys.value, isSerial);
    if (!target.ok) return target;
    targets.push(target.value);
  }
  return ok(targets);
}

/** The arguments with these options instead of those that say where. */
function asIf(args: FieldArguments, where: Readonly<Record<string, string>>): FieldArguments {
  const own = ["host", "serial", "line", "timeout"];
  return { ...args, text: (name) => (own.includes(name) ? where[name] : args.text(name)) };
}

async function ofConfiguration(
  args: FieldArguments,
  io: CliIo,
): Promise<Result<readonly ScanTarget[], string | BadFile>> {
  const file = args.text("config") ?? "";
  if (args.text("host") !== undefined || args.text("serial") !== undefined)
    return err("either --config, or connections by themselves");
  const site = await readSite(file, io);
  if (!site.ok)
    return err({
      badFile: site.error.map(({ text }) => (text.startsWith(file) ? text : `${file}: ${text}`)).join("\n"),
    });
  const { config, document } = site.value;
  const names = args.positionals.length > 0 ? args.positionals : [...config.connections.keys()];
  if (names.length === 0) return err({ badFile: `${file} has no connection that is good` });
  const targets: ScanTarget[] = [];
  for (const name of names) {
    const connection = config.connections.get(name);
    if (connection === undefined)
      return err(`${file} has no connection "${name}"${didYouMean(name, config.connections.keys())}`);
    const target = targetOf(args, name, name, keysOf(document, connection), connection.transport === "serial");
    if (!target.ok) return target;
    targets.push(target.value);
  }
  return ok(targets);
}

/** As the document says it; of an instance of a template what the template came to. */
function keysOf(document: JsonObject, connection: ConnectionConfig): JsonObject {
  const all = document["connections"];
  const own = isJsonObject(all) ? all[connection.name] : undefined;
  if (isJsonObject(own) && !Object.hasOwn(own, "for")) return own;
  const { transport, framing } = connection;
  if (transport !== "serial") return { transport, framing, host: connection.host, port: connection.port };
  const { baudRate, dataBits, parity, stopBits } = connection.line;
  const line = `${baudRate} ${dataBits}${parity.charAt(0).toUpperCase()}${stopBits}`;
  return { transport, framing, path: connection.path, line };
}

function targetOf(
  args: FieldArguments,
  name: string,
  endpoint: string,
  keys: JsonObject,
  isSerial: boolean,
): Result<ScanTarget, string> {
  const settings = settingsOf(args, endpoint, keys, isSerial);
  if (!settings.ok) return settings;
  for (const line of settings.value) {
    const fine = readConnection(line === undefined ? keys : { ...keys, line });
    if (!fine.ok) return err(fine.error.map(({ path, text }) => `${endpoint} ${path}: ${text}`).join("\n"));
  }
  const units = unitsOf(args, isSerial || (keys["framing"] !== undefined && keys["framing"] !== "mbap"));
  if (!units.ok) return err(`--units: ${units.error}`);
  const timeout = wholeNumber(args, "timeout", 10, 60_000);
  if (!timeout.ok) return timeout;
  const timeoutMs = timeout.value ?? (isSerial ? 300 : 1000);
  return ok({ name, endpoint, keys, settings: settings.value, units: units.value, timeoutMs });
}

/** Those that were asked for, that of the configuration, or the usual ones. */
function settingsOf(
  args: FieldArguments,
  endpoint: string,
  keys: JsonObject,
  isSerial: boolean,
): Result<ScanTarget["settings"], string> {
  const given = args.texts("line");
  if (!isSerial) return given.length === 0 ? ok([undefined]) : err(`--line is for serial lines; ${endpoint} is none`);
  if (given.length > 0) return ok(given);
  const own = keys["line"];
  return ok(args.text("config") !== undefined && typeof own === "string" ? [own] : SERIAL_SETTINGS);
}

/** @param isLine the unit ids are those of a serial line, here or behind the server. */
function unitsOf(args: FieldArguments, isLine: boolean): Result<readonly number[], string> {
  const [usual, least, most] = isLine ? [SERIAL_UNITS, 1, 247] : [NETWORK_UNITS, 0, 255];
  return parseUnits(args.text("units") ?? usual, least, most);
}
