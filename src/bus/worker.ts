import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import { type Deferred, deferred } from "../kernel/wait";

/** What the poll lane wants: one transaction's worth of work now, or to be asked again at an instant, or when woken. */
export type PollStep =
  | { readonly kind: "run"; run(): Promise<void> }
  | { readonly kind: "sleep"; readonly until?: number };

/** The lower lane. Asked between two pieces of work; never while one is under way. */
export interface PollLane {
  next(): PollStep;
}

/** The one loop that owns a connection: commands first, then polls, one piece of work at a time. */
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

export function createWorker(clock: Clock, log: Log, poll: PollLane): Worker {
  const waiting: Waiting[] = [];
  let sleeper: Deferred<void> | undefined;
  let closed = false;
  let refused = 0;
  const wake = (): void => sleeper?.resolve();

  async function sleep(until: number | undefined): Promise<void> {
    const nap = deferred<void>();
    sleeper = nap;
    // Rounded up: timers cut fractions off, and waking early costs a second sleep.
    const timer =
      until === undefined ? undefined : clock.setTimer(Math.ceil(until - clock.monotonic()), () => nap.resolve());
    await nap.promise;
    timer?.cancel();
    sleeper = undefined;
  }

  async function pollOnce(): Promise<void> {
    try {
      const step = poll.next();
      await (step.kind === "run" ? step.run() : sleep(step.until));
    } catch (error) {
      log.error("polling failed inside the module", { error: error instanceof Error ? error.stack : String(error) });
      await sleep(clock.monotonic() + BUG_REST_MS);
    }
  }

  async function loop(): Promise<void> {
    while (!closed) {
      const command = waiting.shift();
      await (command === undefined ? pollOnce() : command.run());
    }
    for (const command of waiting.splice(0)) command.drop();
  }

  // Begins after the creator has finished: the poll lane may need what is created after the worker.
  const running = Promise.resolve().then(loop);

  return {
    command(task, signal) {
      if (waiting.length >= MAX_WAITING) refused += 1;
      if (closed || signal.aborted || waiting.length >= MAX_WAITING) return Promise.resolve(undefined);
      const result = enqueue(waiting, task, signal);
      wake();
      return result;
    },
    wake,
    get refused() {
      return refused;
    },
    close() {
      closed = true;
      wake();
      return running;
    },
  };
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
