import { isJsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { wait } from "../kernel/wait";
import { type AzureClient, createAzureClient, kindOf, sdkMessage } from "./azureClient";
import { type AzureConnection, readAzureConnection } from "./azureConnection";
import { type Credentials, obtainCredentials } from "./azureCredentials";
import type { AzureEdgeHubOptions } from "./azureEdgeHub";
import { createDeadlineCalls, type DeadlineCalls } from "./deadlineCalls";
import type { HubFailure, TwinDocument } from "./edgeHub";
import { createEventTopics } from "./eventTopic";
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
/** How often the trust bundle is compared with the one that the session stands on: a CA is replaced before it ends. */
const TRUST_CHECK_MS = 600_000;

/** Opens a session with `$edgeHub` through azure-iot-device. Contract: `HubSessionOpener`. */
export async function openAzureSession(
  options: AzureEdgeHubOptions,
  modelId: string | undefined,
  ports: SupervisedHubPorts,
  events: HubSessionEvents,
  signal: AbortSignal,
): Promise<Result<OpenedSession, HubFailure>> {
  const connection = readAzureConnection(options.environment);
  if (!connection.ok) return err({ kind: "rejected", detail: connection.error });
  const calls = createDeadlineCalls(ports.clock, kindOf);
  const abort = (): void => calls.abandon({ kind: "closed", detail: "the hub connection has been closed" });
  signal.addEventListener("abort", abort, { once: true });
  const opened = await connect(connection.value, { ...options, modelId }, calls, ports, events);
  signal.removeEventListener("abort", abort);
  return opened;
}

type SessionOptions = AzureEdgeHubOptions & { readonly modelId: string | undefined };

async function connect(
  connection: AzureConnection,
  options: SessionOptions,
  calls: DeadlineCalls,
  ports: SupervisedHubPorts,
  events: HubSessionEvents,
): Promise<Result<OpenedSession, HubFailure>> {
  const background = new AbortController();
  const { tokens } = options;
  const obtaining = obtainCredentials(
    connection,
    { ...ports, ...(tokens === undefined ? {} : { tokens }) },
    background.signal,
  );
  const obtained = await calls.run<Result<Credentials, HubFailure>>("credentials", CONNECT_MS, (done) => {
    void obtaining.then((outcome) => done(null, outcome));
  });
  if (!obtained.ok) return obtained;
  const credentials = obtained.value as Result<Credentials, HubFailure>;
  if (!credentials.ok) return credentials;
  const parts = createAzureClient(credentials.value, calls, ports, events, background);
  const session = createSession(parts, ports);
  const open = await inOrder(openingSteps(parts, options));
  const twin = open.ok ? await firstTwin(session) : open;
  if (!twin.ok) {
    await session.close();
    return twin;
  }
  void watchTrust(parts, ports, background.signal);
  return ok({ session, twin: twin.value });
}

/** Options come before the link, subscriptions after it: the hub publishes only to topics that were subscribed. */
function openingSteps({ client, listening, credentials, calls }: AzureClient, options: SessionOptions) {
  const { transport } = listening;
  const subscribe = (what: string, enable: (done: (error?: Error) => void) => void) => () =>
    calls.run(`subscribing to ${what}`, SUBSCRIBE_MS, enable);
  return [
    () => calls.run("options", CONNECT_MS, (done) => client.setOptions(clientOptions(credentials.ca, options), done)),
    () => calls.run("connecting", CONNECT_MS, (done) => client.open(done)),
    subscribe("methods", (done) => transport.enableMethods(done)),
    subscribe("desired properties", (done) => transport.enableTwinDesiredPropertiesUpdates(done)),
    subscribe("inputs", (done) => transport.enableInputMessages(done)),
  ] as const;
}

/** Runs steps one after the other until one fails. */
async function inOrder(
  steps: readonly (() => Promise<Result<unknown, HubFailure>>)[],
): Promise<Result<void, HubFailure>> {
  for (const step of steps) {
    const outcome = await step();
    if (!outcome.ok) return outcome;
  }
  return ok(undefined);
}

/** A twin that came and that nobody can read is no reason to keep telemetry back. */
async function firstTwin(session: HubSession): Promise<Result<OpenedSession["twin"], HubFailure>> {
  const twin = await session.readTwin();
  if (twin.ok || twin.error.kind !== "rejected") return twin;
  return ok({ refused: twin.error.detail });
}

/** The certificate goes in every time: `keepalive` alone would drop it (defect 7). */
function clientOptions(ca: string | undefined, { modelId, keepAliveS }: SessionOptions) {
  return {
    keepalive: keepAliveS ?? KEEP_ALIVE_S,
    ...(ca === undefined ? {} : { ca }),
    ...(modelId === undefined ? {} : { modelId }),
  };
}

/** A session whose authority was replaced would not come back after its next loss: it is given up while all is well. */
async function watchTrust(
  { credentials, lose }: AzureClient,
  { clock }: SupervisedHubPorts,
  ended: AbortSignal,
): Promise<void> {
  while ((await wait(clock, TRUST_CHECK_MS, ended)) === "elapsed") {
    const now = await credentials.currentCa();
    if (now !== undefined && now !== credentials.ca && !ended.aborted) lose("the trust bundle has changed");
  }
}

function createSession(parts: AzureClient, { clock }: SupervisedHubPorts): HubSession {
  const { client, listening, calls, lose } = parts;
  const topicOf = createEventTopics(parts.credentials.identity);
  let closing: Promise<void> | undefined;

  /** A deadline that passed means a session that will not recover (defects 2 and 6): the owner builds another. */
  function doubted<T>(outcome: Result<T, HubFailure>): Result<T, HubFailure> {
    if (!outcome.ok && outcome.error.kind === "timeout") lose(outcome.error.detail);
    return outcome;
  }

  return {
    send: (message) =>
      new Promise((resolve) =>
        calls.call(
          "sending",
          SEND_MS,
          (done) => {
            if (listening.publish(topicOf(message), message.body, done)) return;
            // It waits in the SDK until the link is renewed.
            client.sendOutputEvent(message.output, sdkMessage(message), done);
          },
          (outcome) => resolve(settled(doubted(outcome))),
        ),
      ),
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
    lose,
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
  { client, listening, credentials, calls, end, stopBackground }: AzureClient,
  clock: SupervisedHubPorts["clock"],
): Promise<void> {
  stopBackground();
  const wasIdle = calls.idle;
  const wasAlive = end({ kind: "closed", detail: "the session has been closed" });
  if (wasAlive && wasIdle) {
    const last = createDeadlineCalls(clock, kindOf);
    await last.run("closing", CLOSE_MS, (done) => client.close(done));
    last.abandon({ kind: "closed", detail: "the session has been closed" });
  }
  listening.cut();
  credentials.provider.stop();
}

function settled(outcome: Result<unknown, HubFailure>): Result<void, HubFailure> {
  return outcome.ok ? ok(undefined) : outcome;
}

function twinDocument(value: unknown): Result<TwinDocument, HubFailure> {
  const { desired, reported } = isJsonObject(value) ? value : {};
  if (isJsonObject(desired) && isJsonObject(reported)) return ok({ desired, reported });
  return err({ kind: "rejected", detail: "reading the twin: the answer is not a twin" });
}
