import type { GatewayConfig } from "../core/config/gatewayConfig";
import type { DeviceCycle } from "../core/telemetry/sample";
import type { ConnectionStatus } from "./connectionRunner";
import type { Pulse } from "./progressWatch";

/** Longer than any command or reconnection holds a connection; three of the slowest intervals come on top. */
const PATIENCE_MS = 900_000;
const INTERVALS = 3;

/** The pulses of polling: each connection with something to poll must end cycles or requests, good or bad. */
export interface PollingPulses {
  cycle(cycle: DeviceCycle): void;
  pulses(): readonly Pulse[];
}

/**
 * A dead device, a line without a plug and a server that refuses all beat: their cycles come, with bad values. Still
 * is only what hangs inside the module.
 */
export function createPollingPulses(ports: {
  config(): GatewayConfig;
  connection(name: string): ConnectionStatus | undefined;
}): PollingPulses {
  const cycles = new Map<string, number>();

  function pulse(name: string, slowestMs: number): Pulse | undefined {
    const status = ports.connection(name);
    if (status === undefined) return undefined;
    let beat = cycles.get(name) ?? 0;
    for (const { requests } of status.devices.values()) beat += requests;
    return { what: `polling of connection ${name}`, beat, patienceMs: PATIENCE_MS + INTERVALS * slowestMs };
  }

  return {
    cycle({ device }) {
      const name = ports.config().devices.get(device)?.connection;
      if (name !== undefined) cycles.set(name, (cycles.get(name) ?? 0) + 1);
    },
    pulses() {
      const slowest = slowestIntervals(ports.config());
      for (const name of cycles.keys()) if (!slowest.has(name)) cycles.delete(name);
      return [...slowest].flatMap(([name, ms]) => pulse(name, ms) ?? []);
    },
  };
}

/** Of the connections that have something to poll by the clock, the longest interval. */
function slowestIntervals(config: GatewayConfig): ReadonlyMap<string, number> {
  const slowest = new Map<string, number>();
  for (const { enabled, connection, points, groups } of config.devices.values()) {
    const polled = new Set(points.filter(({ access }) => access !== "write").map(({ group }) => group));
    for (const { name, intervalMs } of groups.values()) {
      if (!enabled || !polled.has(name) || !Number.isFinite(intervalMs)) continue;
      slowest.set(connection, Math.max(slowest.get(connection) ?? 0, intervalMs));
    }
  }
  return slowest;
}
