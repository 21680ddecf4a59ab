import type { ContentFault } from "./contentFault";

/** Faults of bytes and of time: they need no knowledge of the protocol. One applies to one message. */
export type ByteFault =
  /** The message, and what is behind it, comes later by `ms` … `upToMs`. */
  | { readonly kind: "delay"; readonly ms: number; readonly upToMs: number }
  /** In pieces of these sizes, the rest in one; `everyMs` between two. */
  | { readonly kind: "split"; readonly sizes: readonly number[]; readonly everyMs: number }
  /** Byte by byte, `everyMs` between two. */
  | { readonly kind: "drip"; readonly everyMs: number }
  /** So many bits are flipped. */
  | { readonly kind: "garble"; readonly bits: number }
  /** Random bytes before the message. */
  | { readonly kind: "noise"; readonly bytes: number }
  /** Random bytes behind the message. */
  | { readonly kind: "trail"; readonly bytes: number }
  /** Never delivered. */
  | { readonly kind: "drop" }
  /**
   * Overtaken: delivered `afterMs` later without holding up others; without it when the next message of the other
   * direction has passed (the answer to a request arrives while the next request waits for its own).
   */
  | { readonly kind: "late"; readonly afterMs?: number }
  /** Delivered twice, the second time `afterMs` later; without it when the other direction has spoken again. */
  | { readonly kind: "duplicate"; readonly afterMs?: number }
  /** After so many bytes of the message: a FIN (a terminal hangs up). */
  | { readonly kind: "close"; readonly afterBytes: number }
  /** After so many bytes of the message: an RST (a terminal hangs up). */
  | { readonly kind: "reset"; readonly afterBytes: number }
  /** From here on nothing passes in either direction, and nobody is told: as when a cable is pulled. */
  | { readonly kind: "halfOpen" };

export type Fault = ByteFault | ContentFault;

/** Which messages a fault hits. Messages are counted from 1 in each direction, over all connections. */
export type When =
  | { readonly kind: "always" }
  /** 0 … 100. */
  | { readonly kind: "chance"; readonly percent: number }
  | { readonly kind: "nth"; readonly from: number; readonly to: number }
  | { readonly kind: "every"; readonly n: number };

export type Direction = "answers" | "requests";

export interface PlannedFault {
  readonly fault: Fault;
  readonly when: When;
  readonly on: Direction;
}

/** What happens to the traffic of one connection. */
export interface FaultPlan {
  /** The same seed: the same faults for the same traffic. */
  readonly seed: number;
  readonly faults: readonly PlannedFault[];
  /** Which attempts to connect are refused, counted from 1 (TCP). */
  readonly refuse?: When;
}

export const NO_FAULTS: FaultPlan = { seed: 1, faults: [] };
