import { Duplex } from "node:stream";
import { Mqtt } from "azure-iot-device-mqtt";
import { MqttBase } from "azure-iot-mqtt-base";
import { connect, type IClientOptions, type MqttClient } from "mqtt";

/** What the hub publishes to the module, as text, before the SDK interprets it. */
export interface HubPublications {
  desired(body: string): void;
  method(name: string, requestId: string, body: string): void;
  /** The SDK failed on a publication: without this it would end the process (edge runtime, defect 4). */
  fault(topic: string, error: unknown): void;
}

const METHOD = /^\$iothub\/methods\/POST\/([^/]+)\/\?(?:.*&)?\$rid=([^&]+)/;
const DESIRED = "$iothub/twin/PATCH/properties/desired/";
const TWIN_FAILURE = /^\$iothub\/twin\/res\/([45]\d\d)\//;

/**
 * The SDK's MQTT layer with an ear at its input. Direct methods and desired patches go to us instead of the SDK: it
 * answers unknown methods never and empty bodies with 400 (defect 9), and merges arrays by index (defect 8). Answers to
 * twin requests get the body that its error path expects (it ignores the status: defects 3 and 4).
 */
class ListeningMqttBase extends MqttBase {
  constructor(
    private readonly publications: HubPublications,
    provider: { connect(uri: string, options: IClientOptions): MqttClient },
  ) {
    super(provider);
  }

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event !== "message") return super.emit(event, ...args);
    const [topic, payload] = args as [string, Buffer];
    try {
      this.dispatch(topic, payload);
    } catch (error) {
      this.publications.fault(topic, error);
    }
    return true;
  }

  private dispatch(topic: string, payload: Buffer): void {
    const [, name, requestId] = METHOD.exec(topic) ?? [];
    if (name !== undefined && requestId !== undefined) this.publications.method(name, requestId, payload.toString());
    else if (topic.startsWith(DESIRED)) this.publications.desired(payload.toString());
    else super.emit("message", topic, explainFailure(topic, payload));
  }
}

function explainFailure(topic: string, payload: Buffer): Buffer {
  const status = TWIN_FAILURE.exec(topic)?.[1];
  if (status === undefined) return payload;
  const message = `the hub answered ${status}${payload.length === 0 ? "" : `: ${payload.toString()}`}`;
  return Buffer.from(JSON.stringify({ errorCode: Number(status), message }));
}

/** A transport for one client of the SDK. `cut` ends its connection at once, whatever state the SDK thinks it is in. */
export interface ListeningTransport {
  readonly transport: Mqtt;
  cut(): void;
}

export function createListeningTransport(
  provider: ConstructorParameters<typeof Mqtt>[0],
  publications: HubPublications,
): ListeningTransport {
  const links = new Set<MqttClient>();
  let isCut = false;
  const base = new ListeningMqttBase(publications, {
    connect(uri, options) {
      const link = connect(uri, options);
      links.add(link);
      // The SDK takes its own listeners away when it gives a connection up; a late error must still find one.
      link.on("error", () => undefined);
      link.on("close", () => links.delete(link));
      // Whoever gave this client up may have built another: a late connect would take its place at the hub.
      if (isCut) cut(link);
      return link;
    },
  });
  return {
    transport: new Mqtt(provider, base),
    cut() {
      isCut = true;
      for (const link of links) cut(link);
    },
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
