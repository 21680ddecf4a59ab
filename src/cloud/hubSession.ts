import type { JsonObject } from "../kernel/json";
import type { Result } from "../kernel/result";
import type { HubFailure, InputMessage, MethodAnswer, OutgoingMessage, TwinDocument } from "./edgeHub";

/** What one connection to the hub tells its owner while it lives. */
export interface HubSessionEvents {
  desiredPatch(patch: JsonObject): void;
  /** A desired patch came that is no JSON object, and why: the document must be read whole. */
  unreadablePatch(reason: string): void;
  /** The body as it came: empty, or JSON, or neither; `undefined` where it was no UTF-8. Never rejects. */
  method(name: string, body: string | undefined): Promise<MethodAnswer>;
  /** The hub forgets the message when this returns. */
  input(message: InputMessage): void;
  /** The connection is of no more use, and why. Called at most once; what is under way fails with `offline`. */
  lost(reason: string): void;
}

/** The life of one client of the hub: opened once, lost or closed once, never repaired (edge runtime, defects 1 and 2). */
export interface HubSession {
  send(message: OutgoingMessage): Promise<Result<void, HubFailure>>;
  patchReported(patch: JsonObject): Promise<Result<void, HubFailure>>;
  /** Reads the twin anew; no answer within the deadline loses the session. `rejected`: it came and cannot be read. */
  readTwin(): Promise<Result<TwinDocument, HubFailure>>;
  /** Gives the session up: `lost` follows, unless it was lost or closed before. */
  lose(reason: string): void;
  /** Takes leave of the hub, within a bound. Also right for a session that was lost. Memoised; never rejects. */
  close(): Promise<void>;
}

export interface OpenedSession {
  readonly session: HubSession;
  /** The twin, or why it cannot be read. */
  readonly twin: TwinDocument | { readonly refused: string };
}

/** Connects, subscribes and reads the twin, within bounds of its own, or until the signal aborts. Leaves nothing behind when it fails. */
export type HubSessionOpener = (
  events: HubSessionEvents,
  signal: AbortSignal,
) => Promise<Result<OpenedSession, HubFailure>>;
