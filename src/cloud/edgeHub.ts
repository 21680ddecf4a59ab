import type { Json, JsonObject } from "../kernel/json";
import type { Result } from "../kernel/result";

/** A message for an output of the module. `body` is text: the SDK serialises Buffers slowly (edge runtime, defect 10). */
export interface OutgoingMessage {
  readonly output: string;
  /** Stable over retries, so that a consumer can recognise a repeat. */
  readonly messageId: string;
  readonly body: string;
  readonly contentType: "application/json";
  readonly contentEncoding: "utf-8";
  /** Application properties; `$.sub` names the component. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface HubFailure {
  readonly kind: "offline" | "timeout" | "rejected" | "closed";
  readonly detail: string;
}

/** The answer of a direct method: an HTTP-like status and a JSON object. */
export interface MethodAnswer {
  readonly status: number;
  readonly payload: JsonObject;
}

export interface TwinDocument {
  /** With `$version`. */
  readonly desired: JsonObject;
  readonly reported: JsonObject;
}

/** What the hub tells the module. Handlers do not throw; `method` settles inside the caller's deadline. */
export interface EdgeHubHandlers {
  /** The whole twin: after every connect, and after `refreshTwin`. */
  twin(document: TwinDocument): void;
  /** A raw patch of the desired properties (merge patch, with `$version`), before the SDK's own merge. */
  desiredPatch(patch: JsonObject): void;
  /** An empty payload arrives as `{}`. */
  method(name: string, payload: Json): Promise<MethodAnswer>;
  connection(state: "connected" | "disconnected", reason: string): void;
}

/** The link between the module and `$edgeHub`, or a stand-in. */
export interface EdgeHub {
  /** Starts connecting, and goes on trying until closed. */
  start(handlers: EdgeHubHandlers): void;
  /** Resolves when the hub has acknowledged the message, or with the reason why that is not known. Never rejects. */
  send(message: OutgoingMessage): Promise<Result<void, HubFailure>>;
  /** Merge patch of the reported properties. Resolves when the hub has accepted it. Never rejects. */
  patchReported(patch: JsonObject): Promise<Result<void, HubFailure>>;
  /** Asks for the whole twin again (after a gap in `$version`); it arrives at `handlers.twin`. Without a connection: nothing, for the next one brings it. */
  refreshTwin(): void;
  close(): Promise<void>;
}
