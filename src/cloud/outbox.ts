import type { Clock } from "../kernel/clock";
import type { Log } from "../kernel/log";
import type { OrderedStore } from "../kernel/orderedStore";
import type { EdgeHub, OutgoingMessage } from "./edgeHub";
import { LaneOutbox } from "./laneOutbox";
import type { Bounds } from "./spoolBacklog";
import type { SpoolStatus } from "./spooler";

export const DEFAULT_BOUNDS: Bounds = { memoryBytes: 8 * 1024 * 1024, spoolBytes: 52_428_800 };

/** `offered + recovered = queued + inFlight + acknowledged + dropped + quarantined`, always. */
export interface OutboxStatus {
  readonly offered: number;
  /** Messages of earlier starts that were found in the spool. */
  readonly recovered: number;
  /** Waiting, in memory or in the spool. */
  readonly queued: number;
  readonly inFlight: number;
  readonly acknowledged: number;
  /** Messages given up because there was no room (oldest first) or their place on the disk was damaged. */
  readonly dropped: number;
  /** Messages put aside: too big, refused for good, or what the hub closes the link for. */
  readonly quarantined: number;
  readonly spool: SpoolStatus;
}

/** Delivers messages at least once, in order per lane (a device): one unacknowledged message a lane, 16 in all. */
export interface Outbox {
  /** Finds what an earlier start has left; nothing is sent before. */
  start(): Promise<void>;
  /** One that is too big for the hub is put aside: whoever makes messages makes several of what is too much for one. */
  offer(lane: string, message: OutgoingMessage): void;
  /** The hub is back: what waits is sent now. */
  nudge(): void;
  setBounds(bounds: Bounds): void;
  status(): OutboxStatus;
  /** Waits until what is nowhere but in memory has been acknowledged or given up, the signal aborts, or the outbox is closed. */
  drained(signal: AbortSignal): Promise<void>;
  /** Stores what is left. */
  close(): Promise<void>;
}

export interface OutboxPorts {
  readonly hub: Pick<EdgeHub, "send">;
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly log: Log;
  readonly bounds: Bounds;
  /** Where messages wait that memory can't, or should not, hold. Without it they are lost with the process. */
  readonly store?: OrderedStore | undefined;
  /** Keeps a message that will not be sent again, for people to look at. */
  readonly quarantine?: ((message: OutgoingMessage, reason: string) => void) | undefined;
}

export function createOutbox(ports: OutboxPorts): Outbox {
  return new LaneOutbox(ports);
}
