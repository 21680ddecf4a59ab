import { randomBytes } from "node:crypto";
import type { IPublishPacket, ISubscribePacket, Packet } from "mqtt-packet";
import type { Clock } from "../kernel/clock";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { err, type Result } from "../kernel/result";
import { boundedJson } from "./boundedJson";
import type { ClientConnection, ClientSession } from "./clientConnection";
import type { FaultBoard } from "./faults";
import { createInputQueue, type InputQueue } from "./inputQueue";
import type { MessageLog } from "./messageLog";
import { createMethodCalls, type MethodCalls, type MethodOutcome } from "./methodCalls";
import { createModuleTwin, type ModuleTwin } from "./moduleTwin";
import { receivedMessage } from "./receivedMessage";
import { type ClientName, clientId, hubTopics, parseClientTopic, topicMatches } from "./topics";
import type { TrafficListener } from "./traffic";

const INPUT_CAPACITY = 1000;
/** edgeHub drops a bigger message, topic included, and acknowledges it all the same. */
const MAX_MESSAGE_BYTES = 256 * 1024;

export interface HubClientPorts {
  readonly clock: Clock;
  readonly messages: MessageLog;
  readonly traffic: TrafficListener;
  readonly faults: Pick<FaultBoard, "strikes">;
}

/** One identity of the hub, module or leaf device: its key, its twin, its session. Lives as long as the hub. */
export interface HubClient {
  readonly name: ClientName;
  readonly id: string;
  /** Never leaves the hub: signing goes through the workload API. */
  readonly key: Buffer;
  readonly twin: ModuleTwin;
  readonly connected: boolean;
  readonly inputs: Pick<InputQueue, "waiting" | "dropped">;
  /** Takes over a connection whose CONNECT has been accepted; an older one of the same client is cut. */
  attach(connection: ClientConnection, clean: boolean): { session: ClientSession; sessionPresent: boolean };
  patchDesired(patch: JsonObject): Result<JsonObject, string>;
  replaceDesired(document: JsonObject): Result<JsonObject, string>;
  /** `payload` undefined: an empty body. */
  invokeMethod(name: string, payload: Json | undefined, timeoutMs: number): Promise<MethodOutcome>;
  sendInput(input: string, body: string, properties: Readonly<Record<string, string>>): Result<void, string>;
  /** On any topic, subscribed or not; false when not connected. */
  publishRaw(topic: string, payload: string | Buffer): boolean;
  /** The hub has lost what it knew of the session: subscriptions, the input message under way. */
  forgetSession(): void;
  disconnect(reason: string): void;
  /** Settles what callers wait for. */
  close(): void;
}

/** What the handlers of a client's packets share. */
interface ClientState {
  readonly id: string;
  readonly name: ClientName;
  readonly twin: ModuleTwin;
  readonly methods: MethodCalls;
  readonly inputs: InputQueue;
  readonly subscriptions: Map<string, number>;
  readonly ports: HubClientPorts;
  connection: ClientConnection | undefined;
  hadSession: boolean;
}

export function createHubClient(name: ClientName, ports: HubClientPorts, initialDesired?: JsonObject): HubClient {
  const state: ClientState = {
    id: clientId(name),
    name,
    twin: createModuleTwin(initialDesired),
    methods: createMethodCalls(ports.clock),
    inputs: createInputQueue(INPUT_CAPACITY, ({ topic, body }, messageId, dup) =>
      publish(state, topic, body, { qos: 1, messageId, dup }),
    ),
    subscriptions: new Map(),
    ports,
    connection: undefined,
    hadSession: false,
  };
  return {
    name,
    id: state.id,
    key: randomBytes(32),
    twin: state.twin,
    inputs: state.inputs,
    get connected() {
      return state.connection !== undefined;
    },
    attach: (connection, clean) => attach(state, connection, clean),
    patchDesired: (patch) => pushDesired(state, state.twin.patchDesired(patch)),
    replaceDesired: (document) => pushDesired(state, state.twin.replaceDesired(document)),
    invokeMethod: (method, payload, timeoutMs) => invokeMethod(state, method, payload, timeoutMs),
    sendInput: (input, body, properties) => sendInput(state, input, body, properties),
    publishRaw: (topic, payload) => publishRaw(state, topic, payload),
    forgetSession() {
      state.subscriptions.clear();
      state.hadSession = false;
    },
    disconnect: (reason) => state.connection?.close(reason),
    close: () => state.methods.close(),
  };
}

function attach(state: ClientState, connection: ClientConnection, clean: boolean) {
  state.connection?.close("the same client connected again");
  if (clean) state.subscriptions.clear();
  const sessionPresent = !clean && state.hadSession;
  state.hadSession = !clean;
  state.connection = connection;
  const session: ClientSession = {
    client: state.id,
    receive: (packet) => receive(state, connection, packet),
    closed(reason) {
      if (state.connection === connection) state.connection = undefined;
      state.ports.traffic({ kind: "disconnected", client: state.id, reason });
    },
  };
  return { session, sessionPresent };
}

function receive(state: ClientState, connection: ClientConnection, packet: Packet): void {
  switch (packet.cmd) {
    case "publish":
      receivePublish(state, connection, packet);
      break;
    case "puback":
      state.inputs.acknowledged(packet.messageId ?? 0);
      break;
    case "pingreq":
      connection.send({ cmd: "pingresp" });
      break;
    case "subscribe":
      subscribe(state, connection, packet);
      break;
    case "unsubscribe":
      for (const topic of packet.unsubscriptions) state.subscriptions.delete(topic);
      connection.send({ cmd: "unsuback", messageId: packet.messageId ?? 0, granted: [] });
      break;
    default:
      connection.close(packet.cmd === "disconnect" ? "the client disconnected" : `unexpected ${packet.cmd}`);
  }
}

function subscribe(state: ClientState, connection: ClientConnection, packet: ISubscribePacket): void {
  const granted = packet.subscriptions.map(({ qos }) => Math.min(qos, 1));
  for (const [index, { topic }] of packet.subscriptions.entries()) state.subscriptions.set(topic, granted[index] ?? 0);
  connection.send({ cmd: "suback", messageId: packet.messageId ?? 0, granted });
  state.inputs.resume();
}

function receivePublish(state: ClientState, connection: ClientConnection, packet: IPublishPacket): void {
  const topic = parseClientTopic(packet.topic);
  const body = packet.payload.toString();
  switch (topic.kind) {
    case "event":
      receiveEvent(state, packet, topic, body);
      break;
    case "twinGet":
      state.ports.traffic({ kind: "twinRead", client: state.id, desiredVersion: state.twin.desiredVersion() });
      answerTwinGet(state, topic.requestId);
      break;
    case "reported":
      receiveReported(state, topic.requestId, body);
      break;
    case "methodResponse":
      state.ports.traffic({ kind: "methodAnswer", client: state.id, status: topic.status, body });
      state.methods.answer(topic.requestId, topic.status, body);
      break;
    default:
      connection.close(`published on ${packet.topic}, which edgeHub does not know`);
  }
  if (packet.qos === 1) connection.send({ cmd: "puback", messageId: packet.messageId ?? 0 });
}

function answerTwinGet(state: ClientState, requestId: string): void {
  const failed = state.ports.faults.strikes("twinError", state.id) !== undefined;
  if (failed) publish(state, hubTopics.twinResponse(500, requestId), "");
  else publish(state, hubTopics.twinResponse(200, requestId), JSON.stringify(state.twin.document()));
}

function receiveEvent(
  state: ClientState,
  packet: IPublishPacket,
  topic: { readonly sender: string; readonly properties: Readonly<Record<string, string>> },
  body: string,
): void {
  const size = packet.payload.length + Buffer.byteLength(packet.topic);
  if (topic.sender !== state.id) {
    state.connection?.close(`published as ${topic.sender}`);
  } else if (isPoison(state, body)) {
    state.connection?.close("a poisoned message");
  } else if (size > MAX_MESSAGE_BYTES) {
    const reason = `a message of ${size} bytes, at most ${MAX_MESSAGE_BYTES} are allowed`;
    state.ports.traffic({ kind: "discarded", client: state.id, reason });
  } else {
    const { clock, messages, traffic } = state.ports;
    const message = messages.add(receivedMessage(state.name, topic.properties, body, packet.dup, clock.epoch()));
    traffic({ kind: "message", client: state.id, message });
  }
}

function isPoison({ ports, id }: ClientState, body: string): boolean {
  return ports.faults.strikes("poison", id, ({ text = "" }) => body.includes(text)) !== undefined;
}

function receiveReported(state: ClientState, requestId: string, body: string): void {
  const patch = parsedJson(body);
  const failed = state.ports.faults.strikes("reportedError", state.id) !== undefined;
  const outcome = failed
    ? err("a fault of the hub")
    : isJsonObject(patch)
      ? state.twin.patchReported(patch)
      : err("reported: not a JSON object");
  const client = state.id;
  if (outcome.ok) {
    state.ports.traffic({ kind: "reported", client, patch: patch ?? null });
    publish(state, hubTopics.twinResponse(204, requestId, outcome.value), "");
  } else {
    state.ports.traffic({ kind: "reported", client, patch: patch ?? null, problem: outcome.error });
    publish(state, hubTopics.twinResponse(400, requestId), "");
  }
}

function pushDesired(state: ClientState, outcome: Result<JsonObject, string>): Result<JsonObject, string> {
  if (outcome.ok) {
    state.ports.traffic({ kind: "desired", client: state.id, patch: outcome.value });
    publish(state, hubTopics.desired(state.twin.desiredVersion()), JSON.stringify(outcome.value));
  }
  return outcome;
}

function invokeMethod(state: ClientState, name: string, payload: Json | undefined, timeoutMs: number) {
  state.ports.traffic({ kind: "method", client: state.id, name, payload: payload ?? null });
  const body = payload === undefined ? "" : JSON.stringify(payload);
  return state.methods.call(timeoutMs, (requestId) => publish(state, hubTopics.method(name, requestId), body));
}

function sendInput(
  state: ClientState,
  input: string,
  body: string,
  properties: Readonly<Record<string, string>>,
): Result<void, string> {
  if (state.name.moduleId === undefined) return err("a leaf device has no inputs");
  state.inputs.add({ topic: hubTopics.input(state.name, input, properties), body });
  state.ports.traffic({ kind: "input", client: state.id, input, body });
  return { ok: true, value: undefined };
}

function publishRaw({ connection }: ClientState, topic: string, payload: string | Buffer): boolean {
  connection?.send({ cmd: "publish", topic, payload, retain: false, qos: 0, dup: false });
  return connection !== undefined;
}

/** Sends when the client is connected and has subscribed to the topic. */
function publish(
  state: ClientState,
  topic: string,
  payload: string,
  delivery: { qos: 0 | 1; messageId?: number; dup: boolean } = { qos: 0, dup: false },
): boolean {
  const subscribed = [...state.subscriptions.keys()].some((filter) => topicMatches(filter, topic));
  if (state.connection === undefined || !subscribed) return false;
  state.connection.send({ cmd: "publish", topic, payload, retain: false, ...delivery });
  return true;
}

function parsedJson(text: string): Json | undefined {
  const json = boundedJson(text);
  return json.ok ? json.value : undefined;
}
