import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { DeviceMeter } from "./connectionRunnerCounters";

/** A device with what is kept for it from cycle to cycle. */
export interface Polled {
  readonly config: DeviceConfig;
  readonly meter: DeviceMeter;
}

/** Whether a device has groups that only a connect makes due. */
export function hasReadOnce({ groups }: DeviceConfig): boolean {
  for (const { poll } of groups.values()) if (poll === "connect") return true;
  return false;
}
