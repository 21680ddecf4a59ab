import { type AlarmQueue, alarmQueueOf, NOT_QUEUED, type Queued } from "../kernel/alarmQueue";
import type { Clock } from "../kernel/clock";
import type { MonotonicMs } from "../kernel/units";

/** Whom a deadline calls. */
export interface Rung {
  /** Called once for each instant that is reached. */
  ring(): void;
}

/**
 * One alarm for a connection, set again and again. Setting it later costs nothing: it keeps its place in the queue of all
 * alarms and finds out when that is reached. Never early by the monotonic clock.
 */
export class Deadline implements Queued {
  dueAt: MonotonicMs | undefined;
  place = NOT_QUEUED;
  queuedAt = 0;
  private readonly queue: AlarmQueue;

  constructor(
    clock: Pick<Clock, "monotonic" | "setTimer">,
    private readonly owner: Rung,
  ) {
    this.queue = alarmQueueOf(clock);
  }

  ring(): void {
    this.owner.ring();
  }

  /** Replaces the instant before. */
  set(at: MonotonicMs): void {
    this.queue.set(this, at);
  }

  /** Nothing is due any more; its place in the queue may be reached unheard. */
  clear(): void {
    this.dueAt = undefined;
  }

  /** For good: nothing is left of it. */
  dispose(): void {
    this.queue.remove(this);
  }
}
