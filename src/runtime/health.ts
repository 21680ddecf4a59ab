import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { BadReason } from "../core/points/point";
import { isNoValue } from "../core/points/pointValue";
import type { DeviceCycle, SampleRun } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import type { EpochMs } from "../kernel/units";
import type { ConnectionState } from "./connectionRunner";

/** State of a device for people and for its `modbus` property (contract section 5). */
export interface DeviceHealth {
  readonly state: "online" | "degraded" | "offline" | "disabled";
  /** Why it is not online, in words; empty when it is. */
  readonly reason: string;
  /** When this state began. */
  readonly since: EpochMs;
  /** Points without a value, at most `MAX_BAD`. */
  readonly bad: ReadonlyMap<string, BadReason>;
}

export interface HealthPorts {
  readonly clock: Pick<Clock, "epoch">;
  /** State, reason or the list of bad points changed. */
  onChange(device: string, health: DeviceHealth): void;
}

/** What every device is worth right now, from its cycles and the state of its connection. */
export interface Health {
  /** The devices there are. Known ones keep their state while their definition is the same. */
  apply(devices: readonly DeviceConfig[]): void;
  cycle(cycle: DeviceCycle): void;
  connection(name: string, state: ConnectionState, reason: string): void;
  /** Something beside its points is wrong with a device that answers: it is degraded; `undefined`: no more. */
  fault(device: string, reason: string | undefined): void;
  /** `undefined` for an unknown device, and before anything is known of one. */
  of(device: string): DeviceHealth | undefined;
  /** Devices by state; those of which nothing is known yet are in none. */
  counts(): Readonly<Record<DeviceHealth["state"], number>>;
}

export const MAX_BAD = 20;

interface Entry {
  readonly config: DeviceConfig;
  /** The last reason of every point that was bad; a point that became good is taken out. */
  bad: Map<string, BadReason> | undefined;
  /** By place: points that have had a good value in their last cycle; and how many there are. */
  readonly good: Uint8Array;
  goodCount: number;
  health: DeviceHealth | undefined;
  /** What the points alone say. */
  plain: Judgement | undefined;
}

export function createHealth(ports: HealthPorts): Health {
  let entries: ReadonlyMap<string, Entry> = new Map();
  /** Why a connection is down; absent while it is open or nothing is known. */
  const down = new Map<string, string>();
  const faults = new Map<string, string | undefined>();

  function settle(entry: Entry | undefined): void {
    if (entry === undefined) return;
    entry.plain = judge(entry, down.get(entry.config.connection));
    const next = withFault(entry.plain, faults.get(entry.config.name));
    const before = entry.health;
    if (next === undefined || (before !== undefined && isSame(before, next))) return;
    const since = before?.state === next.state ? before.since : ports.clock.epoch();
    entry.health = { ...next, since };
    ports.onChange(entry.config.name, entry.health);
  }

  return {
    apply(devices) {
      const before = entries;
      entries = new Map(devices.map((config) => [config.name, keepOrCreate(before.get(config.name), config)]));
      const used = new Set(devices.map((device) => device.connection));
      for (const name of down.keys()) if (!used.has(name)) down.delete(name);
      for (const entry of entries.values()) settle(entry);
    },
    cycle({ device, runs }) {
      const entry = entries.get(device);
      // While the connection is down its reason says it all; the cycles only repeat it for every point.
      if (entry === undefined || down.has(entry.config.connection)) return;
      for (const run of runs) note(entry, run);
      if (!isPlainlyOnline(entry)) settle(entry);
    },
    connection(name, state, reason) {
      if (state === "connecting") return;
      if (state === "open") down.delete(name);
      else down.set(name, reason);
      for (const entry of on(entries, name)) {
        // What was known from before the loss says nothing about the time after it.
        if (state === "closed") forget(entry);
        settle(entry);
      }
    },
    fault(device, reason) {
      faults.set(device, reason);
      settle(entries.get(device));
    },
    of: (device) => entries.get(device)?.health,
    counts: () => countsOf(entries.values()),
  };
}

function on(entries: ReadonlyMap<string, Entry>, connection: string): readonly Entry[] {
  return [...entries.values()].filter(({ config }) => config.connection === connection);
}

function countsOf(entries: Iterable<Entry>): Record<DeviceHealth["state"], number> {
  const counts = { online: 0, degraded: 0, offline: 0, disabled: 0 };
  for (const { health } of entries) if (health !== undefined) counts[health.state] += 1;
  return counts;
}

function keepOrCreate(known: Entry | undefined, config: DeviceConfig): Entry {
  if (known !== undefined && known.config.fingerprint === config.fingerprint) return { ...known, config };
  const wasDisabled = known !== undefined && !known.config.enabled;
  const { health, plain } = wasDisabled || known === undefined ? { health: undefined, plain: undefined } : known;
  return {
    config,
    bad: undefined,
    good: new Uint8Array(config.points.length),
    goodCount: 0,
    health,
    plain,
  };
}

function note(entry: Entry, { list, values, bads }: SampleRun): void {
  // As nearly always: everything was good and is.
  if (bads === 0 && entry.goodCount === entry.good.length) return;
  const places = list.placesAmong(entry.config.points);
  for (const [at, place] of places.entries()) {
    const value = values[at];
    if (place < 0 || value === undefined) continue;
    const good = isNoValue(value) ? 0 : 1;
    entry.goodCount += good - (entry.good[place] ?? 0);
    entry.good[place] = good;
    const name = list.points[at]?.name ?? "";
    if (isNoValue(value)) {
      entry.bad ??= new Map();
      entry.bad.set(name, value.bad);
    } else entry.bad?.delete(name);
  }
}

/** As nearly always: it was online and is, and nothing of it is bad. */
function isPlainlyOnline({ bad, health, plain }: Entry): boolean {
  return (bad?.size ?? 0) === 0 && health?.state === "online" && plain?.state === "online";
}

function forget(entry: Entry): void {
  entry.bad = undefined;
  entry.good.fill(0);
  entry.goodCount = 0;
}

const NONE: ReadonlyMap<string, BadReason> = new Map();

type Judgement = Omit<DeviceHealth, "since">;

/** A device that answers and has a fault beside its points is degraded. */
function withFault(plain: Judgement | undefined, fault: string | undefined): Judgement | undefined {
  if (plain === undefined || fault === undefined) return plain;
  if (plain.state === "online") return { ...plain, state: "degraded", reason: fault };
  return plain.state === "degraded" ? { ...plain, reason: `${fault}; ${plain.reason}` } : plain;
}

/** `undefined`: nothing is known that would change the state. */
function judge(entry: Entry, connectionDown: string | undefined): Judgement | undefined {
  const { config, bad, goodCount, plain } = entry;
  const none = NONE;
  if (!config.enabled) return { state: "disabled", reason: disabledText(config), bad: none };
  if (connectionDown !== undefined) {
    return { state: "offline", reason: `connection ${config.connection} is down: ${connectionDown}`, bad: none };
  }
  // The connection is up again and nothing has been read since: the old verdict stands until the first cycle.
  const faults = [...(bad ?? [])].filter(([, reason]) => reason !== "disabled");
  if (goodCount === 0 && faults.length === 0) return plain;
  const shown = new Map(faults.slice(0, MAX_BAD));
  if (faults.length === 0) return { state: "online", reason: "", bad: none };
  if (goodCount === 0 && faults.every(([, reason]) => isSilence(reason))) {
    return { state: "offline", reason: silenceText(config, faults), bad: shown };
  }
  return { state: "degraded", reason: degradedText(faults, goodCount), bad: shown };
}

function disabledText({ pausedUntil }: DeviceConfig): string {
  if (pausedUntil === undefined) return "disabled in the configuration";
  return `polling is switched off until ${pausedUntil} (setPolling)`;
}

/** Reasons that say that no trustworthy answer came; the others are answers. */
function isSilence(reason: BadReason): boolean {
  return ["timeout", "offline", "crc", "protocol", "exception:10", "exception:11"].includes(reason);
}

function silenceText({ unitId, connection }: DeviceConfig, faults: readonly (readonly [string, BadReason])[]): string {
  const reasons = [...new Set(faults.map(([, reason]) => reason))].join(", ");
  return `unit ${unitId} on ${connection} gives no answer that can be trusted (${reasons})`;
}

function degradedText(faults: readonly (readonly [string, BadReason])[], good: number): string {
  const counts = new Map<BadReason, number>();
  for (const [, reason] of faults) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const parts = [...counts].map(([reason, count]) => `${count} ${reason}`);
  return `${faults.length} of ${faults.length + good} points have no value: ${parts.join(", ")}`;
}

function isSame(a: DeviceHealth, b: Judgement): boolean {
  return a.state === b.state && a.reason === b.reason && isSameBad(a.bad, b.bad);
}

function isSameBad(a: DeviceHealth["bad"], b: DeviceHealth["bad"]): boolean {
  return a.size === b.size && [...a].every(([point, reason]) => b.get(point) === reason);
}
