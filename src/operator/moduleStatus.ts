import type { MethodAnswer } from "../cloud/edgeHub";
import type { OutboxStatus } from "../cloud/outbox";
import { type BusLoad, predictLoads } from "../core/assess/busLoad";
import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import { nearest } from "../core/config/nearest";
import { SCHEMA_VERSION } from "../core/config/schemaDocument";
import type { Json, JsonObject } from "../kernel/json";
import type { EpochMs } from "../kernel/units";
import type { ConnectionStatus } from "../runtime/connectionRunner";
import { answerError, refusal, unknownKey } from "./methodError";
import { type NoDataPorts, overloadText, whyNoData } from "./noData";
import type { ConfigurationOutcome } from "./reportedState";
import type { WritePolicy } from "./writePolicy";

export interface ModuleStatusPorts extends NoDataPorts {
  readonly version: string;
  /** What may be written now. */
  writes(): WritePolicy;
  readonly startedAt: EpochMs;
  /** What a day costs, and what has been counted. */
  cost(): JsonObject;
}

export interface ModuleStatus {
  /** The reported `module` property (contract section 5). */
  property(): JsonObject;
  /** `getStatus`: `{device?, connection?}` → states, counters, last errors, latencies, loads, queue, and why there is no data. */
  getStatus(payload: JsonObject): MethodAnswer;
  /** Everything. */
  whole(): JsonObject;
}

export function createModuleStatus(ports: ModuleStatusPorts): ModuleStatus {
  return {
    property: () => propertyOf(askedOnce(ports)),
    getStatus: (payload) => answerStatus(payload, wholeOf(askedOnce(ports))),
    whole: () => wholeOf(askedOnce(ports)),
  };
}

/** The status of a connection is gathered over all its devices: once for all that ask. */
function askedOnce(ports: ModuleStatusPorts): ModuleStatusPorts {
  const known = new Map<string, ConnectionStatus | undefined>();
  return {
    ...ports,
    connection(name) {
      if (!known.has(name)) known.set(name, ports.connection(name));
      return known.get(name);
    },
  };
}

function propertyOf(ports: ModuleStatusPorts): JsonObject {
  const config = ports.config();
  const states = [...config.devices.keys()].map((name) => ports.health(name)?.state);
  const { queued, inFlight, dropped, quarantined, spool } = ports.outbox.status();
  const { modelId } = config.module;
  const connections = [...config.connections.keys()].flatMap((name): [string, Json][] => {
    const status = ports.connection(name);
    return status === undefined ? [] : [[name, { state: status.state, loadPercent: Math.round(status.loadPercent) }]];
  });
  return {
    version: ports.version,
    schema: SCHEMA_VERSION,
    ...(modelId === undefined ? {} : { modelId }),
    online: states.filter((state) => state === "online" || state === "degraded").length,
    offline: states.filter((state) => state === "offline").length,
    spooled: queued + inFlight,
    dropped,
    ...(quarantined > 0 ? { quarantined } : {}),
    ...(spool.state === "failing" ? { spool: { state: spool.state, reason: spool.reason.slice(0, 200) } } : {}),
    writes: ports.writes(),
    connections: Object.fromEntries(connections),
  };
}

function wholeOf(ports: ModuleStatusPorts): JsonObject {
  const config = ports.config();
  const hub = ports.hub();
  const connections = [...config.connections.keys()].map((name): [string, Json] => [
    name,
    connectionJson(ports.connection(name), predictedLoads(config).get(name)),
  ]);
  const devices = [...config.devices.values()].map((device): [string, Json] => [
    device.name,
    deviceJson(device, ports),
  ]);
  return {
    version: ports.version,
    startedAt: iso(ports.startedAt),
    writes: ports.writes(),
    hub: { state: hub.state, reason: hub.reason, since: iso(hub.since) },
    messages: messagesJson(ports.outbox.status()),
    cost: ports.cost(),
    configuration: configurationJson(ports.configuration()),
    connections: Object.fromEntries(connections),
    devices: Object.fromEntries(devices),
    noData: whyNoData(ports),
  };
}

const SELECTORS = [
  ["device", "devices"],
  ["connection", "connections"],
] as const;

/** The whole status, or the part of one device or connection: 404 for an unknown name. */
function answerStatus(payload: JsonObject, all: JsonObject): MethodAnswer {
  const unknown = unknownKey(payload, ["device", "connection"]);
  if (unknown !== undefined) return answerError(unknown);
  if (payload["device"] !== undefined && payload["connection"] !== undefined)
    return answerError(refusal(400, `ask for a "device" or for a "connection", not for both`, "/connection"));
  for (const [key, kind] of SELECTORS) {
    const name = payload[key];
    if (name === undefined) continue;
    const found = all[kind] as JsonObject;
    if (typeof name !== "string") return answerError(refusal(400, `"${key}" must be a name`, `/${key}`));
    if (Object.hasOwn(found, name)) {
      return { status: 200, payload: { [key]: name, ...(found[name] as JsonObject) } };
    }
    const guess = nearest(name, Object.keys(found));
    const advice = guess === undefined ? "" : `; did you mean "${guess}"?`;
    return answerError(refusal(404, `there is no ${key} "${name}"${advice}`, `/${key}`));
  }
  return { status: 200, payload: all };
}

function messagesJson({ spool, ...counts }: OutboxStatus): JsonObject {
  return { ...counts, spool: { ...spool } };
}

function configurationJson(outcome: ConfigurationOutcome | undefined): Json {
  if (outcome === undefined) return { state: "none" };
  return {
    state: outcome.state,
    version: outcome.version,
    at: iso(outcome.at),
    problems: outcome.problems.length,
    warnings: outcome.warnings.length,
  };
}

function connectionJson(status: ConnectionStatus | undefined, predicted: BusLoad | undefined): JsonObject {
  if (status === undefined) return { state: "closed", reason: "not started", since: null };
  const { state, reason, since, opens, loadPercent, stretch = {} } = status;
  const overload = overloadText(stretch);
  return {
    state,
    reason,
    since: iso(since),
    opens,
    loadPercent: tenths(loadPercent),
    ...(predicted === undefined ? {} : { predictedLoadPercent: tenths(predicted.percent) }),
    stretch: Object.fromEntries(Object.entries(stretch).map(([priority, times]) => [priority, tenths(times)])),
    ...(overload === undefined ? {} : { overload }),
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

const predictions = new WeakMap<GatewayConfig["devices"], ReadonlyMap<string, BusLoad>>();

/** Reckoned once a configuration. */
function predictedLoads(config: GatewayConfig): ReadonlyMap<string, BusLoad> {
  const known = predictions.get(config.devices) ?? predictLoads(config);
  predictions.set(config.devices, known);
  return known;
}

function deviceJson(device: DeviceConfig, ports: ModuleStatusPorts): JsonObject {
  const health = ports.health(device.name);
  const counters = ports.connection(device.connection)?.devices.get(device.name);
  const sentAt = ports.sentAt(device.name);
  return {
    connection: device.connection,
    unitId: device.unitId,
    points: device.points.length,
    ...(health === undefined
      ? { state: "starting" }
      : {
          state: health.state,
          reason: health.reason,
          since: iso(health.since),
          bad: Object.fromEntries(health.bad),
        }),
    ...(counters === undefined
      ? {}
      : {
          requests: counters.requests,
          failures: counters.failures,
          overruns: counters.overruns,
          ...(counters.latencyMs === undefined ? {} : { latencyMs: Math.round(counters.latencyMs * 10) / 10 }),
          ...(counters.lastError === undefined ? {} : { lastError: counters.lastError }),
          ...(counters.lastErrorAt === undefined ? {} : { lastErrorAt: iso(counters.lastErrorAt) }),
          ...(counters.lastGoodAt === undefined ? {} : { lastGoodAt: iso(counters.lastGoodAt) }),
        }),
    ...(sentAt === undefined ? {} : { lastSentAt: iso(sentAt) }),
  };
}

function iso(at: EpochMs): string {
  return new Date(at).toISOString();
}
