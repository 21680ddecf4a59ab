import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { DeviceMeter } from "./connectionRunnerCounters";

/** A device with what is kept for it from cycle to cycle. */
export interface Polled {
  readonly config: DeviceConfig;
  readonly meter: DeviceMeter;
}
