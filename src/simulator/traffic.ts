import type { EpochMs } from "../kernel/units";
import type { EventLog } from "./eventLog";

/** A request as it arrived, before it was answered: also one that will be refused. */
export interface RequestEntry {
  readonly at: EpochMs;
  readonly connection: string;
  readonly unitId: number;
  readonly functionCode: number;
  /** First address, 0-based; -1 where the function has none. */
  readonly address: number;
  /** Registers or bits; 0 where the function has none. */
  readonly count: number;
}

/** A write that was carried out. */
export interface WriteEntry {
  readonly at: EpochMs;
  readonly connection: string;
  readonly unitId: number;
  readonly table: "coil" | "holding";
  readonly address: number;
  readonly values: readonly number[];
}

export interface Traffic {
  readonly requests: EventLog<RequestEntry>;
  readonly writes: EventLog<WriteEntry>;
}

/** Reads unit, function, address and count from a request: unit id, then the PDU (sections 6.1 to 6.12). */
export function describeRequest(frame: Uint8Array): Omit<RequestEntry, "at" | "connection"> | undefined {
  const [unitId, functionCode] = frame;
  if (unitId === undefined || functionCode === undefined) return undefined;
  const word = (offset: number): number => ((frame[offset] ?? 0) << 8) | (frame[offset + 1] ?? 0);
  if (functionCode === 5 || functionCode === 6) return { unitId, functionCode, address: word(2), count: 1 };
  const ranged = [1, 2, 3, 4, 15, 16].includes(functionCode) && frame.length >= 6;
  return ranged
    ? { unitId, functionCode, address: word(2), count: word(4) }
    : { unitId, functionCode, address: -1, count: 0 };
}
