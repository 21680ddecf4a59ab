import type { ConnectionStatus, DeviceCounters } from "../runtime/connectionRunner";
import type { DeviceHealth } from "../runtime/health";
import type { Traffic } from "../runtime/messageSender";
import type { MetricSample } from "./metricsText";
import type { ModuleStatusPorts } from "./moduleStatus";

export interface MetricsPorts
  extends Pick<
    ModuleStatusPorts,
    "version" | "startedAt" | "outbox" | "config" | "configuration" | "connection" | "health" | "hub"
  > {
  traffic(): Traffic;
  /** Ends of methods: `METHOD STATUS` → times. */
  readonly commands: ReadonlyMap<string, number>;
  /** Points written or refused, by outcome. */
  readonly writes: ReadonlyMap<string, number>;
}

const STATES = ["online", "degraded", "offline", "disabled", "starting"] as const;
const OUTCOMES = ["applied", "partial", "rejected"] as const;

/** Everything that `/metrics` tells, as it is now. */
export function* collectMetrics(ports: MetricsPorts): Generator<MetricSample> {
  const outcome = ports.configuration();
  yield { metric: "info", labels: { version: ports.version }, value: 1 };
  yield { metric: "start_time_seconds", value: ports.startedAt / 1000 };
  yield { metric: "hub_connected", value: ports.hub().state === "connected" ? 1 : 0 };
  for (const state of OUTCOMES) {
    yield { metric: "configuration_state", labels: { state }, value: outcome?.state === state ? 1 : 0 };
  }
  if (outcome !== undefined) {
    yield { metric: "configuration_problems", value: outcome.problems.length };
    yield { metric: "configuration_warnings", value: outcome.warnings.length };
  }
  yield* connectionMetrics(ports);
  yield* messageMetrics(ports);
  for (const [key, value] of ports.commands) {
    const [method = "", status = ""] = key.split(" ");
    yield { metric: "commands_total", labels: { method, status }, value };
  }
  for (const [result, value] of ports.writes) yield { metric: "writes_total", labels: { outcome: result }, value };
}

function* connectionMetrics(ports: MetricsPorts): Generator<MetricSample> {
  const { connections, devices } = ports.config();
  const statuses = new Map([...connections.keys()].map((name) => [name, ports.connection(name)]));
  const counts = new Map<string, number>(STATES.map((state) => [state, 0]));
  for (const [connection, status] of statuses) if (status !== undefined) yield* lineMetrics(connection, status);
  for (const { name: device, connection } of devices.values()) {
    const health = ports.health(device);
    const state = health?.state ?? "starting";
    counts.set(state, (counts.get(state) ?? 0) + 1);
    const counters = statuses.get(connection)?.devices.get(device);
    yield* deviceMetrics({ connection, device }, health, counters);
  }
  for (const [state, value] of counts) yield { metric: "devices", labels: { state }, value };
}

function* lineMetrics(connection: string, status: ConnectionStatus): Generator<MetricSample> {
  const labels = { connection };
  yield { metric: "connection_open", labels, value: status.state === "open" ? 1 : 0 };
  yield { metric: "connection_opens_total", labels, value: status.opens };
  yield { metric: "connection_load_ratio", labels, value: Math.round(status.loadPercent * 100) / 10_000 };
  for (const [priority, value] of Object.entries(status.stretch ?? {})) {
    yield { metric: "connection_stretch_ratio", labels: { connection, priority }, value };
  }
}

function* deviceMetrics(
  labels: { readonly connection: string; readonly device: string },
  health: DeviceHealth | undefined,
  counters: DeviceCounters | undefined,
): Generator<MetricSample> {
  if (health !== undefined && health.state !== "disabled") {
    yield { metric: "device_up", labels, value: health.state === "offline" ? 0 : 1 };
    yield { metric: "device_bad_points", labels, value: health.bad.size };
  }
  if (counters === undefined) return;
  yield { metric: "device_requests_total", labels, value: counters.requests };
  yield { metric: "device_failures_total", labels, value: counters.failures };
  yield { metric: "device_overruns_total", labels, value: counters.overruns };
  if (counters.latencyMs !== undefined) {
    yield { metric: "device_latency_seconds", labels, value: counters.latencyMs / 1000 };
  }
  if (counters.lastGoodAt !== undefined) {
    yield { metric: "device_last_good_timestamp_seconds", labels, value: counters.lastGoodAt / 1000 };
  }
}

function* messageMetrics(ports: MetricsPorts): Generator<MetricSample> {
  const status = ports.outbox.status();
  const { bytes, chunks } = ports.traffic();
  yield { metric: "messages_offered_total", value: status.offered };
  yield { metric: "messages_recovered_total", value: status.recovered };
  yield { metric: "messages_acknowledged_total", value: status.acknowledged };
  yield { metric: "messages_dropped_total", value: status.dropped };
  yield { metric: "messages_quarantined_total", value: status.quarantined };
  yield { metric: "messages_waiting", value: status.queued + status.inFlight };
  yield { metric: "messages_in_flight", value: status.inFlight };
  yield { metric: "message_bytes_total", value: bytes };
  yield { metric: "message_chunks_total", value: chunks };
  yield { metric: "spool_failing", value: status.spool.state === "failing" ? 1 : 0 };
  yield { metric: "spool_written_bytes_total", value: status.spool.written };
}
