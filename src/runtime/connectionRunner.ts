import type { LinkOpener } from "../bus/link";
import type { RtuSuspects } from "../bus/rtuSuspects";
import { createSession } from "../bus/session";
import type { Transactor } from "../bus/transactor";
import { createWorker, type Worker } from "../bus/worker";
import type { ConnectionConfig, DeviceConfig } from "../core/config/gatewayConfig";
import { type ConnectionPlan, lanesOf } from "../core/planning/connectionPlan";
import type { DeviceCycle } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import type { EpochMs } from "../kernel/units";
import { wait, within } from "../kernel/wait";
import { CommandBus } from "./commandBus";
import { createLoadMeter, type LoadMeter, type Stretch } from "./connectionRunnerCounters";
import { Polling } from "./connectionRunnerPolling";
import type { LearnedBook } from "./learnedBook";
import { MeteredBus } from "./meteredBus";
import { ModelLocations } from "./modelLocations";

/** What one connection needs of the rest of the house. */
export interface ConnectionRunnerPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly openLink: LinkOpener;
  /** What earlier runners of the same place have left unanswered: it may still come. Absent: nothing. */
  readonly suspects?: RtuSuspects;
  /** What was learned of units in earlier runs; absent: nothing is kept. */
  readonly learned?: Pick<LearnedBook, "recall" | "remember">;
  /** Where the grid of a unit begins, ms after the start; the same for all its devices. Absent: 0 for all. */
  phaseMs?(unitId: number): number;
  /**
   * What a device yielded in one due cycle: every point that was due exactly once, good or bad. While the connection
   * is down the due cycles come too, each point bad `offline`, without using the wire.
   */
  onCycle(cycle: DeviceCycle): void;
  /** The connection was opened or lost; `reason` is for people, empty when open. */
  onConnection(state: ConnectionState, reason: string): void;
}

export type ConnectionState = "connecting" | "open" | "closed";

export interface DeviceCounters {
  readonly requests: number;
  readonly failures: number;
  /** Due cycles that could not be started before the next fell due. */
  readonly overruns: number;
  readonly lastError?: string;
  readonly lastErrorAt?: EpochMs;
  readonly lastGoodAt?: EpochMs;
  /** Median of the recent request times, ms. */
  readonly latencyMs?: number;
}

export interface ConnectionStatus {
  readonly state: ConnectionState;
  /** Why it is not open, in words; empty when it is. */
  readonly reason: string;
  readonly since: EpochMs;
  readonly opens: number;
  /** Share of the time since start (at most the last minute) that requests kept the connection busy, in percent. */
  readonly loadPercent: number;
  /** Times longer than their intervals that polls took in the last minutes, by priority; 1: all was read when due. */
  readonly stretch?: Stretch;
  readonly devices: ReadonlyMap<string, DeviceCounters>;
}

/** Polls the devices of one connection on an absolute grid and lets commands overtake at transaction boundaries. */
export interface ConnectionRunner {
  /**
   * The devices polled from now on. Takes effect at a transaction boundary: devices whose fingerprint is unchanged
   * keep their due times, new or changed ones are polled at once, absent ones no more.
   */
  apply(devices: readonly DeviceConfig[]): void;
  /**
   * Runs `task` in the command lane: before any poll that has not begun, one task at a time. The task has the bus for
   * itself until it settles. Resolves to what the task resolves to, or `undefined` when the signal aborted or the
   * runner closed before the task began. A unit that is named, and rests after the connect, is waited for before that:
   * the bus serves others meanwhile.
   */
  command<T>(task: (bus: Transactor) => Promise<T>, signal: AbortSignal, unitId?: number): Promise<T | undefined>;
  status(): ConnectionStatus;
  /** The requests of its cycles as they are planned now, with what was learned and measured of each unit. */
  plan(): ConnectionPlan;
  /** Finishes the transaction in flight, closes the link. Memoised; never rejects. */
  close(): Promise<void>;
}

/** The connection, kept open: what the runner needs of `bus/session`. */
export interface RunnerSession extends Transactor {
  /** Fails what is under way, closes the link. Memoised; never rejects. */
  close(): Promise<void>;
}

export interface RunnerSessionPorts {
  readonly suspects?: RtuSuspects | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly openLink: LinkOpener;
  onState(state: ConnectionState, reason: string): void;
}

/** Work under way gets this long to finish when the runner closes; then the link is closed under it. */
const CLOSE_MS = 5000;

/** Starts to open the connection at once; `apply` says what to poll. `openSession` is replaced in tests. */
export function createConnectionRunner(
  connection: ConnectionConfig,
  ports: ConnectionRunnerPorts,
  openSession: (connection: ConnectionConfig, ports: RunnerSessionPorts) => RunnerSession = createSession,
): ConnectionRunner {
  return new SessionRunner(connection, ports, openSession);
}

class SessionRunner implements ConnectionRunner, RunnerSessionPorts {
  readonly #ports: ConnectionRunnerPorts;
  readonly #load: LoadMeter;
  readonly #polling: Polling;
  readonly #worker: Worker;
  readonly #session: RunnerSession;
  readonly #bus: Transactor;
  #state: ConnectionState = "connecting";
  #reason = "";
  #since: EpochMs;
  #opens = 0;
  #closing: Promise<void> | undefined;

  constructor(
    connection: ConnectionConfig,
    ports: ConnectionRunnerPorts,
    openSession: (connection: ConnectionConfig, ports: RunnerSessionPorts) => RunnerSession,
  ) {
    const { clock, log } = ports;
    const lanes = lanesOf(connection);
    this.#ports = ports;
    this.#since = clock.epoch();
    this.#load = createLoadMeter(clock.monotonic(), lanes);
    this.#session = openSession(connection, this);
    const located = new ModelLocations(new MeteredBus(this.#session, this.#load, clock));
    this.#polling = new Polling(connection, ports, located);
    this.#worker = createWorker(clock, log, this.#polling, lanes);
    this.#bus = located;
  }

  get clock(): Clock {
    return this.#ports.clock;
  }

  get log(): Log {
    return this.#ports.log;
  }

  get openLink(): LinkOpener {
    return this.#ports.openLink;
  }

  get suspects(): RtuSuspects | undefined {
    return this.#ports.suspects;
  }

  apply(devices: readonly DeviceConfig[]): void {
    this.#polling.apply(devices);
    this.#worker.wake();
  }

  async command<T>(
    task: (bus: Transactor) => Promise<T>,
    signal: AbortSignal,
    unitId?: number,
  ): Promise<T | undefined> {
    const restMs = unitId === undefined ? 0 : this.#polling.restMs(unitId);
    if (restMs > 0 && (await wait(this.clock, restMs, signal)) === "aborted") return undefined;
    const { clock } = this;
    return this.#worker.command(() => task(new CommandBus(this.#bus, this.#polling, clock)), signal);
  }

  status(): ConnectionStatus {
    return {
      state: this.#state,
      reason: this.#reason,
      since: this.#since,
      opens: this.#opens,
      loadPercent: this.#load.percent(this.clock.monotonic()),
      ...this.#polling.status(),
    };
  }

  plan(): ConnectionPlan {
    return this.#polling.plan();
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    const finished = this.#worker.close();
    await within(this.clock, CLOSE_MS, finished);
    await this.#session.close();
    await finished;
  }

  onState(state: ConnectionState, reason: string): void {
    // Being closed on purpose is no loss that anybody should hear of.
    if (this.#closing !== undefined) return;
    this.#state = state;
    this.#reason = reason;
    this.#since = this.clock.epoch();
    if (state === "open") this.#opens += 1;
    this.#polling.linkChanged(state);
    this.#ports.onConnection(state, reason);
    this.#worker.wake();
  }
}
