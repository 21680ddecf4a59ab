import { NoRetry } from "azure-iot-common";
import { DeviceMethodResponse, Message, ModuleClient } from "azure-iot-device";
import type { Json } from "../kernel/json";
import { isJsonObject } from "../kernel/json";
import type { Credentials } from "./azureCredentials";
import { createListeningTransport, type HubPublications, type ListeningTransport } from "./azureTransport";
import type { DeadlineCalls } from "./deadlineCalls";
import type { HubFailure, OutgoingMessage } from "./edgeHub";
import type { HubSessionEvents } from "./hubSession";
import type { SupervisedHubPorts } from "./supervisedHub";

const METHOD_ANSWER_MS = 20_000;

/** One client of the SDK with all that belongs to it. */
export interface AzureClient {
  readonly client: ModuleClient;
  readonly listening: ListeningTransport;
  readonly credentials: Credentials;
  readonly calls: DeadlineCalls;
  /** The session is of no more use: its owner hears it once, what is under way fails. */
  lose(reason: string): void;
  /** Ends the session without a word to the owner; false when it had ended before. */
  end(failure: HubFailure): boolean;
  /** Stops what works on the session's behalf in the background. Idempotent. */
  stopBackground(): void;
}

/** Builds a client whose every failure leads to `events.lost`; nothing of it throws where nobody listens. */
export function createAzureClient(
  credentials: Credentials,
  calls: DeadlineCalls,
  ports: SupervisedHubPorts,
  events: HubSessionEvents,
  background: AbortController,
): AzureClient {
  let over = false;
  const end = (failure: HubFailure): boolean => {
    const wasAlive = !over;
    over = true;
    calls.abandon(failure);
    return wasAlive;
  };
  const lose = (reason: string): void => {
    if (end({ kind: "offline", detail: reason })) events.lost(reason);
  };
  const { provider } = credentials;
  const listening: ListeningTransport = createListeningTransport(provider, {
    ...publicationsTo(events, ports, () => over),
    method: (name, requestId, body) => void answerMethod(listening, calls, events, name, requestId, body),
  });
  const client = ModuleClient.fromAuthenticationProvider(
    provider,
    // The SDK wants a constructor; one that returns an object gives it this transport.
    function transport() {
      return listening.transport;
    },
  );
  client.setRetryPolicy(new NoRetry());
  client.on("disconnect", (result: { transportObj?: Error } | undefined) =>
    lose(`the connection to the hub was lost: ${result?.transportObj?.message ?? "no reason given"}`),
  );
  client.on("error", (error: Error) => lose(`the SDK failed: ${error.message}`));
  provider.on("error", (error: Error) => lose(`the token was not renewed: ${error.message}`));
  return { client, listening, credentials, calls, lose, end, stopBackground: () => background.abort() };
}

function publicationsTo(
  events: HubSessionEvents,
  { log }: SupervisedHubPorts,
  isOver: () => boolean,
): Omit<HubPublications, "method"> {
  return {
    desired(body) {
      if (isOver()) return;
      const patch = parsed(body);
      if (isJsonObject(patch)) events.desiredPatch(patch);
      else events.unreadablePatch(body === undefined ? "it is no UTF-8" : "it is no JSON object");
    },
    input(message) {
      if (!isOver()) events.input(message);
    },
    fault: (topic, reason) =>
      log.error("a publication of the hub was not understood; it is left out", { topic: topic.slice(0, 200), reason }),
  };
}

function parsed(body: string | undefined): Json | undefined {
  try {
    return body === undefined ? undefined : (JSON.parse(body) as Json);
  } catch {
    return undefined;
  }
}

async function answerMethod(
  { transport }: ListeningTransport,
  calls: DeadlineCalls,
  events: HubSessionEvents,
  name: string,
  requestId: string,
  body: string | undefined,
): Promise<void> {
  const { status, payload } = await events.method(name, body);
  await calls.run(`the answer to ${name}`, METHOD_ANSWER_MS, (done) =>
    new DeviceMethodResponse(requestId, transport).send(status, payload, done),
  );
}

const REJECTED = new Set([
  "MessageTooLargeError",
  "FormatError",
  "ArgumentError",
  "ReferenceError",
  "TypeError",
  "URIError",
]);

/** What an error of the SDK means for the one who called. */
export function kindOf(error: Error): HubFailure["kind"] {
  if (REJECTED.has(error.name) || /^the (hub answered 4|twin is no )/.test(error.message)) return "rejected";
  return error.name === "TimeoutError" ? "timeout" : "offline";
}

export function sdkMessage(message: OutgoingMessage): Message {
  const result = new Message(message.body);
  result.messageId = message.messageId;
  result.contentType = message.contentType;
  result.contentEncoding = message.contentEncoding;
  const { properties } = message;
  for (const name in properties) {
    // The SDK's name for the component; on the wire it is `$.sub`.
    result.properties.add(name === "$.sub" ? "dt-subject" : name, properties[name] as string);
  }
  return result;
}
