import type { Transactor } from "../bus/transactor";
import type { PollLane, PollStep } from "../bus/worker";
import type { ConnectionConfig, DeviceConfig } from "../core/config/gatewayConfig";
import { linkCost } from "../core/planning/cost";
import { createTimetable, type DueCycle, type Timetable } from "../core/planning/timetable";
import type { Point } from "../core/points/point";
import { isNoAnswer } from "../core/points/quality";
import { later, type MonotonicMs } from "../kernel/units";
import type { ConnectionRunnerPorts, ConnectionState, DeviceCounters } from "./connectionRunner";
import { createDeviceMeter, type DeviceMeter } from "./connectionRunnerCounters";
import { Cycle, type CyclePlan, planPoints, type UnitState } from "./cycle";

/** A device with what is kept for it from cycle to cycle. */
interface Polled {
  readonly config: DeviceConfig;
  readonly meter: DeviceMeter;
  /** By the names of the groups that are due together. */
  readonly plans: Map<string, CyclePlan>;
}

type PollingPorts = Pick<ConnectionRunnerPorts, "clock" | "onCycle">;

/** The lower lane of a connection: takes due cycles from the timetable and carries them out, request by request. */
export class Polling implements PollLane {
  readonly #connection: ConnectionConfig;
  readonly #ports: PollingPorts;
  readonly #bus: Transactor;
  readonly #timetable: Timetable;
  readonly #units = new Map<number, UnitState>();
  /** Rest of units after each opening. */
  #rests: ReadonlyMap<number, number> = new Map();
  #openedAt: MonotonicMs;
  #devices: ReadonlyMap<string, Polled> = new Map();
  /** Devices to be polled from the next transaction boundary on. */
  #wanted: readonly DeviceConfig[] | undefined;
  #current: Cycle | undefined;
  /** Until the first attempt to open has ended nothing is known: cycles wait for it. */
  #link: "unknown" | "open" | "down" = "unknown";

  constructor(connection: ConnectionConfig, ports: PollingPorts, bus: Transactor) {
    this.#connection = connection;
    this.#ports = ports;
    this.#bus = bus;
    const { clock } = ports;
    this.#openedAt = clock.monotonic();
    this.#timetable = createTimetable(clock.monotonic(), () => clock.epoch() - clock.monotonic());
  }

  apply(devices: readonly DeviceConfig[]): void {
    this.#wanted = devices;
  }

  linkChanged(state: ConnectionState): void {
    if (state === "connecting") return;
    if (state === "open" && this.#link !== "open") {
      this.#openedAt = this.#ports.clock.monotonic();
      this.#timetable.restart(this.#openedAt);
    }
    this.#link = state === "open" ? "open" : "down";
  }

  /** How long this unit still rests after the opening of the connection, ms; at most 0: no longer. */
  restMs(unitId: number): number {
    const restMs = this.#rests.get(unitId);
    return restMs === undefined ? 0 : restMs - (this.#ports.clock.monotonic() - this.#openedAt);
  }

  counters(): ReadonlyMap<string, DeviceCounters> {
    return new Map([...this.#devices].map(([name, polled]) => [name, polled.meter.counters()]));
  }

  next(): PollStep {
    if (this.#wanted !== undefined) this.#swap(this.#wanted);
    while (this.#link !== "unknown") {
      if (this.#current === undefined) {
        const step = this.#timetable.next(this.#ports.clock.monotonic());
        if (step.kind === "idle") break;
        if (step.kind === "wake") return { kind: "sleep", until: step.at };
        this.#current = this.#begin(step.cycle);
      }
      const cycle = this.#current;
      if (this.#link === "down") cycle?.abandon("offline");
      if (cycle !== undefined && !cycle.done) return { kind: "run", run: () => this.#step(cycle) };
      this.#finish();
    }
    return { kind: "sleep" };
  }

  async #step(cycle: Cycle): Promise<void> {
    await cycle.step(this.#bus);
    // Reported here, not in the next turn of the lane: a command may come before that.
    if (cycle === this.#current && cycle.done) this.#finish();
  }

  #finish(): void {
    const cycle = this.#current;
    this.#current = undefined;
    // A device that was changed or removed while its last answer came is not reported: nobody knows those points now.
    if (cycle === undefined || cycle.samples.length === 0 || !this.#stillWanted(cycle)) return;
    this.#ports.onCycle({ device: cycle.device, samples: cycle.samples });
    this.#retryOnce(cycle);
  }

  /** Nothing but another connect would make a group `connect` due again: without an answer it is tried again. */
  #retryOnce({ device, samples }: Cycle): void {
    const groups = this.#devices.get(device)?.config.groups;
    const failed = samples.flatMap(({ point, reading }) =>
      groups?.get(point.group)?.poll === "connect" && "bad" in reading && isNoAnswer(reading.bad) ? [point.group] : [],
    );
    const at = later(this.#ports.clock.monotonic(), CONNECT_RETRY_MS);
    if (failed.length > 0 && this.#link === "open") this.#timetable.retry(device, failed, at);
  }

  #stillWanted(cycle: Cycle): boolean {
    if (this.#wanted === undefined) return true;
    const before = this.#devices.get(cycle.device)?.config.fingerprint;
    return this.#wanted.some((device) => device.name === cycle.device && device.fingerprint === before);
  }

  #begin({ device, groups, missed }: DueCycle): Cycle | undefined {
    const polled = this.#devices.get(device);
    if (polled === undefined) return undefined;
    polled.meter.overrun(missed);
    return new Cycle(this.#planOf(polled, groups), {
      clock: this.#ports.clock,
      unit: this.#unitOf(polled.config.unitId),
      meter: polled.meter,
      readRetries: this.#connection.readRetries,
    });
  }

  #planOf({ config, plans }: Polled, groups: readonly string[]): CyclePlan {
    const key = groups.join(" ");
    const known = plans.get(key);
    if (known !== undefined) return known;
    const due = config.points.filter((point) => isPolled(point) && groups.includes(point.group));
    const plan = planPoints(config, due, linkCost(this.#connection));
    plans.set(key, plan);
    return plan;
  }

  #unitOf(unitId: number): UnitState {
    const unit = this.#units.get(unitId) ?? { failing: false };
    this.#units.set(unitId, unit);
    return unit;
  }

  #swap(wanted: readonly DeviceConfig[]): void {
    const before = this.#devices;
    if (this.#current !== undefined && !this.#stillWanted(this.#current)) this.#current = undefined;
    this.#wanted = undefined;
    const enabled = wanted.filter((device) => device.enabled);
    this.#devices = new Map(
      enabled.map((config) => {
        const known = before.get(config.name);
        if (known?.config.fingerprint === config.fingerprint) return [config.name, known];
        return [config.name, { config, meter: known?.meter ?? createDeviceMeter(), plans: new Map() }];
      }),
    );
    this.#rests = restsOf(enabled);
    this.#timetable.apply(
      enabled.map((device) => timetableRow(device, this.#rests.get(device.unitId))),
      this.#ports.clock.monotonic(),
    );
  }
}

/** A device that was away when the connection was opened is asked again for what is read once. */
const CONNECT_RETRY_MS = 10_000;

/** Points that are only written are not read by the poll. */
function isPolled(point: Point): boolean {
  return point.access !== "write";
}

/** `connectDelayMs` by unit: the longest of the devices that share it. */
function restsOf(devices: readonly DeviceConfig[]): ReadonlyMap<number, number> {
  const rests = new Map<number, number>();
  for (const { unitId, connectDelayMs = 0 } of devices) {
    if (connectDelayMs > 0) rests.set(unitId, Math.max(connectDelayMs, rests.get(unitId) ?? 0));
  }
  return rests;
}

function timetableRow({ name, fingerprint, groups, points }: DeviceConfig, connectDelayMs = 0) {
  const used = new Set(points.filter(isPolled).map((point) => point.group));
  const polled = [...groups.values()].filter((group) => used.has(group.name) && group.poll !== "onDemand");
  return { name, fingerprint, groups: polled, connectDelayMs };
}
