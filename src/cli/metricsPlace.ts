import { randomUUID } from "node:crypto";
import { nonEmpty } from "./folders";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The address that metrics are served on: what `MODBUS_EDGE_METRICS_HOST` says, else every address of the container
 * where IoT Edge has started the module (its environment says so), else this machine alone.
 *
 * @returns `undefined`: every address.
 */
export function metricsHost(env: Environment): string | undefined {
  const host = nonEmpty(env["MODBUS_EDGE_METRICS_HOST"]);
  if (host !== undefined) return host;
  return nonEmpty(env["IOTEDGE_MODULEID"]) === undefined ? "127.0.0.1" : undefined;
}

/** The labels that every metric of IoT Edge's own modules has. */
export function metricsLabels(env: Environment): Readonly<Record<string, string>> {
  return {
    iothub: env["IOTEDGE_IOTHUBHOSTNAME"] ?? "",
    edge_device: env["IOTEDGE_DEVICEID"] ?? "",
    instance_number: randomUUID(),
  };
}
