import { later, type MonotonicMs, monotonicMs } from "../../kernel/units";

/**
 * The time of one line that may go into probes nobody answers. After one that took d ms the next waits REST × d: at
 * most 4 % of the line's time, whatever the number of dead units; with the probes' own edges that keeps within 5 %.
 */
export interface ProbeBudget {
  /** No probe of this line begins earlier. */
  freeAt(): MonotonicMs;
  /** An unanswered probe took the line from `from` to `to`. */
  spent(from: MonotonicMs, to: MonotonicMs): void;
  /** The line is another one (it was opened anew): what was spent on the old one does not count. */
  reset(): void;
}

const REST = 24;

/** Says whether nobody is there whom probes could cost time: then only their own distances count. */
export interface ProbeWaiver {
  readonly isWaived: boolean;
}

const NEVER_WAIVED: ProbeWaiver = { isWaived: false };

export function createProbeBudget(waiver = NEVER_WAIVED): ProbeBudget {
  return new RestingBudget(waiver);
}

class RestingBudget implements ProbeBudget {
  private until = monotonicMs(0);

  constructor(private readonly waiver: ProbeWaiver) {}

  freeAt(): MonotonicMs {
    return this.waiver.isWaived ? monotonicMs(0) : this.until;
  }

  spent(from: MonotonicMs, to: MonotonicMs): void {
    this.until = monotonicMs(Math.max(this.until, later(to, REST * (to - from))));
  }

  reset(): void {
    this.until = monotonicMs(0);
  }
}

/** `poll`: as due. `probe`: one small request, now. `wait`: leave the unit alone. */
export type Gate = "poll" | "probe" | "wait";

/** Keeps a unit that fails from costing its neighbours time: after `FAILURES` in a row it is only probed. */
export interface Breaker {
  readonly open: boolean;
  /** Failures in a row. */
  readonly failures: number;
  gate(now: MonotonicMs): Gate;
  /** When its own distance is over, whatever the budget of the line says. */
  readonly wantsProbeAt: MonotonicMs;
  /** When the next probe may begin; `undefined` while the unit is polled, or its probe is under way. */
  probeAt(): MonotonicMs | undefined;
  /** A probe has begun: until its outcome is told there is no other. */
  probing(): void;
  /** The probe has ended; without an outcome told it shows nothing, and the next comes at the same distance. */
  probed(now: MonotonicMs): void;
  /** Whether a read that failed may be repeated: not by a unit that had failed before. */
  mayRepeat(repetitions: number): boolean;
  /**
   * A request that was sent at `from` brought no answer that can be trusted, or a gateway's word that the unit gives
   * none (exceptions 0A, 0B). True when this opened the breaker.
   */
  failed(from: MonotonicMs, now: MonotonicMs): boolean;
  /** A request was answered, be it with an exception. True when this closed the breaker. */
  answered(): boolean;
  /** Something speaks for trying soon: the line was opened, or a neighbour that was dead too has answered. */
  hasten(now: MonotonicMs): void;
}

/** Of several units the one that has waited longest for a probe that may begin now: where the budget is short, in turn. */
export function nextProbe<U extends { readonly breaker: Breaker }>(
  units: Iterable<U>,
  now: MonotonicMs,
): U | undefined {
  let first: U | undefined;
  for (const unit of units) {
    if (unit.breaker.gate(now) !== "probe") continue;
    if (first === undefined || unit.breaker.wantsProbeAt < first.breaker.wantsProbeAt) first = unit;
  }
  return first;
}

/** Failures in a row that open it. */
export const FAILURES = 3;
const FIRST_DISTANCE_MS = 1000;
/** Distance of the probes of a unit, at most; the budget of the line may make it more. */
export const LONGEST_DISTANCE_MS = 60_000;
/** Answers in a row after which the next opening starts from the shortest distance again. */
const PROVEN_ANSWERS = 5;

export function createBreaker(budget: ProbeBudget): Breaker {
  return new UnitBreaker(budget);
}

class UnitBreaker implements Breaker {
  failures = 0;
  open = false;
  private distanceMs = 0;
  private probeDue = monotonicMs(0);
  private underProbe = false;
  /** Answers since it closed, while that is young: one more failure opens it again. */
  private onTrial: number | undefined;

  constructor(private readonly budget: ProbeBudget) {}

  gate(now: MonotonicMs): Gate {
    if (!this.open) return "poll";
    const at = this.probeAt();
    return at !== undefined && at <= now ? "probe" : "wait";
  }

  probeAt(): MonotonicMs | undefined {
    if (!this.open || this.underProbe) return undefined;
    return monotonicMs(Math.max(this.probeDue, this.budget.freeAt()));
  }

  get wantsProbeAt(): MonotonicMs {
    return this.probeDue;
  }

  probing(): void {
    this.underProbe = true;
  }

  probed(now: MonotonicMs): void {
    if (!this.underProbe) return;
    this.underProbe = false;
    this.probeDue = later(now, this.distanceMs);
  }

  mayRepeat(repetitions: number): boolean {
    return !this.open && this.failures <= repetitions + 1;
  }

  failed(from: MonotonicMs, now: MonotonicMs): boolean {
    this.failures += 1;
    const isExtra = this.open || this.onTrial !== undefined;
    if (!isExtra && this.failures < FAILURES) return false;
    // The failure that opens it counts as the first probe: the neighbours have their 95 % from here on.
    this.budget.spent(from, now);
    const opened = !this.open;
    this.distanceMs = Math.min(LONGEST_DISTANCE_MS, Math.max(FIRST_DISTANCE_MS, 2 * this.distanceMs));
    this.probeDue = later(now, this.distanceMs);
    this.open = true;
    this.underProbe = false;
    this.onTrial = undefined;
    return opened;
  }

  answered(): boolean {
    const closed = this.open;
    this.open = false;
    this.underProbe = false;
    this.failures = 0;
    if (closed) this.onTrial = 0;
    else if (this.onTrial !== undefined) this.onTrial += 1;
    if ((this.onTrial ?? PROVEN_ANSWERS) >= PROVEN_ANSWERS) {
      this.onTrial = undefined;
      this.distanceMs = 0;
    }
    return closed;
  }

  hasten(now: MonotonicMs): void {
    if (this.open) this.probeDue = monotonicMs(Math.min(this.probeDue, now));
    else this.failures = 0;
  }
}
