import { messageCost } from "../core/assess/messageCost";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import type { JsonObject } from "../kernel/json";
import type { EpochMs } from "../kernel/units";
import type { DeviceAccess } from "../runtime/deviceAccess";
import type { Pipeline } from "../runtime/pipeline";

export interface CostPorts {
  readonly startedAt: EpochMs;
  config(): GatewayConfig;
  readonly access: Pick<DeviceAccess, "latest">;
  readonly pipeline: Pick<Pipeline, "traffic">;
}

/** What a day costs by the configuration and the values as they are, and what has been sent since the start. */
export function costJson({ startedAt, config, access, pipeline }: CostPorts): JsonObject {
  const expected = messageCost(config(), (device, point) => {
    const reading = access.latest(device).get(point)?.reading;
    return reading !== undefined && "value" in reading ? reading.value : undefined;
  });
  return { ...expected, counted: { ...pipeline.traffic(), since: new Date(startedAt).toISOString() } };
}
