import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { PointValue } from "../core/points/point";
import type { Sample } from "../core/telemetry/sample";

/** What became of a requested write (contract section 6). */
export type WriteOutcome = "verified" | "acknowledged" | "mismatch" | "refused" | "unknown";

export interface WriteResult {
  readonly outcome: WriteOutcome;
  readonly requested: PointValue;
  /** What the device holds afterwards, where it was read. */
  readonly readBack?: PointValue;
  /** Requests sent that write this point: 0 or 1. */
  readonly attempts: number;
  readonly ms: number;
  /** Contract status of this point: 200, 502 (exception, mismatch), 504 (no answer). */
  readonly status: number;
  /** Why it is not 200, for people. */
  readonly reason?: string;
}

/** Reads and writes of single points at the devices, on demand: journey 2. Implemented over the connection runners. */
export interface DeviceAccess {
  device(name: string): DeviceConfig | undefined;
  /** The last sample of every point of a device that has one. */
  latest(device: string): ReadonlyMap<string, Sample>;
  /** Reads these points now, in the command lane. Every point yields one sample, good or bad. */
  read(device: string, points: readonly string[], signal: AbortSignal): Promise<readonly Sample[]>;
  /**
   * Writes values that have been validated (`core/planning/writePlan`), in order, each read back before anything else
   * happens on that connection; stops at the first failure (the rest: outcome `refused`, attempts 0).
   * What was read back enters telemetry as an ordinary sample.
   */
  write(device: string, values: ReadonlyMap<string, PointValue>, signal: AbortSignal): Promise<ReadonlyMap<string, WriteResult>>;
}
