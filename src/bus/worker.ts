import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import { type Deferred, deferred } from "../kernel/wait";

/** What the poll lane wants: one transaction's worth of work now, or to be asked again at an instant, or when woken. */
export type PollStep =
  | { readonly kind: "run"; run(): Promise<void> }
  | { readonly kind: "sleep"; readonly until?: number };

/** The lower lane. Asked when there is room for another piece of work beside those under way. */
export interface PollLane {
  next(): PollStep;
}

/**
 * The one loop that owns a connection: commands first, then polls. A command has the connection for itself; of polls
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

class LaneWorker implements Worker {
  refused = 0;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #poll: PollLane;
  readonly #waiting: Waiting[] = [];
  readonly #running: Promise<void>;
  #sleeper: Deferred<void> | undefined;
  readonly #parallel: number;
  readonly #underWay = new Set<Promise<void>>();
  #closed = false;

  constructor(clock: Clock, log: Log, poll: PollLane, parallel: number) {
    this.#parallel = parallel;
    this.#clock = clock;
    this.#log = log;
    this.#poll = poll;
    // Begins after the creator has finished: the poll lane may need what is created after the worker.
    this.#running = Promise.resolve().then(() => this.#loop());
  }

  command<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    const full = this.#waiting.length >= MAX_WAITING;
    if (full) this.refused += 1;
    if (full || this.#closed || signal.aborted) return Promise.resolve(undefined);
    const result = enqueue(this.#waiting, task, signal);
    this.wake();
    return result;
  }

  wake(): void {
    this.#sleeper?.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    this.wake();
    return this.#running;
  }

  async #loop(): Promise<void> {
    while (!this.#closed) {
      if (this.#waiting.length > 0) await Promise.all(this.#underWay);
      const command = this.#waiting.shift();
      await (command === undefined ? this.#pollOnce() : command.run());
    }
    await Promise.all(this.#underWay);
    for (const command of this.#waiting.splice(0)) command.drop();
  }

  async #pollOnce(): Promise<void> {
    try {
      const step = this.#poll.next();
      if (step.kind === "sleep") await this.#sleep(step.until);
      else if (this.#parallel === 1) await step.run();
      else await this.#beside(step.run());
    } catch (error) {
      const details = { error: error instanceof Error ? error.stack : String(error) };
      this.#log.error("polling failed inside the module", details);
      await this.#sleep(this.#clock.monotonic() + BUG_REST_MS);
    }
  }

  /** Lets the work go on by itself; waits where there is no room for more. */
  async #beside(work: Promise<void>): Promise<void> {
    const running = work
      .catch((error: unknown) => {
        const details = { error: error instanceof Error ? error.stack : String(error) };
        this.#log.error("polling failed inside the module", details);
      })
      .then(() => {
        this.#underWay.delete(running);
        this.wake();
      });
    this.#underWay.add(running);
    if (this.#underWay.size >= this.#parallel) await Promise.race(this.#underWay);
  }

  async #sleep(until: number | undefined): Promise<void> {
    if (this.#closed) return;
    const nap = deferred<void>();
    this.#sleeper = nap;
    // Rounded up: timers cut fractions off, and waking early costs a second sleep.
    const delayMs = until === undefined ? undefined : Math.ceil(until - this.#clock.monotonic());
    const timer = delayMs === undefined ? undefined : this.#clock.setTimer(delayMs, () => nap.resolve());
    await nap.promise;
    timer?.cancel();
    this.#sleeper = undefined;
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
