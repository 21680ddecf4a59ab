import type { Watchdog, WatchdogValues } from "../core/config/deviceCommand";
import type { DeviceConfig, WritePolicy } from "../core/config/gatewayConfig";
import { createProbeBudget, type ProbeBudget } from "../core/planning/breaker";
import { planPointWrite } from "../core/planning/writePlan";
import { writeSteps } from "../core/planning/writeSteps";
import type { PointValue } from "../core/points/point";
import { sameValue } from "../core/points/pointValue";
import { isNoAnswer } from "../core/points/quality";
import { type DeviceCycle, samplesOf } from "../core/telemetry/sample";
import type { Clock, Timer } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";
import type { ConnectionRunner } from "./connectionRunner";
import type { WriteResult } from "./deviceAccess";
import { carryOut } from "./deviceAccessWrite";
import { fixedSteps, type Obstacle } from "./writeSource";

export interface WatchdogPorts {
  readonly clock: Clock;
  /** Aborts when the module closes: nothing is written from then on. */
  readonly signal: AbortSignal;
  runner(connection: string): Pick<ConnectionRunner, "command"> | undefined;
  /** What may be written now. */
  writes(): WritePolicy;
  /** What is wrong by the watchdog of a device, in words; `undefined`: nothing any more. */
  onFault(device: string, text: string | undefined): void;
}

/** The watchdogs of all devices (contract section 2). */
export interface Watchdogs {
  /** The devices there are. Those whose definition is unchanged go on counting where they are. */
  apply(devices: readonly DeviceConfig[]): void;
  cycle(cycle: DeviceCycle): void;
  close(): void;
}

export function createWatchdogs(ports: WatchdogPorts): Watchdogs {
  let dogs: ReadonlyMap<string, Dog> = new Map();
  /** Of each connection: what all its silent devices together may take of its time. */
  const budgets = new Map<string, ProbeBudget>();
  const budgetOf = (connection: string): ProbeBudget => {
    const budget = budgets.get(connection) ?? createProbeBudget();
    budgets.set(connection, budget);
    return budget;
  };
  return {
    apply(devices) {
      const before = dogs;
      dogs = new Map(
        devices.flatMap((device): [string, Dog][] => {
          if (device.watchdog === undefined || !device.enabled) return [];
          const known = before.get(device.name);
          const isSame = known?.device.fingerprint === device.fingerprint;
          if (known !== undefined && isSame) return [[device.name, known]];
          return [[device.name, new Dog(device, device.watchdog, ports, budgetOf(device.connection))]];
        }),
      );
      for (const [name, dog] of before) if (dogs.get(name) !== dog) dog.close();
      for (const [name, dog] of dogs) if (before.get(name) !== dog) dog.start();
    },
    cycle: (cycle) => dogs.get(cycle.device)?.cycle(cycle),
    close() {
      for (const dog of dogs.values()) dog.close();
    },
  };
}

/** After so many beats without an answer a device counts as away. */
const SILENT_BEATS = 3;

/** Whether polling finds out by itself that the device answers again. */
function isPolled({ points, groups }: DeviceConfig): boolean {
  return points.some(
    ({ access, group }) =>
      access !== "write" && Number.isFinite(groups.get(group)?.intervalMs ?? Number.POSITIVE_INFINITY),
  );
}

class Dog {
  #timer: Timer | undefined;
  #closed = false;
  #busy = false;
  #turn = 0;
  #due: number;
  #seen: { readonly value: PointValue; readonly since: MonotonicMs } | undefined;
  /** Beats in a row that nobody answered. */
  #silent = 0;
  readonly #faults = { write: "", read: "" };
  #told = "";

  constructor(
    readonly device: DeviceConfig,
    private readonly dog: Watchdog,
    private readonly ports: WatchdogPorts,
    private readonly budget: ProbeBudget,
  ) {
    this.#due = ports.clock.monotonic();
  }

  start(): void {
    if (this.dog.write !== undefined) this.#arm(0);
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    if (this.#told !== "") this.ports.onFault(this.device.name, undefined);
  }

  /** The point has to change. Only what was read counts: a device that does not answer is judged elsewhere. */
  cycle({ runs }: DeviceCycle): void {
    const samples = samplesOf(runs);
    if (samples.some(({ reading }) => !("bad" in reading) || !isNoAnswer(reading.bad))) this.#silent = 0;
    const { read } = this.dog;
    const sample = samples.find(({ point }) => point.name === read?.point);
    if (read === undefined || sample === undefined || "bad" in sample.reading) return;
    const now = this.ports.clock.monotonic();
    const { value } = sample.reading;
    if (this.#seen === undefined || !sameValue(this.#seen.value, value)) this.#seen = { value, since: now };
    const stillMs = now - this.#seen.since;
    this.#faults.read =
      stillMs > read.maxUnchangedMs ? `${read.point} has not changed for over ${read.maxUnchangedMs} ms` : "";
    this.#tell();
  }

  #arm(delayMs: number): void {
    if (this.#closed || this.ports.signal.aborted) return;
    this.#timer = this.ports.clock.setTimer(delayMs, () => void this.#tick());
  }

  /** On a grid: a write that takes long costs turns, and shifts none. */
  async #tick(): Promise<void> {
    const { write } = this.dog;
    const now = this.ports.clock.monotonic();
    if (write === undefined || this.#closed) return;
    while (this.#due <= now) this.#due += write.everyMs;
    this.#arm(this.#due - now);
    if (this.#busy || this.ports.writes() === "off" || this.#rests(now)) return;
    this.#busy = true;
    try {
      await this.#write(valueAt(write.values, this.#turn), write.point);
    } finally {
      this.#busy = false;
    }
  }

  /**
   * A device that answers no more must not cost its neighbours time. One that is polled is found again by that; one
   * that is not is tried from time to time.
   */
  #rests(now: MonotonicMs): boolean {
    if (this.#silent < SILENT_BEATS) return false;
    return isPolled(this.device) || now < this.budget.freeAt();
  }

  #heard({ status, attempts, ms }: WriteResult): void {
    if (attempts === 0) return;
    this.#silent = status === 504 ? this.#silent + 1 : 0;
    const now = this.ports.clock.monotonic();
    if (this.#silent >= SILENT_BEATS) this.budget.spent(later(now, -ms), now);
  }

  async #write(value: PointValue, name: string): Promise<void> {
    const { device, ports } = this;
    const point = device.points.find((candidate) => candidate.name === name);
    const planned = point === undefined ? undefined : planPointWrite(device, point, value);
    const lane = ports.runner(device.connection);
    if (!planned?.ok || lane === undefined) return;
    // The device's echo is enough: the next value comes soon, and tells more than reading this one back.
    const { check: _check, ...write } = planned.value;
    const steps = fixedSteps(writeSteps(device.maxWriteRegisters, [write]));
    const { clock, signal } = ports;
    // While it waited for its turn the device may have been changed or disabled, or writing switched off.
    const obstacle = (): Obstacle | undefined =>
      this.#closed || ports.writes() === "off" ? { status: 409, reason: "withdrawn" } : undefined;
    const job = { lane, device, clock, signal, steps, obstacle, isPassing: true, onHeld: () => undefined } as const;
    const { results } = await carryOut(job);
    const result = results.get(name);
    if (this.#closed || result === undefined) return;
    this.#heard(result);
    // The next value even after a failure: the device may have taken this one.
    this.#turn += 1;
    this.#faults.write =
      result.status === 200 ? "" : `${name} could not be written: ${result.reason ?? result.outcome}`;
    this.#tell();
  }

  #tell(): void {
    const text = [this.#faults.write, this.#faults.read].filter((fault) => fault !== "").join("; ");
    if (text === this.#told) return;
    this.#told = text;
    this.ports.onFault(this.device.name, text === "" ? undefined : `watchdog: ${text}`);
  }
}

function valueAt(values: WatchdogValues, turn: number): PointValue {
  if ("list" in values) return values.list[turn % values.list.length] ?? false;
  return values.low + (turn % (values.high - values.low + 1));
}
