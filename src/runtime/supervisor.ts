import type { LinkOpener } from "../bus/link";
import { type Applied, applyDocument } from "../core/config/apply";
import { diffConfig } from "../core/config/diff";
import type { ConnectionConfig, DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import type { ProfileLookup } from "../core/config/profiles";
import type { DeviceCycle } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import type { EpochMs } from "../kernel/units";
import { type ConnectionRunner, type ConnectionState, createConnectionRunner } from "./connectionRunner";

/** What became of a document, and which one it was. */
export interface SupervisorOutcome extends Applied {
  readonly version: number;
  readonly at: EpochMs;
}

export interface SupervisorPorts {
  readonly clock: Clock;
  readonly log: Log;
  openerFor(connection: ConnectionConfig): LinkOpener;
  /** Profiles of the mounted folder and built in, as they are now. */
  profiles(): Promise<ProfileLookup>;
  /** The configuration that is about to be followed: before any of its devices is polled. */
  onConfig(config: GatewayConfig): void;
  onCycle(cycle: DeviceCycle): void;
  onConnection(connection: string, state: ConnectionState, reason: string): void;
  /** After a document has been taken, whatever came of it. */
  onApplied(outcome: SupervisorOutcome): void;
}

/** Owns one runner a connection and makes them follow the configuration, disturbing only what has changed (journey 3). */
export interface Supervisor {
  /** Takes over a configuration without starting it: the last good one, on which faulty devices fall back. */
  remember(config: GatewayConfig): void;
  /** Applies a document; documents are applied one after another, and of those that wait only the newest. */
  apply(document: unknown, version: number): Promise<void>;
  config(): GatewayConfig;
  runner(connection: string): ConnectionRunner | undefined;
  close(): Promise<void>;
}

const EMPTY: GatewayConfig = { connections: new Map(), devices: new Map(), module: {} };

export function createSupervisor(ports: SupervisorPorts): Supervisor {
  const runners = new Map<string, ConnectionRunner>();
  /** What the runners run; `config` may be ahead of it only before the first document. */
  let running = EMPTY;
  let config = EMPTY;
  let next: { readonly document: unknown; readonly version: number } | undefined;
  let working: Promise<void> | undefined;
  let closed = false;

  function start(connection: ConnectionConfig): ConnectionRunner {
    const { name } = connection;
    const runner = createConnectionRunner(connection, {
      clock: ports.clock,
      log: ports.log,
      openLink: ports.openerFor(connection),
      onCycle: ports.onCycle,
      onConnection: (state, reason) => ports.onConnection(name, state, reason),
    });
    runners.set(name, runner);
    return runner;
  }

  async function stop(names: readonly string[]): Promise<void> {
    const ending = names.flatMap((name) => runners.get(name) ?? []);
    for (const name of names) runners.delete(name);
    await Promise.all(ending.map((runner) => runner.close()));
  }

  async function follow(target: GatewayConfig): Promise<void> {
    const delta = diffConfig(running, target);
    const ending = [...delta.connections.removed, ...delta.connections.rebuilt];
    const devices = groupByConnection(target);
    running = target;
    // Who stays takes over at once; only then wait for those that end, whose ports the new ones may need.
    for (const [name, runner] of runners) if (!ending.includes(name)) runner.apply(devices.get(name) ?? []);
    await stop(ending);
    if (closed) return;
    for (const name of [...delta.connections.rebuilt, ...delta.connections.added]) {
      const connection = target.connections.get(name);
      if (connection !== undefined) start(connection).apply(devices.get(name) ?? []);
    }
  }

  async function take(document: unknown, version: number): Promise<void> {
    const applied = applyDocument(config, document, await ports.profiles());
    config = applied.config;
    ports.onConfig(config);
    await follow(config);
    if (!closed) ports.onApplied({ ...applied, version, at: ports.clock.epoch() });
  }

  async function work(): Promise<void> {
    for (let job = next; job !== undefined && !closed; job = next) {
      next = undefined;
      await take(job.document, job.version);
    }
    working = undefined;
  }

  return {
    remember(good) {
      if (running === EMPTY) config = good;
    },
    apply(document, version) {
      next = { document, version };
      working ??= work();
      return working;
    },
    config: () => config,
    runner: (connection) => runners.get(connection),
    async close() {
      closed = true;
      await working;
      await stop([...runners.keys()]);
    },
  };
}

/** The enabled devices of each connection, in the order of the document. */
function groupByConnection(config: GatewayConfig): ReadonlyMap<string, readonly DeviceConfig[]> {
  const grouped = new Map<string, DeviceConfig[]>();
  for (const device of config.devices.values()) {
    if (!device.enabled) continue;
    const list = grouped.get(device.connection) ?? [];
    list.push(device);
    grouped.set(device.connection, list);
  }
  return grouped;
}
