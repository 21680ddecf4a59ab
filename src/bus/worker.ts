import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import { later, type MonotonicMs } from "../kernel/units";
import { Deadline, type Rung } from "./deadline";
import { type Telling, tellSoon } from "./telling";

/** `begun`: a piece of work is under way. `sleep`: there is nothing to do until this instant, or until woken. */
export type PollStep = { readonly kind: "begun" } | { readonly kind: "sleep"; readonly until?: MonotonicMs };

/** A piece of work has ended; with the bug that ended it, where there was one. */
export type Ended = (bug?: unknown) => void;

/** The lower lane: polls. */
export interface PollLane {
  /**
   * Asked when there is room for another piece of work (about one transaction) beside those under way. Calls `ended`
   * once for each piece that it has begun, be it before it returns.
   */
  next(ended: Ended): PollStep;
}

/**
 * The one owner of a connection's time: commands first, then polls. A command has the connection for itself; of polls
 * as many may be under way as the connection bears requests.
 */
export interface Worker {
  /**
   * Runs `task` before any poll that has not begun. Resolves to what the task resolves to; to `undefined` when the
   * signal aborted or the worker closed before the task began, or too many commands were waiting already.
   */
  command<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T | undefined>;
  /** Asks the poll lane again: something that it knows has changed. */
  wake(): void;
  /** Commands turned away because the lane was full. */
  readonly refused: number;
  /** Finishes the work under way; commands that wait get `undefined`. Memoised; never rejects. */
  close(): Promise<void>;
}

/** Commands that may wait: more than any caller has in flight, few enough to answer inside a method's deadline. */
const MAX_WAITING = 256;
/** After a bug in the poll lane: rest, rather than run hot over it. */
const BUG_REST_MS = 1000;

interface Waiting {
  run(): Promise<void>;
  drop(): void;
}

/** @param parallel pieces of poll work that may be under way together. */
export function createWorker(clock: Clock, log: Log, poll: PollLane, parallel = 1): Worker {
  return new LaneWorker(clock, log, poll, parallel);
}

/** Without a loop that waits: what is kept of it between two polls is this object and, asleep, one timer. */
class LaneWorker implements Worker, Rung, Telling {
  refused = 0;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #poll: PollLane;
  readonly #parallel: number;
  /** There as soon as a command has come. */
  #waiting: Waiting[] | undefined;
  /** Pieces of poll work under way. */
  #underWay = 0;
  /** A command is under way. */
  #commanded = false;
  /** Inside `#turn`: what ends meanwhile is seen by the turn itself. */
  #turning = false;
  readonly #alarm: Deadline;
  /** After a bug nothing is polled before this instant. */
  #restsUntil: MonotonicMs | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;
  #left: (() => void) | undefined;

  constructor(clock: Clock, log: Log, poll: PollLane, parallel: number) {
    this.#parallel = parallel;
    this.#clock = clock;
    this.#log = log;
    this.#poll = poll;
    this.#alarm = new Deadline(clock, this);
    // Begins after the creator has finished: the poll lane may need what is created after the worker.
    tellSoon(this);
  }

  command<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    this.#waiting ??= [];
    const full = this.#waiting.length >= MAX_WAITING;
    if (full) this.refused += 1;
    if (full || this.#closed || signal.aborted) return Promise.resolve(undefined);
    const result = enqueue(this.#waiting, task, signal);
    this.wake();
    return result;
  }

  wake(): void {
    // Not at once: who wakes may be in the middle of something that the poll lane looks at.
    tellSoon(this);
  }

  /** The alarm. */
  ring(): void {
    this.#turn();
  }

  /** Woken. */
  tell(): void {
    this.#turn();
  }

  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#closed = true;
      this.#left = resolve;
      this.wake();
    });
    return this.#closing;
  }

  /** Does what can be done now. */
  #turn(): void {
    if (this.#turning) return;
    this.#turning = true;
    this.#alarm.clear();
    while (this.#mayBegin()) {
      const step = this.#begin();
      if (step.kind === "begun") continue;
      if (step.until !== undefined) this.#alarm.set(step.until);
      break;
    }
    this.#turning = false;
    if (this.#closed && this.#underWay === 0 && !this.#commanded) this.#leave();
  }

  /** Whether a poll may begin; where a command comes first, it is begun. */
  #mayBegin(): boolean {
    if (this.#closed || this.#commanded) return false;
    if (this.#waiting === undefined || this.#waiting.length === 0) return this.#underWay < this.#parallel;
    if (this.#underWay === 0) void this.#runCommand();
    return false;
  }

  async #runCommand(): Promise<void> {
    this.#commanded = true;
    await this.#waiting?.shift()?.run();
    this.#commanded = false;
    this.#turn();
  }

  #begin(): PollStep {
    const until = this.#restsUntil;
    if (until !== undefined && this.#clock.monotonic() < until) return { kind: "sleep", until };
    this.#restsUntil = undefined;
    this.#underWay += 1;
    try {
      const step = this.#poll.next(this.#ended);
      if (step.kind === "sleep") this.#underWay -= 1;
      return step;
    } catch (error) {
      this.#underWay -= 1;
      return { kind: "sleep", until: this.#failed(error) };
    }
  }

  readonly #ended: Ended = (bug) => {
    this.#underWay -= 1;
    if (bug !== undefined) this.#failed(bug);
    this.#turn();
  };

  /** Returns when it may be tried again. */
  #failed(bug: unknown): MonotonicMs {
    const details = { error: bug instanceof Error ? bug.stack : String(bug) };
    this.#log.error("polling failed inside the module", details);
    const until = later(this.#clock.monotonic(), BUG_REST_MS);
    this.#restsUntil = until;
    return until;
  }

  #leave(): void {
    this.#alarm.dispose();
    for (const command of this.#waiting?.splice(0) ?? []) command.drop();
    this.#left?.();
  }
}

function enqueue<T>(waiting: Waiting[], task: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const entry: Waiting = {
      async run() {
        signal.removeEventListener("abort", onAbort);
        try {
          resolve(await task());
        } catch (error) {
          // A bug of the task: its caller gets it, the lane goes on.
          reject(error);
        }
      },
      drop() {
        signal.removeEventListener("abort", onAbort);
        resolve(undefined);
      },
    };
    const onAbort = (): void => {
      waiting.splice(waiting.indexOf(entry), 1);
      resolve(undefined);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    waiting.push(entry);
  });
}
