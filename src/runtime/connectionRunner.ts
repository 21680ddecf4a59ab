import type { LinkOpener } from "../bus/link";
import type { RtuSuspects } from "../bus/rtuSuspects";
import { createSession, WITHDRAWN } from "../bus/session";
import type { Transactor } from "../bus/transactor";
import { createWorker, type Worker } from "../bus/worker";
import type { ConnectionConfig, DeviceConfig } from "../core/config/gatewayConfig";
import { unsent } from "../core/modbus/failure";
import { type ConnectionPlan, lanesOf } from "../core/planning/connectionPlan";
import type { DeviceCycle } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import { err } from "../kernel/result";
import type { EpochMs } from "../kernel/units";
import { wait, within } from "../kernel/wait";
import { createLoadMeter, metered, type Stretch } from "./connectionRunnerCounters";
import { Polling } from "./connectionRunnerPolling";
import { isUnreachable } from "./cycle";
import type { LearnedBook } from "./learnedBook";
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
   * runner closed before the task began.
   */
  command<T>(task: (bus: Transactor) => Promise<T>, signal: AbortSignal): Promise<T | undefined>;
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
  readonly suspects?: RtuSuspects;
  readonly clock: Clock;
  readonly log: Log;
  readonly openLink: LinkOpener;
  onState(state: ConnectionState, reason: string): void;
}

/** Work under way gets this long to finish when the runner closes; then the link is closed under it. */
const CLOSE_MS = 5000;

/** For commands: a unit that rests after the connect is waited for. The poll lane does so by its timetable. */
function afterRest(bus: Transactor, polling: Pick<Polling, "restMs">, clock: Clock): Transactor {
  return {
    async transact(unitId, request, options) {
      const restMs = polling.restMs(unitId);
      if (restMs > 0) await wait(clock, restMs, options?.signal ?? NEVER);
      if (restMs > 0 && options?.isStillWanted?.() === false) return err(unsent(WITHDRAWN));
      return bus.transact(unitId, request, options);
    },
  };
}

const NEVER = new AbortController().signal;

/** Starts to open the connection at once; `apply` says what to poll. `openSession` is replaced in tests. */
export function createConnectionRunner(
  connection: ConnectionConfig,
  ports: ConnectionRunnerPorts,
  openSession: (connection: ConnectionConfig, ports: RunnerSessionPorts) => RunnerSession = createSession,
): ConnectionRunner {
  const { clock, log } = ports;
  const lanes = lanesOf(connection);
  const load = createLoadMeter(clock.monotonic(), lanes);
  let link = { state: "connecting" as ConnectionState, reason: "", since: clock.epoch(), opens: 0 };
  let closing: Promise<void> | undefined;

  const bus: Transactor = { transact: (unitId, request, options) => session.transact(unitId, request, options) };
  const loaded = metered(bus, load, clock);
  const located = new ModelLocations(loaded);
  const polling = new Polling(connection, ports, located);
  const worker: Worker = createWorker(clock, log, polling, lanes);
  const forCommands = afterRest(listening(located, polling), polling, clock);
  const session = openSession(connection, { ...ports, onState });

  function onState(state: ConnectionState, reason: string): void {
    // Being closed on purpose is no loss that anybody should hear of.
    if (closing !== undefined) return;
    link = { state, reason, since: clock.epoch(), opens: link.opens + (state === "open" ? 1 : 0) };
    polling.linkChanged(state);
    ports.onConnection(state, reason);
    worker.wake();
  }

  async function close(): Promise<void> {
    const finished = worker.close();
    await within(clock, CLOSE_MS, finished);
    await session.close();
    await finished;
  }

  return {
    apply(devices) {
      polling.apply(devices);
      worker.wake();
    },
    command: (task, signal) => worker.command(() => task(forCommands), signal),
    status: () => ({ ...link, loadPercent: load.percent(clock.monotonic()), ...polling.status() }),
    plan: () => polling.plan(),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** A unit that answers an operator's command is polled again at once. */
function listening(bus: Transactor, polling: Pick<Polling, "heard">): Transactor {
  return {
    async transact(unitId, request, options) {
      const answer = await bus.transact(unitId, request, options);
      if (answer.ok || (answer.error.kind === "exception" && !isUnreachable(answer.error))) polling.heard(unitId);
      return answer;
    },
  };
}
