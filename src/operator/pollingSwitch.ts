import type { MethodAnswer } from "../cloud/edgeHub";
import type { Clock, Timer } from "../kernel/clock";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { type EpochMs, epochMs } from "../kernel/units";
import type { DataFolder } from "../store/dataFolder";
import { answerError, type CommandPorts, deviceOf, refusal, unknownKey } from "./methodError";

/** How long polling stays off where nobody says, and at most: somebody may forget it. */
const DEFAULT_MS = 3_600_000;
const LONGEST_MS = 7 * 24 * 3_600_000;

/** Where it is kept in the data folder. */
export const POLLING_DOCUMENT = "polling";

export interface PollingSwitchPorts {
  readonly clock: Pick<Clock, "epoch" | "setTimer">;
  readonly data: Pick<DataFolder, "write">;
  /** Aborts when the module closes. */
  readonly signal: AbortSignal;
  /** What an earlier process kept under `POLLING_DOCUMENT`. */
  readonly remembered: Json | undefined;
  /** A device is to be polled, or not any more. */
  changed(): void;
}

/** Devices that are not polled for a while (`setPolling`): kept over documents and restarts. */
export interface PollingSwitch {
  /** Until when the device is not polled; `undefined`: it is. */
  pausedUntil(device: string): EpochMs | undefined;
  pause(device: string, until: EpochMs): void;
  resume(device: string): void;
}

export function createPollingSwitch(ports: PollingSwitchPorts): PollingSwitch {
  const { clock } = ports;
  const paused = rememberedPauses(ports.remembered);
  let timer: Timer | undefined;

  function settle(): void {
    timer?.cancel();
    timer = undefined;
    for (const [device, until] of paused) if (isOver(until, clock.epoch())) paused.delete(device);
    void ports.data.write(POLLING_DOCUMENT, Object.fromEntries(paused));
    ports.changed();
    arm();
  }

  function arm(): void {
    const next = Math.min(...paused.values());
    // A wall clock that is set in between only makes it look again.
    if (Number.isFinite(next) && !ports.signal.aborted)
      timer = clock.setTimer(Math.max(next - clock.epoch(), 0) + 1, settle);
  }

  arm();
  ports.signal.addEventListener("abort", () => timer?.cancel(), { once: true });
  return {
    pausedUntil(device) {
      const until = paused.get(device);
      return until !== undefined && !isOver(until, clock.epoch()) ? until : undefined;
    },
    pause(device, until) {
      paused.set(device, until);
      settle();
    },
    resume(device) {
      paused.delete(device);
      settle();
    },
  };
}

/** No machine that knows the time shows less. */
const PLAUSIBLE = Date.UTC(2025, 0, 1);

/** Its time is over; or lies further ahead than any pause: the wall clock by which it was reckoned has been set back. */
function isOver(until: EpochMs, now: EpochMs): boolean {
  return until <= now || (now >= PLAUSIBLE && until - now > LONGEST_MS);
}

function rememberedPauses(json: Json | undefined): Map<string, EpochMs> {
  if (json === undefined || !isJsonObject(json)) return new Map();
  return new Map(
    Object.entries(json).flatMap(([device, until]) => (typeof until === "number" ? [[device, epochMs(until)]] : [])),
  );
}

/**
 * `setPolling`: `{device, enabled, until? (ISO 8601, default in 60 minutes, at most in 7 days)}` → `{device, enabled,
 * until?}`. `enabled: false` stops polling and watchdog until then; reads and writes on demand go on. 409 for a device
 * that the configuration disables.
 */
export async function setPolling(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["device", "enabled", "until"]);
  if (unknown !== undefined) return answerError(unknown);
  const device = deviceOf(payload, ports);
  if (!device.ok) return answerError(device.error);
  const { name } = device.value;
  const { enabled, until } = payload;
  if (typeof enabled !== "boolean") return answerError(refusal(400, '"enabled" must be true or false', "/enabled"));
  if (enabled) {
    if (until !== undefined) return answerError(refusal(400, '"until" goes with "enabled": false', "/until"));
    ports.polling.resume(name);
    return { status: 200, payload: { device: name, enabled } };
  }
  const now = ports.clock.epoch();
  const at = until === undefined ? now + DEFAULT_MS : typeof until === "string" ? Date.parse(until) : Number.NaN;
  if (!(at > now && at <= now + LONGEST_MS)) {
    const text = `"until" must be a time such as ${new Date(now + DEFAULT_MS).toISOString()}: later than now, within 7 days`;
    return answerError(refusal(400, text, "/until"));
  }
  ports.polling.pause(name, epochMs(at));
  return { status: 200, payload: { device: name, enabled, until: new Date(at).toISOString() } };
}
