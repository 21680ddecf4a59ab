import type { ConnectionConfig, DeviceConfig, GatewayConfig, SerialConnection } from "../core/config/gatewayConfig";
import type { Clock } from "../kernel/clock";
import type { JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import { err, ok, type Result } from "../kernel/result";
import { type CloseErrors, createScope, type Scope } from "../kernel/scope";
import { between, type EpochMs } from "../kernel/units";
import { type Endpoint, endpointText, redirectDocument } from "./endpoint";
import { createEventLog, type EventLogWriter } from "./eventLog";
import { openPtyPair } from "./pty";
import { startSerialServer } from "./serialServer";
import type { ServedValue } from "./servedHistory";
import type { ServedConnection } from "./serviceVector";
import { startTcpServer } from "./tcpServer";
import { describeRequest, type RequestEntry, type Traffic, type WriteEntry } from "./traffic";
import { matchesTruth, type Truth } from "./truth";
import { createUnitImage, type ImageTime, type UnitImage } from "./unitImage";

export interface SimulatorPorts {
  readonly clock: Clock;
  readonly log: Log;
}

/** A TCP port that somebody wants. Where it cannot be had: any other, or the simulator does not start. */
export interface PortWish {
  readonly port: number;
  readonly required: boolean;
}

export interface SimulatorOptions {
  /** By connection name. Connections not named here get a free port. */
  readonly tcpPorts?: ReadonlyMap<string, PortWish>;
  /** A serial line where no pseudo terminal works: not served (default), or served as Modbus TCP, which says so. */
  readonly serialFallback?: "unavailable" | "tcp";
  /** Requests and writes that are kept, each. Default 10,000. */
  readonly logLimit?: number;
  /** Changes kept for each point. Default 256. */
  readonly historyLimit?: number;
  /** Test seam: how terminals are opened. */
  readonly openPty?: typeof openPtyPair;
}

/** Devices that a configuration describes, on real sockets and terminals of this machine. */
export interface Simulator extends Traffic {
  /** By connection name. */
  readonly served: ReadonlyMap<string, Endpoint>;
  /** The value a point has at this moment; undefined where the configuration has no such point. */
  truth(device: string, point: string): Truth | undefined;
  /** What clients were given for a point: the last changes, oldest first. */
  servedValues(device: string, point: string): readonly ServedValue[];
  /** Whether a client was given this value (as it stands in a message) for the point at or after `since`. */
  wasServed(device: string, point: string, json: unknown, since: EpochMs): boolean;
  redirect(document: JsonObject): JsonObject;
  /** Memoised. */
  close(): Promise<CloseErrors>;
}

const HOST = "127.0.0.1";
/** Gateway target device failed to respond (section 7). */
const GATEWAY_TARGET_SILENT = 0x0b;

interface Context {
  readonly ports: SimulatorPorts;
  readonly options: SimulatorOptions;
  readonly scope: Scope;
  readonly requests: EventLogWriter<RequestEntry>;
  readonly writes: EventLogWriter<WriteEntry>;
}

type Units = ReadonlyMap<number, UnitImage>;

function unitsOf(config: GatewayConfig, connection: string, time: ImageTime, historyLimit: number): Units {
  const byUnit = new Map<number, DeviceConfig[]>();
  for (const device of config.devices.values()) {
    if (device.connection !== connection) continue;
    byUnit.set(device.unitId, [...(byUnit.get(device.unitId) ?? []), device]);
  }
  return new Map([...byUnit].map(([unitId, devices]) => [unitId, createUnitImage(devices, time, historyLimit)]));
}

function onFrame(context: Context, connection: string): (frame: Uint8Array) => void {
  return (frame) => {
    const request = describeRequest(frame);
    if (request !== undefined) context.requests.add({ at: context.ports.clock.epoch(), connection, ...request });
  };
}

function served(context: Context, name: string, units: Units, transport: "tcp" | "serial"): ServedConnection {
  return {
    name,
    units,
    unknownUnit: transport === "tcp" ? GATEWAY_TARGET_SILENT : "silence",
    broadcast: transport === "serial",
    writes: context.writes,
    epoch: () => context.ports.clock.epoch(),
  };
}

async function serveTcp(context: Context, name: string, units: Units): Promise<Result<Endpoint, string>> {
  const wish = context.options.tcpPorts?.get(name) ?? { port: 0, required: true };
  const connection = served(context, name, units, "tcp");
  let server = await startTcpServer(connection, { host: HOST, port: wish.port }, onFrame(context, name));
  if (!server.ok && !wish.required) {
    context.ports.log.info(`${name}: ${server.error}; taking any free port`);
    server = await startTcpServer(connection, { host: HOST, port: 0 }, onFrame(context, name));
  }
  if (!server.ok) return server;
  context.scope.defer(server.value.close);
  return ok({ kind: "tcp", host: HOST, port: server.value.port });
}

async function serveSerial(
  context: Context,
  connection: SerialConnection,
  units: Units,
): Promise<Result<Endpoint, string>> {
  const pair = await (context.options.openPty ?? openPtyPair)({ clock: context.ports.clock });
  if (!pair.ok) return withoutTerminal(context, connection, units, pair.error);
  context.scope.defer(pair.value.close);
  const { a: peerPath, b: path } = pair.value;
  const where = { path: peerPath, line: connection.line };
  const { name } = connection;
  const server = await startSerialServer(served(context, name, units, "serial"), where, onFrame(context, name));
  if (!server.ok) return ok({ kind: "unavailable", reason: server.error });
  context.scope.defer(server.value.close);
  return ok({ kind: "serial", path, peerPath });
}

async function withoutTerminal(
  context: Context,
  connection: SerialConnection,
  units: Units,
  reason: string,
): Promise<Result<Endpoint, string>> {
  if (context.options.serialFallback !== "tcp") return ok({ kind: "unavailable", reason });
  const endpoint = await serveTcp(context, connection.name, units);
  return endpoint.ok && endpoint.value.kind === "tcp" ? ok({ ...endpoint.value, insteadOfSerial: reason }) : endpoint;
}

/** modbus-serial has servers for these two; what has none is said, not passed off as something else. */
function serve(context: Context, connection: ConnectionConfig, units: Units): Promise<Result<Endpoint, string>> {
  const how: string = `${connection.framing} over ${connection.transport}`;
  if (connection.transport === "tcp" && how === "mbap over tcp") return serveTcp(context, connection.name, units);
  if (connection.transport === "serial" && how === "rtu over serial") return serveSerial(context, connection, units);
  return Promise.resolve(ok({ kind: "unavailable", reason: `${how} is not simulated` }));
}

function imageTime(clock: Clock): ImageTime {
  const start = clock.monotonic();
  return { seconds: () => between(start, clock.monotonic()) / 1000, epoch: () => clock.epoch() };
}

/**
 * Serves every device of the configuration: TCP connections on 127.0.0.1, serial lines on pseudo terminals, by the
 * servers of modbus-serial. An error says in words what could not be had; then nothing is left open.
 */
export async function createSimulator(
  config: GatewayConfig,
  ports: SimulatorPorts,
  options: SimulatorOptions = {},
): Promise<Result<Simulator, string>> {
  if (config.connections.size === 0) return err("the configuration has no connection that could be served");
  const limit = options.logLimit ?? 10_000;
  const context: Context = {
    ports,
    options,
    scope: createScope(),
    requests: createEventLog<RequestEntry>(limit),
    writes: createEventLog<WriteEntry>(limit),
  };
  const time = imageTime(ports.clock);
  const endpoints = new Map<string, Endpoint>();
  const images = new Map<string, Units>();
  for (const connection of config.connections.values()) {
    const units = unitsOf(config, connection.name, time, options.historyLimit ?? 256);
    const endpoint = await serve(context, connection, units);
    if (!endpoint.ok) {
      await context.scope.close();
      return err(`connection ${connection.name}: ${endpoint.error}`);
    }
    images.set(connection.name, units);
    endpoints.set(connection.name, endpoint.value);
    ports.log.info(`simulating ${connection.name} on ${endpointText(endpoint.value)}`, { units: [...units.keys()] });
  }
  return ok(assemble(config, context, endpoints, images));
}

function assemble(
  config: GatewayConfig,
  context: Context,
  endpoints: ReadonlyMap<string, Endpoint>,
  images: ReadonlyMap<string, Units>,
): Simulator {
  const imageOf = (name: string): UnitImage | undefined => {
    const device = config.devices.get(name);
    return device === undefined ? undefined : images.get(device.connection)?.get(device.unitId);
  };
  const servedValues = (device: string, point: string): readonly ServedValue[] =>
    imageOf(device)?.served(device, point) ?? [];
  return {
    served: endpoints,
    requests: context.requests,
    writes: context.writes,
    truth: (device, point) => imageOf(device)?.truth(device, point),
    servedValues,
    wasServed: (device, point, json, since) =>
      servedValues(device, point).some(({ to, truth }) => to >= since && matchesTruth(truth, json)),
    redirect: (document) => redirectDocument(document, endpoints),
    close: () => context.scope.close(),
  };
}
