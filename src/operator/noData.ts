import type { Outbox } from "../cloud/outbox";
import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import type { Point } from "../core/points/point";
import type { EpochMs } from "../kernel/units";
import type { ConnectionStatus } from "../runtime/connectionRunner";
import type { Stretch } from "../runtime/connectionRunnerCounters";
import { type DeviceHealth, MAX_BAD } from "../runtime/health";
import type { ConfigurationOutcome } from "./reportedState";

/** What must be known to say why data does not flow. */
export interface NoDataPorts {
  readonly outbox: Pick<Outbox, "status">;
  config(): GatewayConfig;
  configuration(): ConfigurationOutcome | undefined;
  connection(name: string): ConnectionStatus | undefined;
  health(device: string): DeviceHealth | undefined;
  hub(): { readonly state: "connected" | "disconnected"; readonly reason: string; readonly since: EpochMs };
  /** When the device was last handed to an output; `undefined`: not since the start. */
  sentAt(device: string): EpochMs | undefined;
  now(): EpochMs;
}

const MOST_REASONS = 20;
/** Messages that wait although the hub is there: more than a burst. */
const MANY = 100;
/** Polls that are late by more than this share are worth a sentence. */
const LATE = 1.1;
/** Times its slowest interval that a device may send nothing before one asks why. */
const PATIENCE = 3;

/** The first question on site, answered in words, one sentence a cause; empty when data flows. */
export function whyNoData(ports: NoDataPorts): readonly string[] {
  return [...causes(ports)].slice(0, MOST_REASONS);
}

/** Why the module is not ready to do its work; empty: it is. */
export function whyNotReady(ports: Pick<NoDataPorts, "hub" | "configuration" | "config">): readonly string[] {
  const hub = ports.hub();
  const outcome = ports.configuration();
  const reasons = hub.state === "connected" ? [] : [`the hub is not connected: ${hub.reason}`];
  if (outcome === undefined) return [...reasons, "no configuration has arrived yet"];
  // What was in force before a rejected document stays so.
  const isGood = outcome.state !== "rejected" || ports.config().devices.size > 0;
  return isGood ? reasons : [...reasons, "there is no good configuration"];
}

/** What is wrong with the pace of polling, in words. */
export function overloadText(stretch: Stretch): string | undefined {
  const late = Object.entries(stretch).filter(([, times]) => times > LATE);
  if (late.length === 0) return undefined;
  const parts = late.map(([priority, times]) => `${priority} priority every ${times.toFixed(1)} intervals`);
  return `there is more to poll than the connection can carry: ${parts.join(", ")}`;
}

function* causes(ports: NoDataPorts): Generator<string> {
  const config = ports.config();
  const outcome = ports.configuration();
  yield* deliveryCauses(ports);
  if (outcome === undefined) yield "no configuration has arrived yet";
  else if (outcome.state !== "applied") yield configurationCause(outcome);
  if (outcome !== undefined && config.devices.size === 0) yield "no device is configured";
  for (const name of config.connections.keys()) {
    const status = ports.connection(name);
    if (status === undefined) continue;
    if (status.state !== "open") {
      yield `connection ${name} is not open: ${status.reason === "" ? status.state : status.reason}`;
    }
    const overload = overloadText(status.stretch ?? {});
    if (overload !== undefined) yield `connection ${name} is late: ${overload}`;
  }
  for (const device of config.devices.values()) {
    const cause = deviceCause(device, ports);
    if (cause !== undefined) yield `device ${device.name} ${cause}`;
  }
}

function* deliveryCauses({ hub, outbox }: NoDataPorts): Generator<string> {
  const { state, reason } = hub();
  const { queued, inFlight, spool } = outbox.status();
  const waiting = queued + inFlight;
  if (state === "disconnected") yield `the hub is not connected (${reason}); ${waiting} messages wait`;
  else if (waiting > MANY) {
    yield `${waiting} messages wait though the hub is connected: it acknowledges slowly, or what gathered while it was away is being delivered`;
  }
  if (spool.state === "failing") yield `the spool can't be written (${spool.reason}): what waits is in memory alone`;
}

function configurationCause({ state, problems }: ConfigurationOutcome): string {
  const [first] = problems;
  const told = `${first?.path ?? ""} ${first?.text ?? ""}`;
  if (state === "rejected") return `the configuration was rejected: ${told}`;
  const count = problems.length === 1 ? "a fault" : `${problems.length} faults`;
  return `the configuration has ${count}; what is concerned stays as it was, or absent: ${told}`;
}

function deviceCause(device: DeviceConfig, ports: NoDataPorts): string | undefined {
  const health = ports.health(device.name);
  if (!device.enabled) return `is ${health?.state === "disabled" ? health.reason : "disabled in the configuration"}`;
  if (device.points.length === 0) return "has no points";
  if (health?.state === "disabled") return `is silent: ${health.reason}`;
  if (health?.state === "offline") {
    return `(unit ${device.unitId} on ${device.connection}) is offline: ${health.reason}`;
  }
  const filter = filterCause(device, ports);
  if (filter !== undefined) return filter;
  if (health === undefined)
    return ports.connection(device.connection)?.state === "open" ? "has not been read yet" : undefined;
  const { polled } = sendable(device);
  const isBlind = health.state === "degraded" && health.bad.size >= Math.min(polled.length, MAX_BAD);
  return isBlind ? `answers, but gives no value: ${health.reason}` : undefined;
}

/** What is never sent, or has not been for a while, since the configuration says so. */
function filterCause(device: DeviceConfig, ports: NoDataPorts): string | undefined {
  const { sent, polled } = sendable(device);
  if (sent.length === 0) return "has nothing to send: its points are properties, write-only or read for others (kind)";
  if (polled.length === 0) return "is read on demand alone (readPoints): its groups are onDemand";
  const at = ports.sentAt(device.name);
  const groups = polled.flatMap(({ group }) => device.groups.get(group) ?? []);
  const slowestMs = Math.max(
    ...groups.map((group) => group.publish?.everyMs ?? (group.poll === "connect" ? 0 : group.intervalMs)),
  );
  const quietMs = ports.now() - (at ?? 0);
  if (quietMs <= PATIENCE * slowestMs) return undefined;
  const last = at === undefined ? "nothing since the start" : `last at ${new Date(at).toISOString()}`;
  if (groups.every(({ poll }) => poll === "connect"))
    return at === undefined ? undefined : `is read once after each connect alone; sent ${last}`;
  if (at === undefined) return undefined;
  const filtered = polled.every(({ report }) => report !== undefined);
  return filtered ? `is sent by change alone, and nothing has changed: sent ${last}` : undefined;
}

/** The points whose values are sent at all, and those of them that are polled. */
function sendable(device: DeviceConfig): { readonly sent: readonly Point[]; readonly polled: readonly Point[] } {
  const sent = device.points.filter(
    ({ kind, access }) =>
      access !== "write" && (kind === "telemetry" || (kind === "property" && device.identity === "none")),
  );
  return { sent, polled: sent.filter(({ group }) => device.groups.get(group)?.poll !== "onDemand") };
}
