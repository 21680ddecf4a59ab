import type { Table } from "../modbus/spec";
import type { ExactDecimal } from "./decimal";

/** The data types of this version (contract section 3). */
export const DATA_TYPES = [
  "bool",
  "int8High",
  "int8Low",
  "uint8High",
  "uint8Low",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
  "int24",
  "uint24",
  "float16",
  "float32",
  "float64",
  "bcd16",
  "bcd32",
  "bcd64",
  "signMagnitude16",
  "signMagnitude32",
  "mod10k",
  "string",
  "stringLow",
  "stringHigh",
  "ti081",
  "ymdhms",
  "unix32",
  "unix64",
] as const;

export type DataType = (typeof DATA_TYPES)[number];

/**
 * A value as it leaves a device: exact or absent.
 * A `number` is used only where the double's shortest decimal *is* the value; where a double cannot carry every
 * digit (64-bit integers, their scaled results) it is an `ExactDecimal`.
 */
export type PointValue = boolean | string | number | ExactDecimal;

/** Why a value is not known (contract section 3). `exception:2` carries the Modbus exception code. */
export type BadReason =
  | "timeout"
  | "offline"
  | `exception:${number}`
  | "crc"
  | "protocol"
  | "notAvailable"
  | "outOfRange"
  | "notInEnum"
  | "decode"
  | "disabled"
  | "stale";

/** There is no value. */
export interface NoValue {
  readonly bad: BadReason;
}

export type Reading = { readonly value: PointValue } | NoValue;

/** What data decode to, without an object around a value: most points of most cycles are numbers. */
export type Decoded = PointValue | NoValue;

/** A point that is reported by change. */
export interface ReportRule {
  /** A number is sent only when it differs from the one last sent by more: in the unit, or in percent of that one. */
  readonly deadband?: { readonly by: "unit" | "percent"; readonly width: ExactDecimal };
  /** What has not been sent for so long is sent all the same. */
  readonly atLeastMs: number;
}

/** How a point takes part in writing. */
export interface WriteRule {
  /** Smallest value accepted, in the point's unit; absent: what the type can carry. */
  readonly min?: ExactDecimal;
  readonly max?: ExactDecimal;
  /** `readBack`: read the registers again and compare; `echo`: the device's echo is enough. */
  readonly verify: "readBack" | "echo";
  /** How the request looks; absent: `auto`. `mask`: FC 22, for a part of one register. */
  readonly function?: "single" | "multiple" | "mask";
  /** Point of the same device that is read back instead of this one. */
  readonly verifyPoint?: string;
  /** Rest between writing and reading back, ms. */
  readonly verifyDelayMs?: number;
  /** How far the raw value read back may differ, in raw steps. */
  readonly verifyTolerance?: number;
  /** Between two writes of this point, ms. */
  readonly minIntervalMs?: number;
  /** `connect`: the desired value is written again at each connect of the device, where it holds another. Absent: `change`. */
  readonly apply?: "connect";
  /** How long a desired value waits for its device, ms; absent: 60 000. */
  readonly expiresMs?: number;
}

/** `power`: the raw int16 is an exponent of ten; `factor`: the value is a factor. */
export interface Scaling {
  readonly as: "power" | "factor";
  readonly point: Point;
}

/**
 * A point whose every option has been resolved: what the bus reads and the codec decodes. Immutable, shared by all
 * devices of a profile where their definitions are equal.
 */
export interface Point {
  readonly name: string;
  readonly table: Table;
  /** 0-based address on the wire (PDU address). */
  readonly address: number;
  /** Registers (or bits of a bit table) that it occupies. */
  readonly count: number;
  readonly type: DataType;
  /**
   * Where each byte of the value stands on the wire: `order[i]` is the significance (0 = most significant) of the
   * i-th byte as it arrives. `[0,1,2,3]` is ABCD, `[2,3,0,1]` is CDAB. For strings: `[0,1]` or `[1,0]`, for every
   * register. For types whose registers alone may be reversed (mod10k, ti081, ymdhms): all bytes in order, or the
   * registers backwards. Absent where the type has no order (bool, 8-bit).
   */
  readonly order?: readonly number[];
  /** Bit of the value, 0 = least significant: the value becomes a boolean. */
  readonly bit?: number;
  /** Applied to the raw integer, which is then shifted down to the mask's lowest bit. */
  readonly mask?: bigint;
  /** value = (raw × scale + offset) / divisor. Absent: 1, 0 and 1. */
  readonly scale?: ExactDecimal;
  readonly offset?: ExactDecimal;
  /** Positive, for ratios that have no end of digits as a decimal. */
  readonly divisor?: bigint;
  /**
   * Points of the same device that the scale is multiplied by, read in the same cycle (`core/points/scaledBy.ts`). They
   * are copies for this purpose: whoever moves a point to another address moves them too.
   */
  readonly scaledBy?: readonly Scaling[];
  /** Digits after the decimal point that are kept (rounded half away from zero). */
  readonly decimals?: number;
  /** Raw integer (decimal digits) → text. */
  readonly enum?: ReadonlyMap<string, string>;
  /** Raw integers, before mask and scale, that mean "not available". */
  readonly notAvailable?: ReadonlySet<bigint>;
  /** What the device's clock is set to: `+02:00`, or a name such as `Europe/Berlin`. Absent: UTC. Of dates alone. */
  readonly zone?: string;
  /** Plausible range; outside is bad `outOfRange`. */
  readonly min?: ExactDecimal;
  readonly max?: ExactDecimal;
  readonly unit?: string;
  readonly title?: string;
  readonly description?: string;
  readonly group: string;
  readonly access: "read" | "readWrite" | "write";
  readonly kind: "telemetry" | "property" | "none";
  /** How a document of the archived Modbus module named it; absent: its name and address stand for it. */
  readonly legacy?: {
    readonly displayName: string | null;
    readonly correlationId: string | null;
    readonly address: string;
  };
  /** Absent: every value is reported. */
  readonly report?: ReportRule;
  /** Present where `access` allows writing. */
  readonly write?: WriteRule;
}
