import { createHealth, type Health, type HealthPorts } from "./health";
import { createWatchdogs, type WatchdogPorts } from "./watchdogs";

/** The health of devices with what their watchdogs say of them. The watchdogs end with the signal. */
export function createWatchedHealth(ports: HealthPorts & Omit<WatchdogPorts, "onFault">): Health {
  const health = createHealth(ports);
  const watchdogs = createWatchdogs({ ...ports, onFault: (device, text) => health.fault(device, text) });
  ports.signal.addEventListener("abort", () => watchdogs.close(), { once: true });
  return {
    ...health,
    apply(devices) {
      health.apply(devices);
      watchdogs.apply(devices);
    },
    cycle(cycle) {
      health.cycle(cycle);
      watchdogs.cycle(cycle);
    },
  };
}
