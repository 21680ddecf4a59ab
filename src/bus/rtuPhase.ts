import type { MonotonicMs } from "../kernel/units";
import type { Call } from "./call";
import type { Exchange } from "./rtuExchange";

/** A call waits for the line to be free, until `patience` at most; `again`: it has been asked already. */
export interface Waiting {
  readonly name: "waiting";
  readonly call: Call;
  readonly patience: MonotonicMs;
  readonly again?: Exchange;
}

/** What a line may do to the transaction under way. */
export type Phase =
  /** Nothing is asked; bytes are dropped. */
  | { readonly name: "idle" }
  | Waiting
  | { readonly name: "asked"; readonly exchange: Exchange }
  /** A broadcast is leaving. */
  | { readonly name: "broadcasting"; readonly call: Call; readonly sentAt: MonotonicMs };

/** A call of this phase that has not been sent and may give way to others. */
export function unsentIn(phase: Phase): Call | undefined {
  return phase.name === "waiting" && phase.again === undefined ? phase.call : undefined;
}

/** What has been asked and may still be answered. */
export function askedIn(phase: Phase): Exchange | undefined {
  if (phase.name === "waiting") return phase.again;
  return phase.name === "asked" ? phase.exchange : undefined;
}

/** The call that is under way. */
export function callIn(phase: Phase): Call | undefined {
  if (phase.name === "idle") return undefined;
  return phase.name === "asked" ? phase.exchange.call : phase.call;
}
