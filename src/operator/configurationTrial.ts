import type { GatewayConfig } from "../core/config/gatewayConfig";
import { sameJson } from "../core/config/mergeDiff";
import type { Problem } from "../core/config/problem";
import type { Clock, Timer } from "../kernel/clock";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import type { DeviceHealth } from "../runtime/health";
import type { DataFolder } from "../store/dataFolder";

/** The document that is on trial, or was rolled back, in the data folder. */
const TRIAL = "configuration-trial";
/** Where warnings and problems of a trial stand. */
export const TRIAL_PATH = "/module/confirmMs";
/** Devices that a reason names. */
const MOST_NAMES = 5;

export interface TrialPorts {
  readonly clock: Pick<Clock, "setTimer" | "epoch">;
  readonly log: Pick<Log, "info" | "error">;
  readonly data: Pick<DataFolder, "read" | "write">;
  config(): GatewayConfig;
  health(device: string): DeviceHealth | undefined;
  /** What is to be told of the trial under way, as a warning; `undefined`: nothing any more. */
  onTrial(warning: Problem | undefined): void;
}

/**
 * `module.confirmMs`: a document that makes devices lose their connection is taken back. Devices that were online when
 * it came must be so again within that time; till then the document before it is the one that a restart would find.
 */
export interface ConfigurationTrial {
  /** Reads what an earlier start has kept. */
  start(): Promise<void>;
  /** Why a document is not to be applied again: it has been rolled back; `undefined`: it may be. */
  refusal(document: Json): Problem | undefined;
  /** A document is about to be applied: who is online now must be so afterwards. Nothing is judged until `after`. */
  before(): void;
  /** It has been applied, or rejected. */
  after(): void;
  /**
   * A document has been applied. True: it is on trial, and one of the two is called at the end of it; false: it stands.
   */
  begin(document: Json, end: { confirmed(): void; failed(problem: Problem): void }): boolean;
  close(): void;
}

export function createConfigurationTrial(ports: TrialPorts): ConfigurationTrial {
  return new DeviceTrial(ports);
}

interface Kept {
  readonly document: Json;
  readonly watched: readonly string[];
  /** Absent while the trial is under way. */
  readonly reason?: string;
}

class DeviceTrial implements ConfigurationTrial {
  private kept: Kept | undefined;
  private watched: ReadonlySet<string> = new Set();
  private timer: Timer | undefined;
  /** A document is being applied. */
  private applying = false;
  /** The time was over while one was being applied: the judgement that waits for its end. */
  private postponed: (() => void) | undefined;

  constructor(private readonly ports: TrialPorts) {}

  async start(): Promise<void> {
    this.kept = keptOf(await this.ports.data.read(TRIAL));
  }

  refusal(document: Json): Problem | undefined {
    const { kept } = this;
    if (kept?.reason === undefined || !sameJson(kept.document, document)) return undefined;
    return { path: TRIAL_PATH, text: kept.reason };
  }

  before(): void {
    this.applying = true;
    const online = [...this.ports.config().devices.keys()].filter((name) => this.isOnline(name));
    // One document after another, before the first was confirmed: what worked before all of them counts.
    this.watched = new Set(this.timer === undefined ? online : [...this.watched, ...online]);
  }

  after(): void {
    this.applying = false;
    this.postponed?.();
  }

  begin(document: Json, end: { confirmed(): void; failed(problem: Problem): void }): boolean {
    this.stop();
    const { devices, module } = this.ports.config();
    // After a restart in the middle of a trial nothing is online yet: who was, is known from before.
    const known = this.kept !== undefined && this.kept.reason === undefined && sameJson(this.kept.document, document);
    const names = [...this.watched, ...(known ? (this.kept?.watched ?? []) : [])];
    const watched = [...new Set(names)].filter((name) => devices.get(name)?.enabled === true);
    const { confirmMs } = module;
    if (confirmMs === undefined || watched.length === 0) {
      this.keep(undefined);
      return false;
    }
    this.watched = new Set(watched);
    this.keep({ document, watched });
    const until = new Date(this.ports.clock.epoch() + confirmMs).toISOString();
    const text = `on trial until ${until}: taken back if one of the ${watched.length} devices that were online is not by then`;
    this.ports.onTrial({ path: TRIAL_PATH, text });
    this.timer = this.ports.clock.setTimer(confirmMs, () => this.judge(document, watched, confirmMs, end));
    return true;
  }

  close(): void {
    this.timer?.cancel();
  }

  private judge(
    document: Json,
    watched: readonly string[],
    confirmMs: number,
    end: { confirmed(): void; failed(problem: Problem): void },
  ): void {
    // The newer document may be the correction, and goes on trial itself.
    if (this.applying) {
      this.postponed = () => this.judge(document, watched, confirmMs, end);
      return;
    }
    this.stop();
    const lost = watched.filter((name) => !this.isOnline(name) && this.ports.health(name)?.state !== "disabled");
    if (lost.length === 0) {
      this.keep(undefined);
      this.ports.log.info("the configuration is confirmed: the devices that were online are so again");
      end.confirmed();
      return;
    }
    const told = lost
      .slice(0, MOST_NAMES)
      .map((name) => `${name} (${this.ports.health(name)?.reason ?? "nothing read"})`);
    const more = lost.length > MOST_NAMES ? ` and ${lost.length - MOST_NAMES} more` : "";
    const reason = `taken back, the document before it is in force: devices that were online were not within ${confirmMs} ms: ${told.join(", ")}${more}; correct the document to try again`;
    this.keep({ document, watched, reason });
    end.failed({ path: TRIAL_PATH, text: reason });
  }

  private isOnline(device: string): boolean {
    const state = this.ports.health(device)?.state;
    return state === "online" || state === "degraded";
  }

  private stop(): void {
    this.postponed = undefined;
    if (this.timer === undefined) return;
    this.timer.cancel();
    this.timer = undefined;
    this.ports.onTrial(undefined);
  }

  private keep(kept: Kept | undefined): void {
    if (kept === this.kept) return;
    this.kept = kept;
    void this.ports.data.write(TRIAL, kept === undefined ? null : { ...kept });
  }
}

function keptOf(json: Json | undefined): Kept | undefined {
  if (!isJsonObject(json)) return undefined;
  const { document, watched, reason } = json as JsonObject;
  if (document === undefined || !Array.isArray(watched)) return undefined;
  const names = watched.filter((name): name is string => typeof name === "string");
  return { document, watched: names, ...(typeof reason === "string" ? { reason } : {}) };
}
