import { readFile } from "node:fs/promises";
import { NoRetry } from "azure-iot-common";
import {
  DeviceMethodResponse,
  IotEdgeAuthenticationProvider,
  Message,
  ModuleClient,
  SharedAccessKeyAuthenticationProvider,
} from "azure-iot-device";
import { isJsonObject, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { type AzureConnection, readAzureConnection } from "./azureConnection";
import type { AzureEdgeHubOptions } from "./azureEdgeHub";
import { createListeningTransport, type ListeningTransport } from "./azureTransport";
import { createDeadlineCalls, type DeadlineCalls } from "./deadlineCalls";
import type { HubFailure, OutgoingMessage, TwinDocument } from "./edgeHub";
import type { HubSession, HubSessionEvents, OpenedSession } from "./hubSession";
import type { SupervisedHubPorts } from "./supervisedHub";

/** Finds a half-open link within 90 s; the SDK's default of 180 s takes 3 to 6 minutes (defect 7). */
const KEEP_ALIVE_S = 60;
const CONNECT_MS = 15_000;
const SUBSCRIBE_MS = 10_000;
const TWIN_MS = 10_000;
/** Before the SDK's own 30 s: a message without PUBACK means a link or a session that will not recover (defect 6). */
const SEND_MS = 20_000;
const CLOSE_MS = 2000;

type Provider = SharedAccessKeyAuthenticationProvider;

/** One client of the SDK with all that belongs to it. */
interface Client {
  readonly client: ModuleClient;
  readonly listening: ListeningTransport;
  readonly provider: Provider;
  readonly calls: DeadlineCalls;
  /** The session is of no more use: its owner hears it once, what is under way fails. */
  lose(reason: string): void;
  /** Ends the session without a word to the owner; false when it had ended before. */
  end(failure: HubFailure): boolean;
}

/** Opens a session with `$edgeHub` through azure-iot-device. Contract: `HubSessionOpener`. */
export async function openAzureSession(
  options: AzureEdgeHubOptions,
  ports: SupervisedHubPorts,
  events: HubSessionEvents,
  signal: AbortSignal,
): Promise<Result<OpenedSession, HubFailure>> {
  const connection = readAzureConnection(options.environment);
  if (!connection.ok) return err({ kind: "rejected", detail: connection.error });
  const calls = createDeadlineCalls(ports.clock, kindOf);
  const abort = (): void => calls.abandon({ kind: "closed", detail: "the hub connection has been closed" });
  signal.addEventListener("abort", abort, { once: true });
  const opened = await connect(connection.value, options, calls, ports, events);
  signal.removeEventListener("abort", abort);
  return opened;
}

async function connect(
  connection: AzureConnection,
  options: AzureEdgeHubOptions,
  calls: DeadlineCalls,
  ports: SupervisedHubPorts,
  events: HubSessionEvents,
): Promise<Result<OpenedSession, HubFailure>> {
  const credentials = await obtainCredentials(connection, calls);
  if (!credentials.ok) return credentials;
  const parts = createClient(credentials.value.provider, calls, ports, events);
  const { client, listening } = parts;
  const session = createSession(parts, ports.clock);
  const { ca } = credentials.value;
  const twin = await inOrder<TwinDocument>(
    () => calls.run("options", CONNECT_MS, (done) => client.setOptions(clientOptions(ca, options), done)),
    () => calls.run("connecting", CONNECT_MS, (done) => client.open(done)),
    () => calls.run("subscribing to methods", SUBSCRIBE_MS, (done) => listening.transport.enableMethods(done)),
    () =>
      calls.run("subscribing to desired properties", SUBSCRIBE_MS, (done) =>
        listening.transport.enableTwinDesiredPropertiesUpdates(done),
      ),
    session.readTwin,
  );
  if (twin.ok) return ok({ session, twin: twin.value });
  await session.close();
  return twin;
}

/** Runs steps one after the other until one fails; the value is the last one's. */
async function inOrder<T>(
  ...steps: readonly [...(() => Promise<Result<unknown, HubFailure>>)[], () => Promise<Result<T, HubFailure>>]
): Promise<Result<T, HubFailure>> {
  const last = steps[steps.length - 1] as () => Promise<Result<T, HubFailure>>;
  for (const step of steps.slice(0, -1)) {
    const outcome = await step();
    if (!outcome.ok) return outcome;
  }
  return last();
}

/** The certificate goes in every time: `keepalive` alone would drop it (defect 7). */
function clientOptions(ca: string | undefined, { modelId }: AzureEdgeHubOptions) {
  return {
    keepalive: KEEP_ALIVE_S,
    ...(ca === undefined ? {} : { ca }),
    ...(modelId === undefined ? {} : { modelId }),
  };
}

async function obtainCredentials(
  connection: AzureConnection,
  calls: DeadlineCalls,
): Promise<Result<{ provider: Provider; ca: string | undefined }, HubFailure>> {
  if (connection.kind === "connectionString") {
    const ca = connection.caFile === undefined ? ok(undefined) : await readCertificate(connection.caFile);
    if (!ca.ok) return ca;
    return ok({
      provider: SharedAccessKeyAuthenticationProvider.fromConnectionString(connection.connectionString),
      ca: ca.value,
    });
  }
  const provider = new IotEdgeAuthenticationProvider(connection.edge);
  const bundle = await calls.run<string>("trust bundle", CONNECT_MS, (done) => provider.getTrustBundle(done));
  return bundle.ok ? ok({ provider, ca: bundle.value }) : bundle;
}

async function readCertificate(path: string): Promise<Result<string, HubFailure>> {
  try {
    return ok(await readFile(path, "utf8"));
  } catch (error) {
    return err({ kind: "rejected", detail: `EdgeModuleCACertificateFile: ${String(error)}` });
  }
}

function createClient(
  provider: Provider,
  calls: DeadlineCalls,
  ports: SupervisedHubPorts,
  events: HubSessionEvents,
): Client {
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
  const listening: ListeningTransport = createListeningTransport(provider, {
    desired(body) {
      if (!over) events.desiredPatch(JSON.parse(body) as JsonObject);
    },
    method: (name, requestId, body) => void answerMethod(listening, calls, events, name, requestId, body),
    fault: (topic, error) =>
      ports.log.error("a publication of the hub was not understood", { topic, error: String(error) }),
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
  return { client, listening, provider, calls, lose, end };
}

async function answerMethod(
  { transport }: ListeningTransport,
  calls: DeadlineCalls,
  events: HubSessionEvents,
  name: string,
  requestId: string,
  body: string,
): Promise<void> {
  const { status, payload } = await events.method(name, body);
  await calls.run(`the answer to ${name}`, SEND_MS, (done) =>
    new DeviceMethodResponse(requestId, transport).send(status, payload, done),
  );
}

function createSession(parts: Client, clock: SupervisedHubPorts["clock"]): HubSession {
  const { client, listening, calls, lose } = parts;
  let closing: Promise<void> | undefined;

  /** A deadline that passed means a session that will not recover (defects 2 and 6): the owner builds another. */
  function doubted<T>(outcome: Result<T, HubFailure>): Result<T, HubFailure> {
    if (!outcome.ok && outcome.error.kind === "timeout") lose(outcome.error.detail);
    return outcome;
  }

  return {
    async send(message) {
      const outcome = await calls.run("sending", SEND_MS, (done) =>
        client.sendOutputEvent(message.output, sdkMessage(message), done),
      );
      return settled(doubted(outcome));
    },
    async patchReported(patch) {
      const outcome = await calls.run("reporting properties", TWIN_MS, (done) =>
        listening.transport.updateTwinReportedProperties(patch, done),
      );
      return settled(doubted(outcome));
    },
    async readTwin() {
      const outcome = await calls.run<unknown>("reading the twin", TWIN_MS, (done) =>
        listening.transport.getTwin(done),
      );
      const checked = doubted(outcome);
      return checked.ok ? twinDocument(checked.value) : checked;
    },
    close() {
      closing ??= leave(parts, clock);
      return closing;
    },
  };
}

/**
 * A polite DISCONNECT where the session lives and nothing is under way; else the socket is cut, because the SDK would
 * wait for acknowledgements that may never come.
 */
async function leave(
  { client, listening, provider, calls, end }: Client,
  clock: SupervisedHubPorts["clock"],
): Promise<void> {
  const wasIdle = calls.idle;
  const wasAlive = end({ kind: "closed", detail: "the session has been closed" });
  if (wasAlive && wasIdle) {
    await createDeadlineCalls(clock, kindOf).run("closing", CLOSE_MS, (done) => client.close(done));
  }
  listening.cut();
  provider.stop();
}

function settled(outcome: Result<unknown, HubFailure>): Result<void, HubFailure> {
  return outcome.ok ? ok(undefined) : outcome;
}

function twinDocument(value: unknown): Result<TwinDocument, HubFailure> {
  const { desired, reported } = isJsonObject(value) ? value : {};
  if (isJsonObject(desired) && isJsonObject(reported)) return ok({ desired, reported });
  return err({ kind: "rejected", detail: "reading the twin: the answer is not a twin" });
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
function kindOf(error: Error): HubFailure["kind"] {
  if (REJECTED.has(error.name) || error.message.startsWith("the hub answered 4")) return "rejected";
  if (error.name === "TimeoutError" || error.message.startsWith("the hub answered 5")) return "timeout";
  return "offline";
}

function sdkMessage(message: OutgoingMessage): Message {
  const result = new Message(message.body);
  result.messageId = message.messageId;
  result.contentType = message.contentType;
  result.contentEncoding = message.contentEncoding;
  for (const [name, value] of Object.entries(message.properties)) {
    // The SDK's name for the component; on the wire it is `$.sub`.
    result.properties.add(name === "$.sub" ? "dt-subject" : name, value);
  }
  return result;
}
