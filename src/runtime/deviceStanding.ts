import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import { endpointOf } from "../core/config/resolveConnection";

/** Where the configuration in force is found. */
export interface StandingPorts {
  config(): Pick<GatewayConfig, "devices" | "connections">;
}

/**
 * Asked now and later: whether the device is still what it is now, on the connection that there is now. What comes of
 * it otherwise is of something else than what has its name by then.
 */
export function standing({ config }: StandingPorts, device: DeviceConfig): () => boolean {
  const fingerprint = (): string | undefined => config().connections.get(device.connection)?.fingerprint;
  const before = fingerprint();
  return () => config().devices.get(device.name)?.fingerprint === device.fingerprint && fingerprint() === before;
}

/** The unit that a device stands for: equal text, the same unit at the same place. */
export function placeOf({ connections }: Pick<GatewayConfig, "connections">, device: DeviceConfig): string {
  const connection = connections.get(device.connection);
  return `${connection === undefined ? "" : endpointOf(connection)} ${device.connection} ${device.unitId}`;
}
