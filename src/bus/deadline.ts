import type { Clock, Timer } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";

/**
 * One alarm for a connection. Setting it later costs nothing: the timer that runs already is kept and finds out when
 * it fires, so that a stream of quick requests does not set a timer each. Never early by the monotonic clock.
 */
export class Deadline {
  private timer: Timer | undefined;
  private firesAt: MonotonicMs | undefined;
  private dueAt: MonotonicMs | undefined;

  constructor(
    private readonly clock: Pick<Clock, "monotonic" | "setTimer">,
    private readonly onDue: () => void,
  ) {}

  /** Replaces the instant before. */
  set(at: MonotonicMs): void {
    this.dueAt = at;
    if (this.firesAt !== undefined && this.firesAt <= at) return;
    this.arm(at);
  }

  /** Nothing is due any more; the timer may run out unheard. */
  clear(): void {
    this.dueAt = undefined;
  }

  /** For good: no timer is left. */
  dispose(): void {
    this.dueAt = undefined;
    this.firesAt = undefined;
    this.timer?.cancel();
  }

  private arm(at: MonotonicMs): void {
    this.timer?.cancel();
    const now = this.clock.monotonic();
    const delayMs = Math.max(0, at - now);
    this.firesAt = later(now, delayMs);
    this.timer = this.clock.setTimer(delayMs, this.onTimer);
  }

  private readonly onTimer = (): void => {
    this.firesAt = undefined;
    if (this.dueAt === undefined) return;
    if (this.clock.monotonic() < this.dueAt) {
      this.arm(this.dueAt);
      return;
    }
    this.dueAt = undefined;
    this.onDue();
  };
}
