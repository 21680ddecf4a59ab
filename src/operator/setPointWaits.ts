import { sameJson } from "../core/config/mergeDiff";
import type { Clock, Timer } from "../kernel/clock";
import type { Json } from "../kernel/json";
import { between, type EpochMs, epochMs, later, type MonotonicMs } from "../kernel/units";
import type { Waiting } from "./setPointMemory";

/** A device that is away is asked again after so long, where polling does not find it sooner, ms. */
const RETRY_MS = 10_000;
/** Between two looks at what is over, ms. */
const LOOK_MS = 100;
/** No clock of a machine that knows the time shows less: it has just woken up without a clock chip. */
const PLAUSIBLE = Date.UTC(2025, 0, 1);
/** A wall clock may be corrected by this much. */
const CLOCK_SLACK_MS = 2000;

/** A desired value that waits: for its device, or for the time when the point may be written again. */
export interface Wait extends Waiting {
  /** Why, for people. */
  readonly ad: string;
  /** After this it is not written any more. */
  readonly until: MonotonicMs;
  /** Before this it is of no use to try. */
  readonly notBefore: MonotonicMs;
  /** Written before and to be written anew: not part of what survives a restart. */
  readonly again: boolean;
  /** Worth another attempt. */
  due: boolean;
  retryAt: MonotonicMs;
}

export interface ParkedValue {
  readonly value: Json;
  readonly version: number;
  readonly ad: string;
  readonly expiresMs: number;
  /** How long it can't be written in any case; the time to its expiry begins after that. */
  readonly restMs: number;
  readonly again: boolean;
}

export interface WaitPorts {
  readonly clock: Pick<Clock, "epoch" | "monotonic" | "setTimer">;
  readonly signal: AbortSignal;
  /** Something has expired or is due. */
  onTick(): void;
}

/** Desired values that wait, by `device/point`. It wakes its owner by `onTick`, until the signal aborts. */
export class SetPointWaits {
  readonly #waits = new Map<string, Wait>();
  #timer: Timer | undefined;

  constructor(private readonly ports: WaitPorts) {
    ports.signal.addEventListener("abort", () => this.#timer?.cancel(), { once: true });
  }

  get(key: string): Wait | undefined {
    return this.#waits.get(key);
  }

  get entries(): readonly (readonly [key: string, wait: Wait])[] {
    return [...this.#waits];
  }

  /** The time runs on from the first time that this value had to wait. */
  park(key: string, { value, version, ad, expiresMs, restMs, again }: ParkedValue): Wait {
    const { clock } = this.ports;
    const now = clock.monotonic();
    const before = this.#waits.get(key);
    const goesOn = before !== undefined && sameJson(before.value, value) && restMs === 0;
    const start = goesOn ? before : { since: epochMs(clock.epoch() + restMs), expiresMs };
    const until = goesOn ? before.until : later(now, restMs + expiresMs);
    const notBefore = later(now, restMs);
    const retryAt = later(now, restMs > 0 ? restMs : RETRY_MS);
    const { since } = start;
    const wait = {
      value,
      version,
      ad,
      again,
      since,
      expiresMs: start.expiresMs,
      until,
      notBefore,
      retryAt,
      due: false,
    };
    this.#waits.set(key, wait);
    this.#schedule();
    return wait;
  }

  /** From an earlier process: how old it is only the wall clock can tell; where that can't be believed, it is too old. */
  restore(key: string, waiting: Waiting): void {
    const { clock } = this.ports;
    const now = clock.monotonic();
    const until = later(now, leftAfterRestart(waiting, clock.epoch()));
    const ad = "the device was away before the restart; written when it is back in time";
    this.#waits.set(key, { ...waiting, ad, until, notBefore: now, retryAt: now, again: false, due: true });
    this.#schedule();
  }

  delete(key: string): boolean {
    const was = this.#waits.delete(key);
    if (was) this.#schedule();
    return was;
  }

  /** The device has answered: what waits for it is worth an attempt. */
  wake(device: string): void {
    const now = this.ports.clock.monotonic();
    for (const [key, wait] of this.#waits) if (key.startsWith(`${device}/`) && wait.notBefore <= now) wait.due = true;
  }

  isOver(wait: Wait): boolean {
    return this.leftMs(wait) === 0;
  }

  leftMs({ until }: Wait): number {
    return Math.max(0, between(this.ports.clock.monotonic(), until));
  }

  /** @param leastMs not sooner: what is over and still being tried stays over, and is looked at again after a while. */
  #schedule(leastMs = 0): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.ports.signal.aborted) return;
    const instants = [...this.#waits.values()].map(({ until, retryAt, due }) =>
      due ? until : Math.min(until, retryAt),
    );
    if (instants.length === 0) return;
    const restMs = Math.max(leastMs, Math.min(...instants) - this.ports.clock.monotonic());
    this.#timer = this.ports.clock.setTimer(restMs, () => this.#tick());
  }

  #tick(): void {
    const now = this.ports.clock.monotonic();
    for (const wait of this.#waits.values()) if (wait.retryAt <= now) wait.due = true;
    this.ports.onTick();
    this.#schedule(LOOK_MS);
  }
}

function leftAfterRestart({ since, expiresMs }: Waiting, now: EpochMs): number {
  const ageMs = now - since;
  if (now < PLAUSIBLE || ageMs < -CLOCK_SLACK_MS) return 0;
  return Math.max(0, expiresMs - Math.max(0, ageMs));
}
