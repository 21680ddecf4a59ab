import { mergeDiff } from "../core/config/mergeDiff";
import { applyMergePatch } from "../core/config/mergePatch";
import { twinLimitProblem } from "../core/config/twinSize";
import type { Clock, Timer } from "../kernel/clock";
import type { JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import { between, type MonotonicMs } from "../kernel/units";
import type { EdgeHub } from "./edgeHub";

/** At most one patch in this time (contract section 5). */
const MIN_INTERVAL_MS = 1000;
/** What the hub does not accept is tried again after twice the time, up to this. */
const MAX_INTERVAL_MS = 60_000;

/** Keeps the reported properties equal to what `compose` says, by minimal patches, at most one a second. */
export interface Reporter {
  /** Something that is reported may have changed. */
  touch(): void;
  /** The hub is there, and holds this: patches start from it. Also when the twin was only read anew. */
  online(reported: JsonObject): void;
  offline(): void;
  /** Reports what is outstanding at once; used while closing. */
  flush(): Promise<void>;
  close(): void;
}

export interface ReporterPorts {
  readonly hub: Pick<EdgeHub, "patchReported" | "refreshTwin">;
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly log: Log;
  /** The whole of what should be reported now, without null; `undefined`: nothing is known yet, the hub's state stands. */
  compose(): JsonObject | undefined;
}

export function createReporter(ports: ReporterPorts): Reporter {
  return new PatchingReporter(ports);
}

class PatchingReporter implements Reporter {
  /** What the hub holds, as far as we know; absent while it is away. */
  private held: JsonObject | undefined;
  private timer: Timer | undefined;
  private lastSent: MonotonicMs | undefined;
  private sending: Promise<void> | undefined;
  private touchedWhileSending = false;
  /** Patches in a row that were not accepted. */
  private failures = 0;
  private closed = false;
  private saidBeyond = false;

  constructor(private readonly ports: ReporterPorts) {}

  touch(): void {
    if (this.closed || this.held === undefined) return;
    if (this.sending !== undefined) {
      this.touchedWhileSending = true;
      return;
    }
    this.timer ??= this.ports.clock.setTimer(this.restMs(), () => void this.run());
  }

  online(reported: JsonObject): void {
    // `$version`, `$metadata`: the hub's own.
    this.held = Object.fromEntries(Object.entries(reported).filter(([key]) => !key.startsWith("$")));
    this.stopTimer();
    this.touch();
  }

  offline(): void {
    this.held = undefined;
    this.failures = 0;
    this.stopTimer();
  }

  async flush(): Promise<void> {
    await this.sending;
    await this.run();
  }

  close(): void {
    this.closed = true;
    this.stopTimer();
  }

  private restMs(): number {
    if (this.lastSent === undefined) return 0;
    const interval = Math.min(MIN_INTERVAL_MS * 2 ** this.failures, MAX_INTERVAL_MS);
    return Math.max(interval - between(this.lastSent, this.ports.clock.monotonic()), 0);
  }

  private stopTimer(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private run(): Promise<void> {
    this.stopTimer();
    this.sending ??= this.send().then(() => {
      this.sending = undefined;
      if (!this.touchedWhileSending) return;
      this.touchedWhileSending = false;
      this.touch();
    });
    return this.sending;
  }

  private async send(): Promise<void> {
    const base = this.held;
    if (base === undefined) return;
    const wanted = this.ports.compose();
    if (wanted !== undefined && this.isBeyondLimits(wanted)) return;
    const patch = wanted === undefined ? undefined : mergeDiff(base, wanted);
    if (patch === undefined) return;
    this.lastSent = this.ports.clock.monotonic();
    const outcome = await this.ports.hub.patchReported(patch);
    // A reconnect in between brought the hub's own state: the newer truth stays.
    if (this.held !== base) return;
    if (outcome.ok) {
      this.failures = 0;
      this.held = applyMergePatch(base, patch) as JsonObject;
      return;
    }
    this.failures += 1;
    this.touchedWhileSending = true;
    // What it holds may be something else than was thought: patches start from what it says itself.
    if (outcome.error.kind === "rejected") this.ports.hub.refreshTwin();
    const level = this.failures === 1 ? "warn" : "debug";
    this.ports.log[level]("reported properties were not accepted; they are sent again", {
      detail: outcome.error.detail,
      nextAttemptInMs: this.restMs(),
    });
  }
  /** The hub would refuse it, and with it everything else: it is not sent. */
  private isBeyondLimits(wanted: JsonObject): boolean {
    const problem = twinLimitProblem(wanted);
    if (problem !== undefined && !this.saidBeyond)
      this.ports.log.error("the reported properties are not sent: a twin would not bear them", { problem });
    this.saidBeyond = problem !== undefined;
    return this.saidBeyond;
  }
}
