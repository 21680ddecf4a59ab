import { mergeDiff } from "../core/config/mergeDiff";
import { applyMergePatch } from "../core/config/mergePatch";
import type { Clock, Timer } from "../kernel/clock";
import type { JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import { between, type MonotonicMs } from "../kernel/units";
import type { EdgeHub } from "./edgeHub";

/** At most one patch in this time (contract section 5). */
const MIN_INTERVAL_MS = 1000;

/** Keeps the reported properties equal to what `compose` says, by minimal patches, at most one a second. */
export interface Reporter {
  /** Something that is reported may have changed. */
  touch(): void;
  /** The hub is there, and holds this: patches start from it. */
  online(reported: JsonObject): void;
  offline(): void;
  /** Reports what is outstanding at once; used while closing. */
  flush(): Promise<void>;
  close(): void;
}

export interface ReporterPorts {
  readonly hub: Pick<EdgeHub, "patchReported">;
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly log: Log;
  /** The whole of what should be reported now; holds no null. */
  compose(): JsonObject;
}

export function createReporter(ports: ReporterPorts): Reporter {
  /** What the hub holds, as far as we know; absent while it is away. */
  let held: JsonObject | undefined;
  let timer: Timer | undefined;
  let lastSent: MonotonicMs | undefined;
  let sending: Promise<void> | undefined;
  let touchedWhileSending = false;
  let closed = false;

  async function send(): Promise<void> {
    if (held === undefined) return;
    const patch = mergeDiff(held, ports.compose());
    if (patch === undefined) return;
    const base = held;
    lastSent = ports.clock.monotonic();
    const outcome = await ports.hub.patchReported(patch);
    // A reconnect in between brought the hub's own state: the newer truth stays.
    if (held !== base) return;
    if (outcome.ok) held = applyMergePatch(base, patch) as JsonObject;
    else {
      ports.log.warn("reported properties were not accepted; they are sent again", { detail: outcome.error.detail });
      touchedWhileSending = true;
    }
  }

  function run(): Promise<void> {
    timer?.cancel();
    timer = undefined;
    sending ??= send().then(() => {
      sending = undefined;
      if (!touchedWhileSending) return;
      touchedWhileSending = false;
      schedule();
    });
    return sending;
  }

  function schedule(): void {
    if (closed || held === undefined) return;
    if (sending !== undefined) {
      touchedWhileSending = true;
      return;
    }
    if (timer !== undefined) return;
    const rest = lastSent === undefined ? 0 : MIN_INTERVAL_MS - between(lastSent, ports.clock.monotonic());
    timer = ports.clock.setTimer(Math.max(rest, 0), () => void run());
  }

  return {
    touch: schedule,
    online(reported) {
      const { $version: _version, ...rest } = reported;
      held = rest;
      schedule();
    },
    offline() {
      held = undefined;
      timer?.cancel();
      timer = undefined;
    },
    async flush() {
      if (sending !== undefined) await sending;
      await run();
    },
    close() {
      closed = true;
      timer?.cancel();
    },
  };
}
