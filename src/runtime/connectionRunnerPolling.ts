import type { PollLane, PollStep } from "../bus/worker";
import type { ConnectionConfig, DeviceConfig } from "../core/config/gatewayConfig";
import { type ConnectionPlan, planConnection } from "../core/planning/connectionPlan";
import { polledGroups, polledPoints } from "../core/planning/polledPoints";
import { createTimetable, type DueCycle, type Timetable } from "../core/planning/timetable";
import type { BadReason } from "../core/points/point";
import { isNoAnswer } from "../core/points/quality";
import type { DeviceCycle } from "../core/telemetry/sample";
import { later, type MonotonicMs } from "../kernel/units";
import type { ConnectionRunnerPorts, ConnectionState, DeviceCounters } from "./connectionRunner";
import { createDeviceMeter, createPaceMeter, type PaceMeter, type Stretch } from "./connectionRunnerCounters";
import { badSamples } from "./cycle";
import type { ModelLocations } from "./modelLocations";
import { hasReadOnce, type Polled } from "./polled";
import type { PollUnit } from "./pollUnit";
import { PollUnits } from "./pollUnits";
import { UnitCycle } from "./unitCycle";

type PollingPorts = Pick<ConnectionRunnerPorts, "clock" | "onCycle" | "learned" | "phaseMs">;

const NEVER = Number.POSITIVE_INFINITY;

/** The lower lane of a connection: takes due cycles from the timetable and carries them out, request by request. */
export class Polling implements PollLane {
  readonly #connection: ConnectionConfig;
  readonly #ports: PollingPorts;
  readonly #bus: ModelLocations;
  readonly #timetable: Timetable;
  readonly #pace: PaceMeter;
  readonly #units: PollUnits;
  /** Cycles under way: at most one a unit. */
  readonly #active = new Map<number, UnitCycle>();
  #devices: ReadonlyMap<string, Polled> = new Map();
  /** Those of them with groups that only a connect makes due. */
  #readOnce: ReadonlySet<string> = new Set();
  /** Devices to be polled from the next transaction boundary on. */
  #wanted: readonly DeviceConfig[] | undefined;
  /** Until the first attempt to open has ended nothing is known: cycles wait for it. */
  #link: "unknown" | "open" | "down" = "unknown";

  constructor(connection: ConnectionConfig, ports: PollingPorts, bus: ModelLocations) {
    this.#connection = connection;
    this.#ports = ports;
    this.#bus = bus;
    const { clock } = ports;
    this.#units = new PollUnits(connection, clock, ports.learned);
    this.#pace = createPaceMeter(clock.monotonic());
    this.#timetable = createTimetable(clock.monotonic(), () => clock.epoch() - clock.monotonic());
  }

  apply(devices: readonly DeviceConfig[]): void {
    this.#wanted = devices;
  }

  linkChanged(state: ConnectionState): void {
    if (state === "connecting") return;
    if (state === "open") {
      const now = this.#now();
      // Open before: dropped while idle and opened anew, nothing was missed.
      if (this.#link === "open") this.#timetable.reconnect(now);
      else this.#timetable.restart(now);
      this.#units.linkOpened(now);
      this.#bus.linkOpened();
    }
    this.#link = state === "open" ? "open" : "down";
  }

  /** How long this unit still rests after the opening of the connection, ms; at most 0: no longer. */
  restMs(unitId: number): number {
    return this.#units.restMs(unitId);
  }

  /** Somebody else asked this unit something, and it answered. */
  heard(unitId: number): void {
    const unit = this.#units.get(unitId);
    if (unit?.breaker.open !== true) return;
    unit.breaker.answered();
    this.#closed(unit);
  }

  plan(): ConnectionPlan {
    const devices = this.#wanted ?? [...this.#devices.values()].map(({ config }) => config);
    return planConnection(this.#connection, devices, (unitId) => this.#units.get(unitId));
  }

  status(): { readonly stretch: Stretch; readonly devices: ReadonlyMap<string, DeviceCounters> } {
    const devices = new Map([...this.#devices].map(([name, polled]) => [name, polled.meter.counters()]));
    return { stretch: this.#pace.stretch(this.#now()), devices };
  }

  next(): PollStep {
    if (this.#wanted !== undefined) this.#swap(this.#wanted);
    if (this.#link === "unknown") return { kind: "sleep" };
    const now = this.#now();
    if (this.#link === "down") this.#abandonAll("offline");
    const cycle = this.#ready(now);
    if (cycle !== undefined) return { kind: "run", run: () => this.#step(cycle) };
    const unit = this.#link === "open" ? this.#units.toProbe(now) : undefined;
    if (unit !== undefined) return { kind: "run", run: () => this.#probe(unit) };
    return this.#due(now);
  }

  #now(): MonotonicMs {
    return this.#ports.clock.monotonic();
  }

  /** A cycle that can be carried on. */
  #ready(now: MonotonicMs): UnitCycle | undefined {
    for (const cycle of this.#active.values()) {
      if (!cycle.busy && (cycle.resumeAt ?? now) <= now) return cycle;
    }
    return undefined;
  }

  /** Begins what is due, until something of it needs the wire. */
  #due(now: MonotonicMs): PollStep {
    for (;;) {
      const step = this.#timetable.next(now, this.#active.size === 0 ? undefined : this.#isBusy);
      if (step.kind === "due") {
        const cycle = this.#begin(step.cycle, now);
        if (cycle !== undefined) return { kind: "run", run: () => this.#step(cycle) };
        continue;
      }
      const until = Math.min(step.kind === "wake" ? step.at : NEVER, this.#wakeAt());
      return until === NEVER ? { kind: "sleep" } : { kind: "sleep", until };
    }
  }

  /** When a cycle may be carried on, or a unit be probed. */
  #wakeAt(): number {
    let least: number = NEVER;
    for (const { busy, resumeAt } of this.#active.values()) if (!busy) least = Math.min(least, resumeAt ?? NEVER);
    return this.#link === "open" ? Math.min(least, this.#units.probeAt()) : least;
  }

  readonly #isBusy = (device: string): boolean => {
    const unitId = this.#devices.get(device)?.config.unitId;
    return unitId !== undefined && this.#active.has(unitId);
  };

  async #step(cycle: UnitCycle): Promise<void> {
    const { unit } = cycle;
    if (this.#bus.isUnknown(unit.unitId, cycle.request)) {
      cycle.busy = true;
      await this.#bus.survey(unit.unitId);
      cycle.busy = false;
    } else await cycle.step(this.#bus);
    // Reported here, not in the next turn of the lane: a command may come before that.
    if (cycle.done) this.#finish(cycle);
    else if (!this.#isWanted(cycle)) this.#active.delete(unit.unitId);
    this.#units.keep(unit);
    if (this.#units.hasJustOpened(unit)) this.#opened(unit, cycle);
  }

  #finish(cycle: UnitCycle): void {
    if (this.#active.get(cycle.unit.unitId) === cycle) this.#active.delete(cycle.unit.unitId);
    for (const yielded of cycle.cycles()) {
      this.#report(yielded, cycle.parts);
      this.#retryOnce(yielded);
    }
  }

  /** Nothing but another connect would make a group `connect` due again: without an answer it is tried again. */
  #retryOnce({ device, samples }: DeviceCycle): void {
    if (!this.#readOnce.has(device)) return;
    const groups = this.#devices.get(device)?.config.groups;
    const failed = samples.flatMap(({ point, reading }) =>
      groups?.get(point.group)?.poll === "connect" && "bad" in reading && isNoAnswer(reading.bad) ? [point.group] : [],
    );
    const at = later(this.#now(), CONNECT_RETRY_MS);
    if (failed.length > 0 && this.#link === "open") this.#timetable.retry(device, failed, at);
  }

  /** A device that was changed or removed while its last answer came is not reported: nobody knows those points now. */
  #report(cycle: DeviceCycle, parts: readonly Polled[]): void {
    const fingerprint = parts.find(({ config }) => config.name === cycle.device)?.config.fingerprint;
    const stands =
      this.#wanted === undefined
        ? this.#devices.get(cycle.device)?.config
        : this.#wanted.find(({ name }) => name === cycle.device);
    if (stands !== undefined && stands.fingerprint === fingerprint) this.#ports.onCycle(cycle);
  }

  #begin(due: DueCycle, now: MonotonicMs): UnitCycle | undefined {
    const polled = this.#devices.get(due.device);
    if (polled === undefined) return undefined;
    const { unitId } = polled.config;
    const unit = this.#units.get(unitId);
    if (unit === undefined) return undefined;
    const parts = [polled];
    const groups = [due.groups];
    this.#account(polled, due, unit, now);
    // Devices on the same unit that are due as well share its requests.
    for (const other of unit.devices) {
      const taken = other === polled ? undefined : this.#timetable.take(other.config.name, now);
      if (taken === undefined) continue;
      parts.push(other);
      groups.push(taken.groups);
      this.#account(other, taken, unit, now);
    }
    const plan = unit.plan(parts, groups);
    const cycle = new UnitCycle(unit, parts, plan, this.#ports.clock, this.#connection.readRetries);
    if (this.#link === "down") cycle.abandon("offline");
    else if (unit.breaker.open) cycle.abandon(unit.reason);
    if (!cycle.done) {
      this.#active.set(unitId, cycle);
      return cycle;
    }
    this.#finish(cycle);
    return undefined;
  }

  #account({ meter }: Polled, { missed, pace }: DueCycle, { breaker }: PollUnit, now: MonotonicMs): void {
    meter.overrun(missed);
    if (!breaker.open && this.#link === "open") this.#pace.polled(pace, now);
  }

  #abandonAll(reason: BadReason): void {
    for (const cycle of [...this.#active.values()]) {
      if (cycle.busy) continue;
      cycle.abandon(reason);
      this.#finish(cycle);
    }
  }

  /** The unit is only probed from now on: whoever waits for its next poll hears it now. */
  #opened(unit: PollUnit, cycle: UnitCycle): void {
    const told = new Map(
      cycle.cycles().map(({ device, samples }) => [device, new Set(samples.map(({ point }) => point))]),
    );
    const now = this.#ports.clock.epoch();
    for (const { config } of unit.devices) {
      const points = polledPoints(config).filter((point) => told.get(config.name)?.has(point) !== true);
      if (points.length === 0) continue;
      this.#report({ device: config.name, samples: badSamples(points, unit.reason, now) }, unit.devices);
    }
  }

  async #probe(unit: PollUnit): Promise<void> {
    const { breaker } = unit;
    const read = unit.probe();
    breaker.probing();
    const from = this.#now();
    // Without anything that may be read there is nothing to find out.
    const answer = read === undefined ? undefined : await this.#bus.transact(unit.unitId, read.request, read.options);
    if (read === undefined || answer === undefined) breaker.answered();
    else if (answer.ok) unit.readAnswered(read, answer.value.elapsedMs);
    else unit.readFailed(read, answer.error, from);
    if (breaker.open) breaker.probed(this.#now());
    else this.#closed(unit);
  }

  /** A unit is there again: its devices are polled at once. */
  #closed(unit: PollUnit): void {
    this.#units.closed(unit);
    this.#timetable.hasten(new Set(unit.devices.map(({ config }) => config.name)), this.#now());
  }

  #swap(wanted: readonly DeviceConfig[]): void {
    const before = this.#devices;
    this.#wanted = undefined;
    const enabled = wanted.filter((device) => device.enabled);
    this.#devices = new Map(
      enabled.map((config) => {
        const known = before.get(config.name);
        if (known?.config.fingerprint === config.fingerprint) return [config.name, known];
        return [config.name, { config, meter: known?.meter ?? createDeviceMeter() }];
      }),
    );
    this.#readOnce = new Set(enabled.filter(hasReadOnce).map(({ name }) => name));
    this.#dropCycles();
    this.#units.stand(this.#devices.values());
    this.#bus.stand(enabled);
    const rows = enabled.map((device) => ({
      ...timetableRow(device, this.#units.connectDelayMs(device.unitId)),
      phaseMs: this.#ports.phaseMs?.(device.unitId) ?? 0,
    }));
    this.#timetable.apply(rows, this.#now());
  }

  /** Cycles of which nobody wants anything any more; one with a request under way ends by itself. */
  #dropCycles(): void {
    for (const [unitId, cycle] of this.#active) {
      if (!cycle.busy && !this.#isWanted(cycle)) this.#active.delete(unitId);
    }
  }

  #isWanted(cycle: UnitCycle): boolean {
    return cycle.parts.some((part) => this.#devices.get(part.config.name) === part);
  }
}

/** A device that was away when the connection was opened is asked again for what is read once. */
const CONNECT_RETRY_MS = 10_000;

function timetableRow(device: DeviceConfig, connectDelayMs: number) {
  const { name, fingerprint } = device;
  return { name, fingerprint, groups: polledGroups(device), connectDelayMs };
}
