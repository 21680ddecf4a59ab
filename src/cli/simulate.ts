import { applyDocument } from "../core/config/apply";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import { readConfigurationText, textWithPlace } from "../core/config/jsonText";
import { profileLookup } from "../core/config/profiles";
import { isJsonObject, type JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import { err, ok, type Result } from "../kernel/result";
import { createScope, type Scope } from "../kernel/scope";
import { createSystemClock } from "../kernel/systemClock";
import { aborted } from "../kernel/wait";
import { type Endpoint, redirectDocument } from "../simulator/endpoint";
import { createSimulator, type PortWish } from "../simulator/simulator";
import { readProfileFolder } from "../store/profileFolder";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";
import { planned, readFaults, withFaults } from "./simulateFaults";
import { SIMULATE_USAGE, type SimulateOptions, simulateOptions } from "./simulateOptions";
import { servedJson, servedTable, showTraffic } from "./simulateView";
import { placeLink, removeLink } from "./terminalLink";
import { settingsFrom } from "./usage";

/** `modbus-edge simulate FILE`: serves until the signal aborts. */
export async function simulate(args: string[], io: CliIo): Promise<number> {
  const options = settingsFrom(args, io, SIMULATE_USAGE, simulateOptions);
  if (!options.ok) return options.error;
  const scope = createScope();
  const started = await start(options.value, io, scope);
  if (started.ok) await aborted(io.signal);
  else io.err(`${started.error}\n`);
  for (const error of await scope.close()) io.err(`closing: ${String(error)}\n`);
  return started.ok ? 0 : 1;
}

interface Source {
  readonly document: JsonObject;
  readonly config: GatewayConfig;
}

async function readSource(file: string, io: CliIo): Promise<Result<Source, string>> {
  const text = await io.readFile(file);
  if (!text.ok) return text;
  const document = readConfigurationText(text.value);
  if (!document.ok) return err(document.error.map((problem) => `${file}: ${textWithPlace(problem)}`).join("\n"));
  const lookup = profileLookup(await readProfileFolder(profilesFolder(io.env)));
  const { config, problems } = applyDocument(undefined, document.value, lookup);
  for (const { path, text: what } of problems) io.err(`${path}: ${what}\n`);
  if (!isJsonObject(document.value) || config.connections.size === 0) return err(`${file}: nothing that can be served`);
  return ok({ document: document.value, config });
}

async function start(options: SimulateOptions, io: CliIo, scope: Scope): Promise<Result<void, string>> {
  const source = await readSource(options.file, io);
  if (!source.ok) return source;
  const { config, document } = source.value;
  const unknown = unknownName(options, config);
  if (unknown !== undefined) return err(unknown);
  const faults = await readFaults(options.faults, io);
  const plans = faults.ok ? planned(faults.value, config) : faults;
  if (!plans.ok) return plans;
  const ports = { clock: createSystemClock(), log: cliLog(io) };
  const wishes = portWishes(options, config);
  // The port that a client knows is the proxy's, where there is one.
  const tcpPorts = new Map([...wishes].filter(([name]) => !plans.value.has(name)));
  const simulator = await createSimulator(config, ports, { tcpPorts });
  if (!simulator.ok) return simulator;
  scope.defer(async () => void (await simulator.value.close()));
  const site = { config, wishes, clock: ports.clock, scope };
  const faulty = await withFaults(simulator.value.served, plans.value, site);
  if (!faulty.ok) return faulty;
  const served = await withLinks(faulty.value, options.links, scope);
  if (!served.ok) return served;
  if (options.writeConfig !== undefined) {
    const text = `${JSON.stringify(redirectDocument(document, served.value), null, 2)}\n`;
    const written = await io.writeFile(options.writeConfig, text);
    if (!written.ok) return written;
  }
  if (options.log) showTraffic(simulator.value, options.json, io);
  io.out(options.json ? servedJson(served.value) : servedTable(served.value, config, options));
  const usable = [...served.value.values()].some(({ kind }) => kind !== "unavailable");
  return usable ? ok(undefined) : err("none of the connections can be served here");
}

/** What the simulator has to say goes beside its output. */
function cliLog(io: CliIo): Log {
  const say = (text: string): void => io.err(`${text}\n`);
  return { error: say, warn: say, info: () => undefined, debug: () => undefined };
}

function unknownName(options: SimulateOptions, config: GatewayConfig): string | undefined {
  const check = (option: string, names: Iterable<string>, transport: string): string | undefined => {
    for (const name of names) {
      if (config.connections.get(name)?.transport !== transport)
        return `${option} ${name}: the configuration has no ${transport} connection of this name`;
    }
    return undefined;
  };
  return check("--tcp-port", options.tcpPorts.keys(), "tcp") ?? check("--link", options.links.keys(), "serial");
}

/** A port that was asked for is required; the document's own is taken where it can be had without privileges. */
function portWishes(options: SimulateOptions, config: GatewayConfig): ReadonlyMap<string, PortWish> {
  const wishes = new Map<string, PortWish>();
  let next = options.portBase;
  for (const connection of config.connections.values()) {
    if (connection.transport !== "tcp") continue;
    const named = options.tcpPorts.get(connection.name) ?? next;
    if (next !== undefined) next++;
    if (named !== undefined) wishes.set(connection.name, { port: named, required: true });
    else wishes.set(connection.name, { port: connection.port > 1024 ? connection.port : 0, required: false });
  }
  return wishes;
}

/** Puts the links in place; the endpoints then name the link instead of the terminal. */
async function withLinks(
  served: ReadonlyMap<string, Endpoint>,
  links: ReadonlyMap<string, string>,
  scope: Scope,
): Promise<Result<ReadonlyMap<string, Endpoint>, string>> {
  const linked = new Map(served);
  for (const [name, link] of links) {
    const endpoint = served.get(name);
    if (endpoint?.kind !== "serial") continue;
    const made = await placeLink(endpoint.path, link);
    if (!made.ok) return made;
    scope.defer(() => removeLink(endpoint.path, link));
    linked.set(name, { ...endpoint, path: link });
  }
  return ok(linked);
}
