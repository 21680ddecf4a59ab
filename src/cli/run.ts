import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createTranslator } from "../app";
import { openerFor } from "../bus/openerFor";
import { createAzureEdgeHub } from "../cloud/azureEdgeHub";
import type { EdgeHub } from "../cloud/edgeHub";
import { createStdoutHub } from "../cloud/stdoutHub";
import type { SupervisedHub } from "../cloud/supervisedHub";
import { readConfigurationText, textWithPlace } from "../core/config/jsonText";
import type { Problem } from "../core/config/problem";
import { profileLookup } from "../core/config/profiles";
import type { Clock } from "../kernel/clock";
import type { Json } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { createSystemClock } from "../kernel/systemClock";
import { aborted, deferred, within } from "../kernel/wait";
import { parseWritePolicy, type WritePolicy } from "../operator/writePolicy";
import { createLog, type LogFormat, type ProcessLog, parseLogLevel } from "../runtime/log";
import { quietLog } from "../runtime/quietLog";
import { createDataFolder } from "../store/dataFolder";
import { holdFolder } from "../store/folderHold";
import { createLevelStore } from "../store/levelStore";
import { readProfileFolder } from "../store/profileFolder";
import { createQuarantineFolder } from "../store/quarantineFolder";
import { VERSION } from "../version";
import { dataFolder, nonEmpty, profilesFolder } from "./folders";
import type { CliIo } from "./io";
import { metricsHost, metricsLabels } from "./metricsPlace";
import { containSdkFault, watchRun } from "./runWatch";
import { settingsFrom } from "./usage";

const USAGE = `Usage: modbus-edge run [--config FILE] [--hub edge|stdout]

The module: polls the configured devices and delivers what they say.

  --config FILE   the configuration (default: MODBUS_EDGE_CONFIG, else the module twin's desired.configuration)
  --hub edge      deliver to edgeHub; needs the environment that IoT Edge sets (default)
  --hub stdout    no hub: every message is a JSON line on standard output; needs --config

Environment: MODBUS_EDGE_CONFIG, MODBUS_EDGE_DATA (default ./data, in the images /data), MODBUS_EDGE_PROFILES
(default DATA/profiles), MODBUS_EDGE_WRITES (off, declared or raw), MODBUS_EDGE_METRICS_HOST (default 127.0.0.1, in the
images every address), MODBUS_EDGE_SERIAL_READER (tty or serialport), RuntimeLogLevel, LOG_FORMAT (line, json, pretty).

Exit code: 0 ended by a signal; 1 --hub stdout and the file can't be read, or another modbus-edge uses the data folder;
2 usage; 70, 71 a fault, 75 restart (the container is started again).

Example: modbus-edge run --config examples/demo.json --hub stdout
`;

/** With the memory that the module is started with, twice as much is more than it can take in (`bin/modbus-edge`). */
const MAX_CONFIG_BYTES = 8 * 1024 * 1024;
/** What closing may take, whatever hangs: less than the 10 s of edgeAgent. */
const LAST_CLOSE_MS = 8000;
/** Exit code where the data folder is another one's: a container is started again, by then it may be free. */
const IN_USE = 1;
/** Exit code: not what a crash says (70), and not zero, so that the module is started again. */
const STALLED = 71;
/** Exit code of `restart`: EX_TEMPFAIL, "try again". */
const RESTART = 75;

/** What the arguments and the environment ask for. */
interface Settings {
  readonly config: string | undefined;
  readonly hub: "edge" | "stdout";
  readonly data: string;
  readonly profiles: string;
  readonly writes: WritePolicy;
  readonly format: LogFormat;
}

type ConfigurationFile = Result<Json, Problem>;

/** `modbus-edge run`: runs until the signal aborts. 0 after an orderly end, 1 without hub and configuration, 2 for a wrong use. */
export async function run(args: string[], io: CliIo): Promise<number> {
  const settings = settingsFrom(args, io, USAGE, (given) => settingsOf(given, io));
  if (!settings.ok) return settings.error;
  const { config, hub } = settings.value;
  const file = config === undefined ? undefined : await readFile(config, io);
  if (hub === "stdout" && file?.ok === false) {
    // There is no hub that could be told, and no twin that could bring another one.
    io.err(`${file.error.text}\n`);
    return 1;
  }
  return runAlone(settings.value, io, () => runModule(settings.value, file, io));
}

/** Two modules on one data folder would overwrite what the other keeps, and send its messages: the second does not start. */
async function runAlone({ data, format }: Settings, io: CliIo, start: () => Promise<number>): Promise<number> {
  const clock = createSystemClock();
  const self = `process ${io.pid ?? "?"} on ${hostname()}, since ${new Date(clock.epoch()).toISOString()}`;
  const hold = await holdFolder(data, self, clock);
  if (hold.ok) return start().finally(() => hold.value.release());
  const log = createLog({ format, level: "error", write: io.err });
  const remedy = "end that one, or give this one a folder of its own with MODBUS_EDGE_DATA";
  log.error(`the data folder ${resolve(data)} is in use by another modbus-edge (${hold.error}): ${remedy}`);
  return IN_USE;
}

/** Until the signal, a standstill or `restart`: the exit code. */
async function runModule(settings: Settings, file: ConfigurationFile | undefined, io: CliIo): Promise<number> {
  const { config, hub, data, profiles, writes, format } = settings;
  const clock = createSystemClock();
  const logLevel = parseLogLevel(io.env["RuntimeLogLevel"]);
  // Messages own standard output where it is the hub.
  const write = hub === "stdout" || io.isTerminal ? io.err : io.out;
  const log = quietLog(createLog({ format, level: logLevel, write }), clock);
  const link = hubOf(hub, io, clock, log);
  const restarting = deferred<number>();
  const translator = createTranslator({
    clock,
    log,
    logLevel,
    hub: link,
    data: createDataFolder(data, log),
    // Standard output acknowledges at once.
    spool: hub === "stdout" ? undefined : createLevelStore(join(data, "spool"), log),
    quarantine: createQuarantineFolder(join(data, "quarantine"), log),
    openerFor: (connection) => openerFor(connection, { clock, serialReader: io.serialReader }),
    profiles: async () => profileLookup(await readProfileFolder(profiles)),
    saveProfile: (name, text) => io.writeFile(join(profiles, `${name}.json`), text),
    restart: () => restarting.resolve(RESTART),
    ...(file === undefined ? {} : { file }),
    monitoring: { host: metricsHost(io.env), labels: metricsLabels(io.env) },
    writes,
    version: VERSION,
    bootId: randomBytes(6).toString("hex"),
  });
  log.info(`modbus-edge ${VERSION} starts`, { hub, config: config ?? "desired.configuration", data, writes });
  const watch = watchRun(translator, io, clock, log);
  const forget = io.onUncaught?.((error) => containSdkFault(error, link, log));
  await translator.start();
  const stalled = watch.stalled.then(() => STALLED);
  const code = await Promise.race([aborted(io.signal).then(() => 0), restarting.promise, stalled]);
  log.info("ending: the request under way finishes, what waits is delivered");
  const closed = await within(
    clock,
    LAST_CLOSE_MS,
    translator.close().then(() => true),
  );
  if (closed !== true) log.error(`closing takes longer than ${LAST_CLOSE_MS / 1000} s: what is not finished is left`);
  watch.close();
  forget?.();
  log.info("ended");
  log.close();
  return code;
}

function settingsOf(args: string[], io: CliIo): Result<Settings, string> {
  const { values } = parseArgs({ args, options: { config: { type: "string" }, hub: { type: "string" } } });
  const config = values.config ?? nonEmpty(io.env["MODBUS_EDGE_CONFIG"]);
  const hub = values.hub ?? "edge";
  if (hub !== "edge" && hub !== "stdout") return err(`--hub is "${hub}"; it must be edge or stdout`);
  if (hub === "stdout" && config === undefined)
    return err("--hub stdout has no twin to take a configuration from: name one with --config FILE");
  const writes = parseWritePolicy(io.env["MODBUS_EDGE_WRITES"]);
  if (!writes.ok) return writes;
  const format = formatOf(io.env["LOG_FORMAT"], io.isTerminal);
  if (!format.ok) return format;
  return ok({
    config,
    hub,
    data: dataFolder(io.env),
    profiles: profilesFolder(io.env),
    writes: writes.value,
    format: format.value,
  });
}

function formatOf(text: string | undefined, isTerminal: boolean): Result<LogFormat, string> {
  const word = nonEmpty(text) ?? (isTerminal ? "pretty" : "line");
  if (word === "line" || word === "json" || word === "pretty") return ok(word);
  return err(`LOG_FORMAT is "${text}"; it must be line, json or pretty`);
}

/** A file that can't be read does not end the module: it says why, to the log and to the twin, and stays reachable. */
async function readFile(path: string, io: CliIo): Promise<ConfigurationFile> {
  const text = await io.readFile(path, MAX_CONFIG_BYTES);
  if (!text.ok) return err({ path: "", text: text.error });
  const document = readConfigurationText(text.value);
  if (document.ok) return document;
  const texts = document.error.map(textWithPlace);
  return err({ path: document.error[0]?.path ?? "", text: `${path}: ${texts.join("; ")}` });
}

function hubOf(hub: "edge" | "stdout", io: CliIo, clock: Clock, log: ProcessLog): EdgeHub | SupervisedHub {
  if (hub === "stdout") return createStdoutHub((line) => io.out(`${line}\n`));
  return createAzureEdgeHub({ environment: io.env }, { clock, log });
}
