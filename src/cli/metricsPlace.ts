import { randomUUID } from "node:crypto";
import { nonEmpty } from "./folders";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The address that metrics are served on: what `MODBUS_EDGE_METRICS_HOST` says (the images say 0.0.0.0: every address of
 * the container), else this machine alone.
 */
export function metricsHost(env: Environment): string {
  return nonEmpty(env["MODBUS_EDGE_METRICS_HOST"]) ?? "127.0.0.1";
}

/** The labels that every metric of IoT Edge's own modules has. */
export function metricsLabels(env: Environment): Readonly<Record<string, string>> {
  return {
    iothub: env["IOTEDGE_IOTHUBHOSTNAME"] ?? "",
    edge_device: env["IOTEDGE_DEVICEID"] ?? "",
    instance_number: randomUUID(),
  };
}
