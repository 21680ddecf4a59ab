import type { DeviceConfig, GatewayConfig } from "../config/gatewayConfig";
import type { TelemetryForm } from "./deviceInterface";

/** How the points of each device leave: by the output of their group. Only `pnp` gives telemetry that a model can name. */
export function telemetryFormOf(config: GatewayConfig): (device: DeviceConfig) => TelemetryForm {
  return (device) => (point) => {
    const group = device.groups.get(point.group);
    const output = config.outputs?.get(group?.output ?? "telemetry");
    if (output !== undefined && output.format !== "pnp") return undefined;
    return { bigIntegersAsText: output?.bigIntegers === "string", mean: group?.publish?.aggregate === "mean" };
  };
}
