import type { ConnectionConfig, DeviceConfig } from "./gatewayConfig";
import { inDocument } from "./layers";
import type { Problem } from "./problem";
import type { Resolved } from "./resolve";

/** What is allowed and probably not meant. */
export function warningsOf(
  connections: Resolved<ConnectionConfig>,
  devices: Resolved<DeviceConfig>,
): readonly Problem[] {
  return [...emptyDevices(devices), ...sameEndpoints(connections)];
}

function emptyDevices(devices: Resolved<DeviceConfig>): readonly Problem[] {
  return [...devices].flatMap(([name, device]) =>
    device.ok && device.value.points.length === 0
      ? [inDocument("devices", name)([], "the device has no enabled point: nothing will come of it")]
      : [],
  );
}

/** Two connections to one endpoint do not wait for each other; many gateways serve only one. */
function sameEndpoints(connections: Resolved<ConnectionConfig>): readonly Problem[] {
  const owners = new Map<string, string>();
  return [...connections].flatMap(([name, connection]) => {
    if (!connection.ok || connection.value.transport === "serial") return [];
    const { transport, host, port } = connection.value;
    const endpoint = `${transport} ${host.toLowerCase()}:${port}`;
    const owner = owners.get(endpoint);
    if (owner === undefined) owners.set(endpoint, name);
    const text = `the connection "${owner}" goes to ${endpoint} too: the two do not wait for each other`;
    return owner === undefined ? [] : [inDocument("connections", name)(["host"], text)];
  });
}
