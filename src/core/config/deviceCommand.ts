import type { ExactDecimal } from "../points/decimal";
import type { PointValue } from "../points/point";

/** Something that the caller of a command gives. */
export interface RequestField {
  readonly name: string;
  readonly type: "number" | "boolean" | "string";
  readonly min?: ExactDecimal;
  readonly max?: ExactDecimal;
  readonly title?: string;
}

/** A value of a step: written down in the configuration, or given by the caller. */
export type StepValue = { readonly constant: Exclude<PointValue, ExactDecimal> } | { readonly field: string };

/** A point and its value, to be written or to be waited for. */
export interface StepItem {
  readonly point: string;
  readonly value: StepValue;
}

export type CommandStep =
  | { readonly kind: "write"; readonly items: readonly StepItem[] }
  | { readonly kind: "wait"; readonly waitMs: number }
  | { readonly kind: "until"; readonly items: readonly StepItem[]; readonly timeoutMs: number };

/** A command of a device (contract section 6), every name in it looked up. */
export interface DeviceCommand {
  readonly name: string;
  readonly title?: string;
  /** In the order of the document; all are required. */
  readonly request: readonly RequestField[];
  readonly when: readonly StepItem[];
  readonly steps: readonly CommandStep[];
}

/** A list that is gone through over and over, or whole numbers from `low` to `high`, then `low` again. */
export type WatchdogValues =
  | { readonly list: readonly Exclude<PointValue, ExactDecimal>[] }
  | { readonly low: number; readonly high: number };

/** Shows the device that we live. */
export interface WatchdogWrite {
  readonly point: string;
  readonly values: WatchdogValues;
  readonly everyMs: number;
}

/** Looks whether the device lives. */
export interface WatchdogRead {
  readonly point: string;
  readonly maxUnchangedMs: number;
}

export interface Watchdog {
  readonly write?: WatchdogWrite;
  readonly read?: WatchdogRead;
}
