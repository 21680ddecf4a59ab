import type { LinkOpener } from "../bus/link";
import { RtuSuspects } from "../bus/rtuSuspects";
import { loadWarnings } from "../core/assess/busLoad";
import { type Applied, applyDocument } from "../core/config/apply";
import { diffConfig } from "../core/config/diff";
import type { ConnectionConfig, DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import type { ProfileLookup } from "../core/config/profiles";
import { endpointOf } from "../core/config/resolveConnection";
import { phaseMs } from "../core/planning/phase";
import type { DeviceCycle } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import type { EpochMs } from "../kernel/units";
import {
  type ConnectionRunner,
  type ConnectionRunnerPorts,
  type ConnectionState,
  createConnectionRunner,
} from "./connectionRunner";
import type { LearnedBook } from "./learnedBook";
import { createPollingPulses } from "./pollingPulses";
import type { Pulse } from "./progressWatch";

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
  /** What was learned of units in earlier runs; absent: nothing is kept. */
  readonly learned?: LearnedBook;
  /** Until when a device is not polled, for an operator wants it so. */
  pausedUntil?(device: string): EpochMs | undefined;
  onCycle(cycle: DeviceCycle): void;
  onConnection(connection: string, state: ConnectionState, reason: string): void;
  /** After a document has been taken, whatever came of it. */
  onApplied(outcome: SupervisorOutcome): void;
  /** Replaced in tests. */
  readonly createRunner?: (connection: ConnectionConfig, ports: ConnectionRunnerPorts) => ConnectionRunner;
}

/** Owns one runner a connection and makes them follow the configuration, disturbing only what has changed (journey 3). */
export interface Supervisor {
  /** Takes over a configuration without starting it: the last good one, on which faulty devices fall back. */
  remember(config: GatewayConfig): void;
  /** Applies a document; documents are applied one after another, and of those that wait only the newest. */
  apply(document: unknown, version: number): Promise<void>;
  config(): GatewayConfig;
  /** Looks anew at which devices are paused. */
  repoll(): void;
  runner(connection: string): ConnectionRunner | undefined;
  /** What must move while polling is well. */
  pulses(): readonly Pulse[];
  close(): Promise<void>;
}

const EMPTY: GatewayConfig = { connections: new Map(), devices: new Map(), module: {} };

export function createSupervisor(ports: SupervisorPorts): Supervisor {
  return new RunnerSupervisor(ports);
}

class RunnerSupervisor implements Supervisor {
  private readonly runners = new Map<string, ConnectionRunner>();
  /** By endpoint, of those that there are and have just been. */
  private readonly suspects = new Map<string, RtuSuspects>();
  /** What the runners run; `inForce` may be ahead of it only before the first document. */
  private running = EMPTY;
  private inForce = EMPTY;
  private readonly polling = createPollingPulses({
    config: () => this.running,
    connection: (name) => this.runners.get(name)?.status(),
  });
  private next: { readonly document: unknown; readonly version: number } | undefined;
  private working: Promise<void> | undefined;
  private closed = false;

  constructor(private readonly ports: SupervisorPorts) {}

  remember(good: GatewayConfig): void {
    if (this.running === EMPTY) this.inForce = good;
  }

  apply(document: unknown, version: number): Promise<void> {
    this.next = { document, version };
    this.working ??= this.work();
    return this.working;
  }

  config(): GatewayConfig {
    return this.inForce;
  }

  repoll(): void {
    const polled = this.polled(this.running);
    const devices = groupByConnection(polled);
    this.ports.onConfig(polled);
    for (const [name, runner] of this.runners) runner.apply(devices.get(name) ?? []);
  }

  /** The configuration with paused devices disabled: what is polled and judged. Reads and writes on demand go on. */
  private polled(config: GatewayConfig): GatewayConfig {
    const devices = [...config.devices].map(([name, device]): [string, DeviceConfig] => {
      const until = device.enabled ? this.ports.pausedUntil?.(name) : undefined;
      if (until === undefined) return [name, device];
      const pausedUntil = new Date(until).toISOString();
      return [name, { ...device, enabled: false, pausedUntil, fingerprint: `${device.fingerprint} ${pausedUntil}` }];
    });
    return { ...config, devices: new Map(devices) };
  }

  runner(connection: string): ConnectionRunner | undefined {
    return this.runners.get(connection);
  }

  pulses(): readonly Pulse[] {
    return this.polling.pulses();
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.working;
    await this.stop([...this.runners.keys()]);
  }

  private async work(): Promise<void> {
    try {
      for (let job = this.next; job !== undefined && !this.closed; job = this.next) {
        this.next = undefined;
        const applied = await this.take(job.document, job.version);
        if (!this.closed) this.ports.onApplied({ ...applied, version: job.version, at: this.ports.clock.epoch() });
      }
    } finally {
      this.working = undefined;
    }
  }

  /** A document that trips over a bug of ours must not stop the module, nor the documents that come to correct it. */
  private async take(document: unknown, version: number): Promise<Applied> {
    try {
      await this.ports.learned?.load();
      const lookup = await this.ports.profiles();
      const sound = applyDocument(this.inForce, document, lookup);
      const applied = { ...sound, warnings: [...sound.warnings, ...loadWarnings(sound.config)] };
      this.inForce = applied.config;
      this.ports.onConfig(this.polled(applied.config));
      await this.follow(applied.config);
      return applied;
    } catch (error) {
      const text = error instanceof Error ? error.stack : String(error);
      this.ports.log.error(`applying configuration ${version} failed inside the module`, { error: text });
      const problem = { path: "", text: "applying this document failed inside the module; its log says where" };
      return { config: this.inForce, state: "rejected", problems: [problem], warnings: [] };
    }
  }

  private async follow(target: GatewayConfig): Promise<void> {
    const before = this.running;
    const delta = diffConfig(before, target);
    const ending = [...delta.connections.removed, ...delta.connections.rebuilt];
    const devices = groupByConnection(this.polled(target));
    this.running = target;
    const endpoints = new Set([...before.connections.values(), ...target.connections.values()].map(endpointOf));
    for (const endpoint of this.suspects.keys()) if (!endpoints.has(endpoint)) this.suspects.delete(endpoint);
    // Who stays takes over at once, and new ones begin; only a serial port that another one still holds is waited for.
    for (const [name, runner] of this.runners) if (!ending.includes(name)) runner.apply(devices.get(name) ?? []);
    const start = (name: string): void => {
      const connection = target.connections.get(name);
      if (connection !== undefined) this.start(connection).apply(devices.get(name) ?? []);
    };
    const isTaken = (name: string): boolean => pathsOf(before, ending).has(pathOf(target.connections.get(name)));
    const late = delta.connections.added.filter(isTaken);
    for (const name of delta.connections.added) if (!late.includes(name)) start(name);
    await this.stop(ending);
    if (!this.closed) for (const name of [...delta.connections.rebuilt, ...late]) start(name);
  }

  private start(connection: ConnectionConfig): ConnectionRunner {
    const { name } = connection;
    const { ports } = this;
    const runner = (ports.createRunner ?? createConnectionRunner)(connection, {
      clock: ports.clock,
      log: ports.log,
      openLink: ports.openerFor(connection),
      suspects: this.suspectsAt(endpointOf(connection)),
      ...(ports.learned === undefined ? {} : { learned: ports.learned }),
      phaseMs: (unitId) => phaseMs(name, unitId),
      onCycle: (cycle) => {
        // One that ends for another one finishes what it has begun: the value may be of another place by now.
        if (this.runners.get(name) !== runner && !this.closed) return;
        this.polling.cycle(cycle);
        ports.onCycle(cycle);
      },
      onConnection: (state, reason) => ports.onConnection(name, state, reason),
    });
    this.runners.set(name, runner);
    return runner;
  }

  /** Of all runners that one place has had: what one has asked may be answered to the next. */
  private suspectsAt(endpoint: string): RtuSuspects {
    const known = this.suspects.get(endpoint);
    if (known !== undefined) return known;
    const made = new RtuSuspects(this.ports.clock);
    this.suspects.set(endpoint, made);
    return made;
  }

  private async stop(names: readonly string[]): Promise<void> {
    const ending = names.flatMap((name) => this.runners.get(name) ?? []);
    for (const name of names) this.runners.delete(name);
    await Promise.all(ending.map((runner) => runner.close()));
  }
}

function pathOf(connection: ConnectionConfig | undefined): string | undefined {
  return connection?.transport === "serial" ? connection.path : undefined;
}

/** The serial ports of these connections. */
function pathsOf(config: GatewayConfig, names: readonly string[]): ReadonlySet<string | undefined> {
  return new Set(names.flatMap((name) => pathOf(config.connections.get(name)) ?? []));
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
