import type { Socket } from "node:net";
import { createServer } from "node:tls";
import type { Clock } from "../kernel/clock";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { type CloseErrors, createScope, type Scope } from "../kernel/scope";
import { createCertificates, type HubCertificates } from "./certificates";
import { type ClientHandler, serveConnection } from "./clientConnection";
import { listen, serveHttp } from "./httpJson";
import { createIdentities, type Identities } from "./identities";
import { createMessageLog, type MessageLog } from "./messageLog";
import type { MethodOutcome } from "./methodCalls";
import { type PacketJudge, passEverything } from "./packetFate";
import type { Traffic, TrafficListener } from "./traffic";
import { twinDocumentProblem, twinPatchProblem } from "./twinRules";
import { answerWorkload, GENERATION_ID } from "./workloadApi";

export interface DevHubOptions {
  /** MQTT over TLS on 127.0.0.1; 0 (default) takes any free port. */
  readonly port?: number;
  /** The workload API on 127.0.0.1; 0 (default) takes any free port. */
  readonly workloadPort?: number;
  /** The workload API on a unix socket instead. */
  readonly workloadSocket?: string;
  readonly deviceId?: string;
  readonly hubName?: string;
  /** Messages held for `messages.list()`. */
  readonly messageCapacity?: number;
  /** Desired properties (without `$version`) with which a module comes into being, by module. */
  readonly desired?: Readonly<Record<string, JsonObject>>;
  /** The seam for faults. */
  readonly judge?: PacketJudge;
}

export interface DevHubPorts {
  readonly clock: Clock;
}

/** One client that is connected, or has been. */
export interface DevHubModule {
  readonly moduleId: string;
  readonly connected: boolean;
  readonly desiredVersion: number;
  readonly reportedVersion: number;
  readonly inputsWaiting: number;
  readonly inputsDropped: number;
}

/** The stand-in for edgeHub and the workload API, on loopback. */
export interface DevHub {
  readonly port: number;
  /** 0 on a unix socket. */
  readonly workloadPort: number;
  /** The certificate of this run's authority, PEM (the module gets it in the trust bundle). */
  readonly trustBundle: string;
  readonly messages: MessageLog;
  /** The `IOTEDGE_*` variables with which a module of this name connects. */
  environmentFor(moduleId: string): Readonly<Record<string, string>>;
  modules(): readonly DevHubModule[];
  /** `{desired, reported}`, `$version` in both; `undefined` for a module that was never named. */
  twin(moduleId: string): JsonObject | undefined;
  /** The reported properties without `$version`; empty for a module that was never named. */
  reported(moduleId: string): JsonObject;
  /** Merges (RFC 7396) and pushes. The value is what was pushed, with `$version`; the error says what IoT Hub would refuse. */
  setDesired(moduleId: string, patch: JsonObject): Result<JsonObject, string>;
  replaceDesired(moduleId: string, document: JsonObject): Result<JsonObject, string>;
  /** `payload` undefined sends an empty body. Never rejects: 404 and 504 with `answered` false come from the hub. */
  invokeMethod(moduleId: string, name: string, payload: Json | undefined, timeoutMs: number): Promise<MethodOutcome>;
  /** Queues a message for an input; it is delivered when the module has subscribed. */
  sendInput(
    moduleId: string,
    input: string,
    body: string,
    properties?: Readonly<Record<string, string>>,
  ): Result<void, string>;
  /** Ids of the connected clients, `deviceId/moduleId`. */
  connections(): readonly string[];
  /** Cuts a module's connection; its session stays. */
  disconnect(moduleId: string): void;
  onTraffic(listener: TrafficListener): () => void;
  /** Memoised. */
  close(): Promise<CloseErrors>;
}

const GATEWAY = "localhost";

export async function createDevHub(options: DevHubOptions, ports: DevHubPorts): Promise<Result<DevHub, string>> {
  const problem = initialProblem(options.desired ?? {});
  if (problem !== undefined) return err(problem);
  const scope = createScope();
  const listeners = new Set<TrafficListener>();
  const traffic = (event: Traffic): void => {
    for (const listener of listeners) listener(event);
  };
  const messages = createMessageLog(options.messageCapacity ?? 10_000);
  const identities = createIdentities(
    { hubName: options.hubName ?? "devhub.local", deviceId: options.deviceId ?? "gateway" },
    { clock: ports.clock, messages, traffic },
    options.desired ?? {},
  );
  scope.defer(() => {
    for (const client of identities.all()) client.close();
  });
  const open = await openServers(options, ports, identities, traffic, scope);
  if (!open.ok) {
    await scope.close();
    return open;
  }
  const { port, workloadPort, workloadUri, trustBundle } = open.value;
  return ok({
    port,
    workloadPort,
    trustBundle,
    messages,
    ...moduleCommands(identities),
    environmentFor(moduleId) {
      identities.module(moduleId);
      return environment(identities, moduleId, workloadUri, port);
    },
    onTraffic(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => scope.close(),
  });
}

function initialProblem(desired: Readonly<Record<string, JsonObject>>): string | undefined {
  for (const [moduleId, document] of Object.entries(desired)) {
    const problem = twinPatchProblem(document) ?? twinDocumentProblem(document);
    if (problem !== undefined) return `desired properties of ${moduleId}: ${problem}`;
  }
  return undefined;
}

interface OpenServers {
  readonly port: number;
  readonly workloadPort: number;
  readonly workloadUri: string;
  readonly trustBundle: string;
}

async function openServers(
  options: DevHubOptions,
  ports: DevHubPorts,
  identities: Identities,
  traffic: TrafficListener,
  scope: Scope,
): Promise<Result<OpenServers, string>> {
  const certificates = await createCertificates(GATEWAY, ports.clock.epoch());
  const trustBundle = certificates.authority;
  const mqtt = await serveMqtt(options, ports, certificates, connectHandler(identities, traffic), traffic, scope);
  if (!mqtt.ok) return err(`MQTT: ${mqtt.error}`);
  const { workloadSocket: path, workloadPort = 0 } = options;
  const workload = await serveHttp(
    path === undefined ? { port: workloadPort } : { path },
    (request) => answerWorkload(request, identities, trustBundle),
    scope,
  );
  if (!workload.ok) return err(`workload API: ${workload.error}`);
  const workloadUri = path === undefined ? `http://127.0.0.1:${workload.value}` : `unix://${path}`;
  return ok({ port: mqtt.value, workloadPort: workload.value, workloadUri, trustBundle });
}

function environment({ hubName, deviceId }: Identities, moduleId: string, workloadUri: string, port: number) {
  return {
    IOTEDGE_WORKLOADURI: workloadUri,
    IOTEDGE_DEVICEID: deviceId,
    IOTEDGE_MODULEID: moduleId,
    IOTEDGE_IOTHUBHOSTNAME: hubName,
    IOTEDGE_AUTHSCHEME: "sasToken",
    IOTEDGE_MODULEGENERATIONID: GENERATION_ID,
    IOTEDGE_GATEWAYHOSTNAME: `${GATEWAY}:${port}`,
  };
}

/** MQTT 3.1.1 section 3.2.2.3: 4 bad user name or password, 5 not authorised. */
const NOT_AUTHORISED = 5;

function connectHandler(identities: Identities, traffic: TrafficListener): ClientHandler {
  return {
    connect(packet, connection) {
      const authenticated = identities.authenticate(packet);
      if (!authenticated.ok) {
        traffic({ kind: "refused", client: packet.clientId, reason: authenticated.error });
        connection.send({ cmd: "connack", returnCode: NOT_AUTHORISED, sessionPresent: false });
        return undefined;
      }
      const client = authenticated.value;
      const { session, sessionPresent } = client.attach(connection, packet.clean ?? false);
      connection.send({ cmd: "connack", returnCode: 0, sessionPresent });
      traffic({ kind: "connected", client: client.id });
      return session;
    },
  };
}

async function serveMqtt(
  options: DevHubOptions,
  ports: DevHubPorts,
  { certificate, key }: HubCertificates,
  handler: ClientHandler,
  traffic: TrafficListener,
  scope: Scope,
): Promise<Result<number, string>> {
  const sockets = new Set<Socket>();
  const server = createServer({ cert: certificate, key }, (socket) => {
    serveConnection(socket, { clock: ports.clock, judge: options.judge ?? passEverything, handler });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", (error) => traffic({ kind: "refused", client: "", reason: `TLS: ${error.message}` }));
  const listening = await listen(server, { port: options.port ?? 0, host: "127.0.0.1" });
  if (listening.ok) {
    scope.defer(
      () =>
        new Promise<void>((resolve) => {
          server.close(() => resolve());
          for (const socket of sockets) socket.destroy();
        }),
    );
  }
  return listening;
}

type ModuleCommands = Pick<
  DevHub,
  | "modules"
  | "twin"
  | "reported"
  | "setDesired"
  | "replaceDesired"
  | "invokeMethod"
  | "sendInput"
  | "connections"
  | "disconnect"
>;

function moduleCommands(identities: Identities): ModuleCommands {
  const full = (moduleId: string) => err(`no module "${moduleId}": a bad name, or too many modules`);
  return {
    modules: () =>
      identities.all().map(({ name, id, connected, twin, inputs }) => ({
        moduleId: name.moduleId ?? id,
        connected,
        desiredVersion: twin.desiredVersion(),
        reportedVersion: twin.reportedVersion(),
        inputsWaiting: inputs.waiting,
        inputsDropped: inputs.dropped,
      })),
    twin: (moduleId) => identities.known(moduleId)?.twin.document(),
    reported: (moduleId) => identities.known(moduleId)?.twin.reported() ?? {},
    setDesired: (moduleId, patch) => identities.module(moduleId)?.patchDesired(patch) ?? full(moduleId),
    replaceDesired: (moduleId, document) => identities.module(moduleId)?.replaceDesired(document) ?? full(moduleId),
    async invokeMethod(moduleId, name, payload, timeoutMs) {
      const client = identities.known(moduleId);
      if (client !== undefined) return client.invokeMethod(name, payload, timeoutMs);
      return { status: 404, payload: { error: { code: 404, message: `no module "${moduleId}"` } }, answered: false };
    },
    sendInput: (moduleId, input, body, properties = {}) =>
      identities.module(moduleId)?.sendInput(input, body, properties) ?? full(moduleId),
    connections: () => identities.all().flatMap(({ id, connected }) => (connected ? [id] : [])),
    disconnect: (moduleId) => identities.known(moduleId)?.disconnect("cut on request"),
  };
}
