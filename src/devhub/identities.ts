import type { IConnectPacket } from "mqtt-packet";
import type { JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { createHubClient, type HubClient, type HubClientPorts } from "./hubClient";
import { verifySharedAccess } from "./sharedAccess";
import { clientId } from "./topics";

/** As many clients as edgeHub serves by default. */
const MAX_CLIENTS = 100;
const NAME = /^[A-Za-z0-9_$.-]{1,128}$/;

/** All identities of the gateway. A module comes into being when it, or somebody on its behalf, is first named. */
export interface Identities {
  readonly hubName: string;
  readonly deviceId: string;
  /** The module, created where it is new; `undefined` when the gateway is full. */
  module(moduleId: string): HubClient | undefined;
  known(moduleId: string): HubClient | undefined;
  /** A device behind the gateway, created where it is new; `undefined` when the gateway is full or the name is no device's. */
  leaf(deviceId: string): HubClient | undefined;
  all(): readonly HubClient[];
  /** Checks who connects: client id, user name, signature. The error is for people. */
  authenticate(packet: IConnectPacket): Result<HubClient, string>;
}

export function createIdentities(
  { hubName, deviceId }: Pick<Identities, "hubName" | "deviceId">,
  ports: HubClientPorts,
  initialDesired: Readonly<Record<string, JsonObject>>,
): Identities {
  const clients = new Map<string, HubClient>();

  function module(moduleId: string): HubClient | undefined {
    const id = clientId({ deviceId, moduleId });
    const existing = clients.get(id);
    if (existing !== undefined || isFull() || !NAME.test(moduleId)) return existing;
    const desired = Object.hasOwn(initialDesired, moduleId) ? initialDesired[moduleId] : undefined;
    return admit(createHubClient({ deviceId, moduleId }, ports, desired));
  }

  function leaf(leafId: string): HubClient | undefined {
    const existing = clients.get(leafId);
    if (existing !== undefined || isFull() || !NAME.test(leafId) || leafId === deviceId) return existing;
    return admit(createHubClient({ deviceId: leafId }, ports));
  }

  function isFull(): boolean {
    return clients.size >= MAX_CLIENTS;
  }

  function admit(client: HubClient): HubClient {
    clients.set(client.id, client);
    return client;
  }

  return {
    hubName,
    deviceId,
    module,
    leaf,
    known: (moduleId) => clients.get(clientId({ deviceId, moduleId })),
    all: () => [...clients.values()],
    authenticate(packet) {
      const client = clients.get(packet.clientId);
      if (client === undefined) return err(`"${packet.clientId}" is not an identity of this hub`);
      return authenticated(client, packet, hubName, ports);
    },
  };
}

function authenticated(
  client: HubClient,
  packet: IConnectPacket,
  hubName: string,
  { clock, faults }: HubClientPorts,
): Result<HubClient, string> {
  if (faults.strikes("expiredToken", client.id) !== undefined) return err("the token has expired (fault)");
  const userName = packet.username ?? "";
  if (!userName.startsWith(`${hubName}/${client.id}/`))
    return err(`the user name "${userName}" is not of ${client.id}`);
  const { deviceId: device, moduleId } = client.name;
  const resource = `${hubName}/devices/${device}${moduleId === undefined ? "" : `/modules/${moduleId}`}`;
  const verified = verifySharedAccess(packet.password?.toString() ?? "", resource, client.key, clock.epoch());
  return verified.ok ? ok(client) : verified;
}
