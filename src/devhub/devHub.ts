import type { Clock } from "../kernel/clock";
import type { Json, JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { type CloseErrors, createScope } from "../kernel/scope";
import { faultCommands } from "./faultCommands";
import { createFaultBoard, type FaultName, type FaultSetting, type LastingFault } from "./faults";
import { openServers } from "./hubServers";
import { createIdentities, type Identities } from "./identities";
import { createMessageLog, type MessageLog } from "./messageLog";
import type { MethodOutcome } from "./methodCalls";
import type { PacketJudge } from "./packetFate";
import type { Traffic, TrafficListener } from "./traffic";
import { twinDocumentProblem, twinPatchProblem } from "./twinRules";

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
  /** The seam for faults that have no name: asked where none of the named ones strikes. */
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
  /** The certificate of the authority, PEM (the module gets it in the trust bundle); another one after `recreate`. */
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
  /** Publishes on any topic, whether the module has subscribed or not, as a hub gone wrong would. False: not connected. */
  publishRaw(moduleId: string, topic: string, payload: string | Buffer): boolean;
  /** With which a leaf device connects through this gateway (a secret: its key); the error says why there is none. */
  connectionStringFor(deviceId: string): Result<string, string>;
  /** Makes a fault happen: at once, or from now on until it is cleared. */
  fault(name: FaultName, setting?: FaultSetting): Promise<Result<void, string>>;
  /** Ends a lasting fault, or all. */
  clearFault(name?: LastingFault): Promise<Result<void, string>>;
  /** The lasting faults in force, by name. */
  faults(): JsonObject;
  /** Ids of the connected clients, `deviceId/moduleId`. */
  connections(): readonly string[];
  /** Cuts a module's connection; its session stays. */
  disconnect(moduleId: string): void;
  onTraffic(listener: TrafficListener): () => void;
  /** Memoised. */
  close(): Promise<CloseErrors>;
}

export async function createDevHub(options: DevHubOptions, ports: DevHubPorts): Promise<Result<DevHub, string>> {
  const problem = initialProblem(options.desired ?? {});
  if (problem !== undefined) return err(problem);
  const scope = createScope();
  const listeners = new Set<TrafficListener>();
  const traffic = (event: Traffic): void => {
    for (const listener of listeners) listener(event);
  };
  const messages = createMessageLog(options.messageCapacity ?? 10_000);
  const faults = createFaultBoard();
  const identities = createIdentities(
    { hubName: options.hubName ?? "devhub.local", deviceId: options.deviceId ?? "gateway" },
    { clock: ports.clock, messages, traffic, faults },
    options.desired ?? {},
  );
  scope.defer(() => {
    for (const client of identities.all()) client.close();
  });
  const opened = await openServers(options, { ...ports, identities, faults, traffic }, scope);
  if (!opened.ok) {
    await scope.close();
    return opened;
  }
  const servers = opened.value;
  return ok({
    port: servers.mqtt.port,
    workloadPort: servers.workloadPort,
    get trustBundle() {
      return servers.trustBundle();
    },
    messages,
    ...moduleCommands(identities),
    ...faultCommands({ faults, servers, identities }),
    environmentFor(moduleId) {
      identities.module(moduleId);
      return servers.environmentFor(moduleId);
    },
    connectionStringFor: (deviceId) => leafConnectionString(identities, servers.gateway, deviceId),
    onTraffic(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => scope.close(),
  });
}

function leafConnectionString(identities: Identities, gateway: string, deviceId: string): Result<string, string> {
  const key = identities.leaf(deviceId)?.key.toString("base64");
  if (key === undefined) return err(`no leaf device "${deviceId}": a bad name, a name in use, or too many clients`);
  return ok(`HostName=${identities.hubName};DeviceId=${deviceId};SharedAccessKey=${key};GatewayHostName=${gateway}`);
}

function initialProblem(desired: Readonly<Record<string, JsonObject>>): string | undefined {
  for (const [moduleId, document] of Object.entries(desired)) {
    const problem = twinPatchProblem(document) ?? twinDocumentProblem(document);
    if (problem !== undefined) return `desired properties of ${moduleId}: ${problem}`;
  }
  return undefined;
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
  | "publishRaw"
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
    publishRaw: (moduleId, topic, payload) => identities.known(moduleId)?.publishRaw(topic, payload) ?? false,
    connections: () => identities.all().flatMap(({ id, connected }) => (connected ? [id] : [])),
    disconnect: (moduleId) => identities.known(moduleId)?.disconnect("cut on request"),
  };
}
