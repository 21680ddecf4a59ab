import type { JsonObject } from "../kernel/json";
import type { Result } from "../kernel/result";
import type { HubFailure, MethodAnswer, OutgoingMessage, TwinDocument } from "./edgeHub";

/** What one connection to the hub tells its owner while it lives. */
export interface HubSessionEvents {
  desiredPatch(patch: JsonObject): void;
  /** The body as it came: empty, or JSON, or neither. Never rejects. */
  method(name: string, body: string): Promise<MethodAnswer>;
  /** The connection is of no more use, and why. Called at most once; what is under way fails with `offline`. */
  lost(reason: string): void;
}

/** The life of one client of the hub: opened once, lost or closed once, never repaired (edge runtime, defects 1 and 2). */
export interface HubSession {
  send(message: OutgoingMessage): Promise<Result<void, HubFailure>>;
  patchReported(patch: JsonObject): Promise<Result<void, HubFailure>>;
  /** Reads the twin anew; no answer within the deadline loses the session. */
  readTwin(): Promise<Result<TwinDocument, HubFailure>>;
  /** Takes leave of the hub, within a bound. Also right for a session that was lost. Memoised; never rejects. */
  close(): Promise<void>;
}

export interface OpenedSession {
  readonly session: HubSession;
  readonly twin: TwinDocument;
}

/** Connects, subscribes and reads the twin, within bounds of its own, or until the signal aborts. Leaves nothing behind when it fails. */
export type HubSessionOpener = (
  events: HubSessionEvents,
  signal: AbortSignal,
) => Promise<Result<OpenedSession, HubFailure>>;
