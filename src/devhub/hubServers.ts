import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import type { Scope } from "../kernel/scope";
import { createCertificates } from "./certificates";
import { type ClientHandler, serveConnection } from "./clientConnection";
import type { DevHubOptions } from "./devHub";
import { judgeByFaults } from "./faultJudge";
import type { FaultBoard } from "./faults";
import { serveHttp } from "./httpJson";
import type { Identities } from "./identities";
import { createMqttServer, type MqttServer } from "./mqttServer";
import { passEverything } from "./packetFate";
import type { TrafficListener } from "./traffic";
import { answerWorkload, GENERATION_ID } from "./workloadApi";

const GATEWAY = "localhost";

/** What listens: MQTT and the workload API. */
export interface HubServers {
  readonly mqtt: MqttServer;
  /** 0 on a unix socket. */
  readonly workloadPort: number;
  /** Host and port, as a gateway name. */
  readonly gateway: string;
  trustBundle(): string;
  /** A new authority and a certificate signed by it, for the connections to come. */
  renewCertificates(): Promise<void>;
  environmentFor(moduleId: string): Readonly<Record<string, string>>;
}

export interface HubServerPorts {
  readonly clock: Clock;
  readonly identities: Identities;
  readonly faults: FaultBoard;
  readonly traffic: TrafficListener;
}

export async function openServers(
  options: DevHubOptions,
  ports: HubServerPorts,
  scope: Scope,
): Promise<Result<HubServers, string>> {
  const { clock, identities, faults, traffic } = ports;
  let certificates = await createCertificates(GATEWAY, clock.epoch());
  const judge = judgeByFaults(faults, options.judge ?? passEverything);
  const handler = connectHandler(identities, traffic);
  const mqtt = await createMqttServer(
    options.port ?? 0,
    certificates,
    (socket) => void serveConnection(socket, { clock, judge, handler }),
    (reason) => traffic({ kind: "refused", client: "", reason }),
    scope,
  );
  if (!mqtt.ok) return err(`MQTT: ${mqtt.error}`);
  const { workloadSocket: path, workloadPort = 0 } = options;
  const workload = await serveHttp(
    path === undefined ? { port: workloadPort } : { path },
    (request) => answerWorkload(request, identities, certificates.authority, faults),
    scope,
  );
  if (!workload.ok) return err(`workload API: ${workload.error}`);
  const workloadUri = path === undefined ? `http://127.0.0.1:${workload.value}` : `unix://${path}`;
  const gateway = `${GATEWAY}:${mqtt.value.port}`;
  return ok({
    mqtt: mqtt.value,
    workloadPort: workload.value,
    gateway,
    trustBundle: () => certificates.authority,
    async renewCertificates() {
      certificates = await createCertificates(GATEWAY, clock.epoch());
      mqtt.value.replaceCertificates(certificates);
    },
    environmentFor: (moduleId) => environment(identities, moduleId, workloadUri, gateway),
  });
}

function environment({ hubName, deviceId }: Identities, moduleId: string, workloadUri: string, gateway: string) {
  return {
    IOTEDGE_WORKLOADURI: workloadUri,
    IOTEDGE_DEVICEID: deviceId,
    IOTEDGE_MODULEID: moduleId,
    IOTEDGE_IOTHUBHOSTNAME: hubName,
    IOTEDGE_AUTHSCHEME: "sasToken",
    IOTEDGE_MODULEGENERATIONID: GENERATION_ID,
    IOTEDGE_GATEWAYHOSTNAME: gateway,
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
