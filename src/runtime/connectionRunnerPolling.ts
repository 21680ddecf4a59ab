import type { Ended, PollLane, PollStep } from "../bus/worker";
import type { ConnectionConfig, DeviceConfig } from "../core/config/gatewayConfig";
import { type ConnectionPlan, planConnection } from "../core/planning/connectionPlan";
import { gridOrigin } from "../core/planning/phase";
import { polledGroups } from "../core/planning/polledPoints";
import { createTimetable, type DueCycle, type Timetable, type TimetableDevice } from "../core/planning/timetable";
import type { BadReason } from "../core/points/point";
import type { DeviceCycle } from "../core/telemetry/sample";
import { later, type MonotonicMs, monotonicMs } from "../kernel/units";
import type { ConnectionRunnerPorts, ConnectionState, DeviceCounters } from "./connectionRunner";
import { createPaceMeter, type PaceMeter, type Stretch } from "./connectionRunnerCounters";
import { CycleReports } from "./cycleReports";
import type { ModelLocations } from "./modelLocations";
import type { Polled } from "./polled";
import { PolledDevices } from "./polledDevices";
import type { PollUnit } from "./pollUnit";
import { PollUnits } from "./pollUnits";
import { type CycleOwner, UnitCycle } from "./unitCycle";
import { UnitCycles } from "./unitCycles";
import { probeUnit } from "./unitProbe";
import { wallOffsetOf } from "./wallOffset";

type PollingPorts = Pick<ConnectionRunnerPorts, "clock" | "onCycle" | "learned" | "phaseMs" | "suspects">;

const NEVER = Number.POSITIVE_INFINITY;
const BEGUN: PollStep = { kind: "begun" };
const NOBODY_YET: Ended = () => undefined;

/** The lower lane of a connection: takes due cycles from the timetable and carries them out, request by request. */
export class Polling implements PollLane, CycleOwner {
  readonly #connection: ConnectionConfig;
  readonly #ports: PollingPorts;
  readonly #bus: ModelLocations;
  readonly #timetable: Timetable;
  readonly #pace: PaceMeter;
  readonly #units: PollUnits;
  readonly #cycles = new UnitCycles();
  readonly #devices = new PolledDevices();
  readonly #reports: CycleReports;
  /** Told when a piece of work has ended. */
  #ended = NOBODY_YET;
  /** Until the first attempt to open has ended nothing is known: cycles wait for it. */
  #link: "unknown" | "open" | "down" = "unknown";

  constructor(connection: ConnectionConfig, ports: PollingPorts, bus: ModelLocations) {
    this.#connection = connection;
    this.#ports = ports;
    this.#bus = bus;
    this.#reports = new CycleReports(this.#devices, ports);
    const { clock } = ports;
    this.#units = new PollUnits(connection, clock, ports.learned, ports.suspects);
    this.#pace = createPaceMeter(clock.monotonic());
    this.#timetable = createTimetable(gridOrigin(clock.monotonic()), wallOffsetOf(clock));
  }

  apply(devices: readonly DeviceConfig[]): void {
    this.#devices.want(devices);
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

  /** How long this unit still rests, ms; at most 0: no longer. */
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
    return planConnection(this.#connection, this.#devices.definitions(), (unitId) => this.#units.get(unitId));
  }

  status(): { readonly stretch: Stretch; readonly devices: ReadonlyMap<string, DeviceCounters> } {
    const devices = new Map(Array.from(this.#devices.all(), ({ config, meter }) => [config.name, meter.counters()]));
    return { stretch: this.#pace.stretch(this.#now()), devices };
  }

  next(ended: Ended): PollStep {
    this.#ended = ended;
    if (this.#devices.areWanted) this.#swap();
    if (this.#link === "unknown") return { kind: "sleep" };
    const now = this.#now();
    if (this.#link === "down") this.#abandonAll("offline");
    const cycle = this.#ready(now);
    if (cycle !== undefined) return this.#step(cycle);
    const unit = this.#link === "open" ? this.#units.toProbe(now) : undefined;
    if (unit === undefined) return this.#due(now);
    void this.#probe(unit).then(() => ended(), ended);
    return BEGUN;
  }

  #now(): MonotonicMs {
    return this.#ports.clock.monotonic();
  }

  /** A cycle that can be carried on. */
  #ready(now: MonotonicMs): UnitCycle | undefined {
    for (const cycle of this.#cycles.active) {
      if (!cycle.busy && (cycle.resumeAt ?? now) <= now && !this.#units.mustRest(cycle)) return cycle;
    }
    return undefined;
  }

  /** Begins what is due, until something of it needs the wire. */
  #due(now: MonotonicMs): PollStep {
    for (;;) {
      const step = this.#timetable.next(now, this.#busyDevices());
      if (step.kind === "due") {
        const cycle = this.#begin(step.cycle, now);
        if (cycle !== undefined && !this.#units.mustRest(cycle)) return this.#step(cycle);
        continue;
      }
      const until = Math.min(step.kind === "wake" ? step.at : NEVER, this.#wakeAt());
      return until === NEVER ? { kind: "sleep" } : { kind: "sleep", until: monotonicMs(until) };
    }
  }

  /** When a cycle may be carried on, or a unit be probed. */
  #wakeAt(): number {
    return Math.min(this.#cycles.wakeAt(), this.#link === "open" ? this.#units.probeAt() : NEVER);
  }

  /** Whether a device is on a unit with a cycle under way; `undefined`: none is. */
  #busyDevices(): ((device: string) => boolean) | undefined {
    if (this.#cycles.active.length === 0) return undefined;
    return (device) => {
      const unitId = this.#devices.get(device)?.config.unitId;
      return unitId !== undefined && this.#cycles.isUnderWay(unitId);
    };
  }

  #step(cycle: UnitCycle): PollStep {
    const { unitId } = cycle.unit;
    if (this.#bus.isUnknown(unitId, cycle.request)) {
      cycle.busy = true;
      void this.#bus.survey(unitId).then(
        () => {
          cycle.busy = false;
          this.stepped(cycle);
        },
        (bug: unknown) => {
          cycle.busy = false;
          this.#ended(bug);
        },
      );
    } else cycle.step(this.#bus);
    return BEGUN;
  }

  /** Of a cycle: a step of it has ended. */
  stepped(cycle: UnitCycle, bug?: unknown): void {
    if (bug !== undefined) {
      this.#ended(bug);
      return;
    }
    try {
      this.#account(cycle);
    } catch (error) {
      this.#ended(error);
      return;
    }
    this.#ended();
  }

  /** Reported here, not in the next turn of the lane: a command may come before that. */
  #account(cycle: UnitCycle): void {
    const { unit, done } = cycle;
    // Noted first: a unit that is given up and not on the list would be neither polled nor probed any more.
    const isGivenUp = this.#units.hasJustOpened(unit);
    if (done) this.#finish(cycle);
    else if (!this.#devices.stillPolls(cycle.parts)) this.#cycles.drop(cycle);
    this.#units.keep(unit);
    if (isGivenUp) this.#reports.opened(unit, cycle);
    if (done) cycle.end();
  }

  #finish(cycle: UnitCycle): void {
    this.#cycles.drop(cycle);
    for (let part = 0; part < cycle.parts.length; part++) {
      const yielded = cycle.cycleOf(part);
      if (yielded === undefined) continue;
      this.#reports.tell(yielded, cycle.parts);
      this.#retryOnce(yielded);
    }
  }

  /** Nothing but another connect would make a group `connect` due again: without an answer it is tried again. */
  #retryOnce({ device, runs }: DeviceCycle): void {
    const failed = this.#devices.unreadOnce(device, runs);
    const at = later(this.#now(), CONNECT_RETRY_MS);
    if (failed.length > 0 && this.#link === "open") this.#timetable.retry(device, failed, at);
  }

  #begin(due: DueCycle, now: MonotonicMs): UnitCycle | undefined {
    const polled = this.#devices.get(due.device);
    if (polled === undefined) return undefined;
    const { unitId } = polled.config;
    const unit = this.#units.get(unitId);
    if (unit === undefined) return undefined;
    this.#tally(polled, due, unit, now);
    const cycle = this.#cycleOf(unit);
    if (unit.devices.length === 1) cycle.begin(unit.devices, unit.planAlone(polled, due.groups));
    else this.#beginTogether(cycle, polled, due, now);
    if (this.#link === "down") cycle.abandon("offline");
    else if (unit.breaker.open) cycle.abandon(unit.reason);
    if (!cycle.done) {
      this.#cycles.begun(cycle);
      return cycle;
    }
    this.#finish(cycle);
    cycle.end();
    return undefined;
  }

  #beginTogether(cycle: UnitCycle, polled: Polled, due: DueCycle, now: MonotonicMs): void {
    const { unit } = cycle;
    const parts = [polled];
    const groups = [due.groups];
    // Devices on the same unit that are due as well share its requests.
    for (const other of unit.devices) {
      const taken = other === polled ? undefined : this.#timetable.take(other.config.name, now);
      if (taken === undefined) continue;
      parts.push(other);
      groups.push(taken.groups);
      this.#tally(other, taken, unit, now);
    }
    cycle.begin(parts, unit.plan(parts, groups));
  }

  #cycleOf(unit: PollUnit): UnitCycle {
    const { clock } = this.#ports;
    return this.#cycles.of(unit) ?? this.#cycles.add(new UnitCycle(unit, clock, this.#connection.readRetries, this));
  }

  #tally({ meter }: Polled, { missed, pace }: DueCycle, { breaker }: PollUnit, now: MonotonicMs): void {
    meter.overrun(missed);
    if (!breaker.open && this.#link === "open") this.#pace.polled(pace, now);
  }

  #abandonAll(reason: BadReason): void {
    for (const cycle of [...this.#cycles.active]) {
      if (cycle.busy) continue;
      cycle.abandon(reason);
      this.#finish(cycle);
      cycle.end();
    }
  }

  async #probe(unit: PollUnit): Promise<void> {
    if (await probeUnit(unit, this.#bus, this.#ports.clock)) this.#closed(unit);
  }

  /** A unit is there again: its devices are polled at once. */
  #closed(unit: PollUnit): void {
    this.#units.closed(unit);
    this.#timetable.hasten(new Set(unit.devices.map(({ config }) => config.name)), this.#now());
  }

  #swap(): void {
    const enabled = this.#devices.swap();
    // One with a request under way ends by itself.
    for (const cycle of [...this.#cycles.active]) {
      if (!cycle.busy && !this.#devices.stillPolls(cycle.parts)) this.#cycles.drop(cycle);
    }
    this.#units.stand(this.#devices.all());
    this.#cycles.keep((unit) => this.#units.get(unit.unitId) === unit);
    this.#bus.stand(enabled);
    this.#timetable.apply(
      enabled.map((device) => this.#row(device)),
      this.#now(),
    );
  }

  #row(device: DeviceConfig): TimetableDevice {
    const { name, fingerprint, unitId } = device;
    const connectDelayMs = this.#units.connectDelayMs(unitId);
    const phaseMs = this.#ports.phaseMs?.(unitId) ?? 0;
    return { name, fingerprint, groups: polledGroups(device), phaseMs, connectDelayMs };
  }
}

/** A device that was away when the connection was opened is asked again for what is read once. */
const CONNECT_RETRY_MS = 10_000;
