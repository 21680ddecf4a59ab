import type { Clock, Timer } from "./clock";
import type { MonotonicMs } from "./units";

type AlarmClock = Pick<Clock, "monotonic" | "setTimer">;

/** An entry of a queue, kept by its owner; `Deadline` in `bus` is the way to use one. */
export interface Queued {
  /** When its owner wants to be called; `undefined`: not at all. */
  dueAt: MonotonicMs | undefined;
  /** Where it stands in the queue, and by which instant: not later than `dueAt`, often earlier. Kept by the queue. */
  place: number;
  queuedAt: number;
  ring(): void;
}

/** `place` of an entry that stands in no queue. */
export const NOT_QUEUED = -1;

const queues = new WeakMap<AlarmClock, AlarmQueue>();

/** The queue of all alarms of a clock. */
export function alarmQueueOf(clock: AlarmClock): AlarmQueue {
  const known = queues.get(clock);
  if (known !== undefined) return known;
  const queue = new AlarmQueue(clock);
  queues.set(clock, queue);
  return queue;
}

interface Pending {
  readonly at: number;
  readonly timer: Timer;
}

/**
 * The alarms of all connections behind one timer, or few. Thousands of timers would each wake the process, and most of what they
 * watch has ended long before: an entry that has been cleared is only noticed when it comes to the head, with all the
 * others that were cleared meanwhile. A binary heap, least `queuedAt` first.
 */
export class AlarmQueue {
  private readonly heap: Queued[] = [];
  /** The earliest last. A later one is kept when an earlier is set: nearly always it is needed again after that. */
  private readonly timers: Pending[] = [];
  private ringing = false;

  constructor(private readonly clock: AlarmClock) {}

  /** The entry wants to be called at its `dueAt`, which has changed. */
  set(entry: Queued, at: MonotonicMs): void {
    entry.dueAt = at;
    // What is to ring later is noticed when it comes to the head.
    if (entry.place !== NOT_QUEUED && entry.queuedAt <= at) return;
    if (entry.place === NOT_QUEUED) entry.place = this.heap.push(entry) - 1;
    entry.queuedAt = at;
    this.rise(entry);
    this.arm();
  }

  /** Takes the entry out for good. */
  remove(entry: Queued): void {
    entry.dueAt = undefined;
    if (entry.place !== NOT_QUEUED) this.takeOut(entry);
    if (this.heap.length > 0) return;
    for (const { timer } of this.timers.splice(0)) timer.cancel();
  }

  private readonly fire = (): void => {
    // Timers fire in the order of their instants, or late together: the one that fires is the earliest.
    this.timers.pop();
    this.ringing = true;
    try {
      this.ringDue();
    } finally {
      this.ringing = false;
      this.arm();
    }
  };

  private ringDue(): void {
    const now = this.clock.monotonic();
    for (let head = this.heap[0]; head !== undefined; head = this.heap[0]) {
      const { dueAt } = head;
      if (dueAt === undefined) this.takeOut(head);
      else if (dueAt > head.queuedAt) {
        head.queuedAt = dueAt;
        this.sink(head);
      } else if (dueAt > now) return;
      else {
        this.takeOut(head);
        head.dueAt = undefined;
        head.ring();
      }
    }
  }

  /** A timer for the first of them, where none is earlier. */
  private arm(): void {
    const head = this.heap[0];
    if (this.ringing || head === undefined) return;
    const at = head.queuedAt;
    const earliest = this.timers[this.timers.length - 1];
    if (earliest !== undefined && earliest.at <= at) return;
    const timer = this.clock.setTimer(Math.max(0, at - this.clock.monotonic()), this.fire);
    this.timers.push({ at, timer });
  }

  private takeOut(entry: Queued): void {
    const { heap } = this;
    const last = heap.pop();
    const { place } = entry;
    entry.place = NOT_QUEUED;
    if (last === undefined || last === entry) return;
    heap[place] = last;
    last.place = place;
    this.rise(last);
    this.sink(last);
  }

  private rise(entry: Queued): void {
    const { heap } = this;
    let { place } = entry;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above] as Queued;
      if (parent.queuedAt <= entry.queuedAt) break;
      heap[place] = parent;
      parent.place = place;
      place = above;
    }
    heap[place] = entry;
    entry.place = place;
  }

  private sink(entry: Queued): void {
    const { heap } = this;
    const half = heap.length >> 1;
    let { place } = entry;
    while (place < half) {
      let below = 2 * place + 1;
      const right = heap[below + 1];
      if (right !== undefined && right.queuedAt < (heap[below] as Queued).queuedAt) below += 1;
      const child = heap[below] as Queued;
      if (child.queuedAt >= entry.queuedAt) break;
      heap[place] = child;
      child.place = place;
      place = below;
    }
    heap[place] = entry;
    entry.place = place;
  }
}
