import type { Clock } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";
import { Deadline, type Rung } from "./deadline";

/**
 * Timers count whole milliseconds and come up to one late. On a serial line the last bit of the silence is waited out
 * in the thread itself (docs/adr/0006): up to so much.
 */
const HELD_MS = 1.25;

/**
 * The wait for a line to be free. Its timer is not that of the answer's deadline: that one, set for longer, runs on from
 * request to request.
 */
export class SilenceWait {
  private readonly timer: Deadline;

  /**
   * @param exact whether the end of the wait is worth the thread's time: on a serial line.
   * @param owner called when the instant has come, or is so near that `until` will wait the rest out.
   */
  constructor(
    private readonly clock: Clock,
    private readonly exact: boolean,
    owner: Rung,
  ) {
    this.timer = new Deadline(clock, owner);
  }

  /** True when the wait until `at` is over: the thread has been kept for it. Else `owner` will be called. */
  until(at: MonotonicMs, now: MonotonicMs): boolean {
    const { clock } = this;
    if (!this.exact || clock.holdUntil === undefined) this.timer.set(at);
    // Rounded up: a timer cuts fractions off, and waking early costs a second one.
    else if (at - now > HELD_MS) this.timer.set(later(now, Math.ceil(at - now - HELD_MS)));
    else {
      clock.holdUntil(at);
      return true;
    }
    return false;
  }

  /** Nobody waits any more. */
  clear(): void {
    this.timer.clear();
  }

  dispose(): void {
    this.timer.dispose();
  }
}
