import { Duplex } from "node:stream";
import { errors } from "azure-iot-common";
import { Mqtt } from "azure-iot-device-mqtt";
import { MqttBase } from "azure-iot-mqtt-base";
import { connect, type IClientOptions, type MqttClient } from "mqtt";
import { isJsonText } from "../kernel/jsonText";
import type { InputMessage } from "./edgeHub";
import { type Publication, readPublication } from "./publication";

/** What the hub publishes to the module, before the SDK interprets it. A body that is no UTF-8 is `undefined`. */
export interface HubPublications {
  desired(body: string | undefined): void;
  method(name: string, requestId: string, body: string | undefined): void;
  /** Called before mqtt.js acknowledges the message. */
  input(message: InputMessage): void;
  /** A publication that cannot be read, or on which the SDK failed: without this it would end the process (defect 4). */
  fault(topic: string, reason: string): void;
}

type Sink = (topic: string, payload: Buffer) => void;
type Done = (error?: Error) => void;

/**
 * The SDK's MQTT layer with an ear at its input. Direct methods, desired patches and input messages go to us instead
 * of the SDK: it answers unknown methods never and empty bodies with 400 (defect 9), merges arrays by index (defect 8),
 * and ends the process at a malformed topic (defect 4). Answers to twin requests get the body that its error path
 * expects, for it ignores the status (defects 3 and 4).
 */
class ListeningMqttBase extends MqttBase {
  constructor(
    private readonly dispatch: (topic: string, payload: Buffer, toSdk: Sink) => void,
    provider: { connect(uri: string, options: IClientOptions): MqttClient },
  ) {
    super(provider);
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== "message") return super.emit(event, ...args);
    const [topic, payload] = args as [string, Buffer];
    this.dispatch(topic, payload, (to, body) => super.emit("message", to, body));
    return true;
  }
}

function dispatchTo(publications: HubPublications): (topic: string, payload: Buffer, toSdk: Sink) => void {
  return (topic, payload, toSdk) => {
    const publication = readPublication(topic, payload);
    try {
      dispatch(publication, publications, (body) => toSdk(topic, body), topic);
    } catch (error) {
      publications.fault(topic, String(error));
    }
  };
}

function takeInput(publications: HubPublications, topic: string, payload: Buffer): void {
  const publication = readPublication(topic, payload);
  if (publication.kind !== "input") return;
  try {
    publications.input(publication.message);
  } catch (error) {
    publications.fault(topic, String(error));
  }
}

function dispatch(
  publication: Publication,
  publications: HubPublications,
  toSdk: (body: Buffer) => void,
  topic: string,
): void {
  switch (publication.kind) {
    case "method":
      publications.method(publication.name, publication.requestId, publication.body);
      break;
    case "desired":
      publications.desired(publication.body);
      break;
    case "twinAnswer":
      toSdk(twinAnswer(publication));
      break;
    case "input":
      // Came already, by the way of mqtt.js itself: before it is acknowledged.
      break;
    case "unreadable":
      publications.fault(topic, publication.reason);
      break;
  }
}

/** The SDK takes `errorCode` in the body for a failure, and nothing else. */
function twinAnswer({ status, body }: { readonly status: number; readonly body: string | undefined }): Buffer {
  if (body === undefined) return failure(400, "the twin is no UTF-8");
  if (status < 300) return body === "" || isJsonText(body) ? Buffer.from(body) : failure(400, "the twin is no JSON");
  return failure(status, `the hub answered ${status}${body === "" ? "" : `: ${body}`}`);
}

function failure(errorCode: number, message: string): Buffer {
  return Buffer.from(JSON.stringify({ errorCode, message }));
}

const QOS_1 = { qos: 1, retain: false } as const;

/** A transport for one client of the SDK. `cut` ends its connection at once, whatever state the SDK thinks it is in. */
export interface ListeningTransport {
  readonly transport: Mqtt;
  /**
   * Sends a message straight through the link, past the layers of the SDK: they make texts for debugging of every message
   * and every acknowledgement (more than half of the work of sending). `done` is called with the acknowledgement, or when
   * the link closes before. False: nothing was done, for there is no link just now (each token has its own).
   */
  publish(topic: string, body: string, done: Done): boolean;
  cut(): void;
}

export function createListeningTransport(
  provider: ConstructorParameters<typeof Mqtt>[0],
  publications: HubPublications,
): ListeningTransport {
  const links = new Set<MqttClient>();
  let publish: ListeningTransport["publish"] = () => false;
  let isCut = false;
  const base = new ListeningMqttBase(dispatchTo(publications), {
    connect(uri, options) {
      const link = connect(uri, options);
      links.add(link);
      publish = createSender(link);
      // The SDK takes its own listeners away when it gives a connection up; a late error must still find one.
      link.on("error", () => undefined);
      link.on("close", () => links.delete(link));
      link.on("message", (topic, payload) => {
        takeInput(publications, topic, payload);
      });
      // Whoever gave this client up may have built another: a late connect would take its place at the hub.
      if (isCut) cut(link);
      return link;
    },
  });
  return {
    transport: new Mqtt(provider, base),
    publish: (topic, body, done) => publish(topic, body, done),
    cut() {
      isCut = true;
      for (const link of links) cut(link);
    },
  };
}

function createSender(link: MqttClient): ListeningTransport["publish"] {
  const waiting = new Set<Done>();
  link.on("close", () => {
    const lost = [...waiting];
    waiting.clear();
    for (const done of lost) done(new errors.NotConnectedError("the connection to the hub was closed"));
  });
  return (topic, body, done) => {
    if (!link.connected || link.disconnecting) return false;
    waiting.add(done);
    link.publish(topic, body, QOS_1, (error) => {
      if (waiting.delete(done)) done(error);
    });
    return true;
  };
}

function cut(link: MqttClient): void {
  link.end(true);
  socketOf(link)?.destroy();
}

/** `end(true)` does nothing while a polite `end` waits for acknowledgements: the socket itself must go. */
function socketOf(link: MqttClient): Duplex | undefined {
  const stream: unknown = Reflect.get(link, "stream");
  return stream instanceof Duplex ? stream : undefined;
}
