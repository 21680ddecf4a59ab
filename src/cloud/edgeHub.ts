import type { MessageTimes } from "../core/telemetry/messageTimes";
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
  /** Where it bears instants, which follow the wall clock until it is sent (`withCurrentTimes`). */
  readonly times?: MessageTimes;
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

/** A message of another module (or device) that a route brought to an input of this one. */
export interface InputMessage {
  readonly input: string;
  /** Stable over redeliveries; absent where the sender set none. */
  readonly messageId?: string;
  /** UTF-8 text; JSON or not is for the receiver to find out. */
  readonly body: string;
  /** Application properties and system ones (`$.cid`, `$.ct`, `$.cdid` …) by their names on the wire, decoded. */
  readonly properties: Readonly<Record<string, string>>;
}

/** What the hub tells the module. Handlers do not throw; `method` settles inside the caller's deadline. */
export interface EdgeHubHandlers {
  /** The whole twin: after every connect, and after `refreshTwin`. */
  twin(document: TwinDocument): void;
  /** A raw patch of the desired properties (merge patch, with `$version`), before the SDK's own merge. */
  desiredPatch(patch: JsonObject): void;
  /** An empty payload arrives as `{}`. */
  method(name: string, payload: Json): Promise<MethodAnswer>;
  /**
   * A message for an input, one at a time. The hub gets its acknowledgement when this returns, and forgets the message:
   * what must outlive a crash is kept before. It may come twice (same `messageId`).
   */
  input(message: InputMessage): void;
  /** The hub's twin could not be read or is beyond the limits, and why; what stood before stands. */
  twinRefused(reason: string): void;
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
  /** The DTMI announced in CONNECT (IoT Plug and Play) from now on; another one than before connects anew. */
  announce(modelId: string | undefined): void;
  close(): Promise<void>;
}
