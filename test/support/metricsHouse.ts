import { epochMs } from "../../src/kernel/units";
import type { MetricsPorts } from "../../src/operator/metrics";
import { aConnection, aDevice, aPoint } from "./points";

const T = epochMs(Date.UTC(2026, 10, 23, 10, 15, 30, 123));

/** A module of which every metric has something to tell. */
export function aMetricsHouse(more: Partial<MetricsPorts> = {}): MetricsPorts {
  const devices = [aDevice("boiler", [aPoint("a", 1)]), aDevice("chiller", [aPoint("a", 1)], { unitId: 2 })];
  const counters = { requests: 10, failures: 1, overruns: 2, latencyMs: 12, lastGoodAt: T };
  return {
    version: "1.2.3",
    startedAt: T,
    outbox: {
      status: () => ({
        offered: 97,
        recovered: 0,
        queued: 4,
        inFlight: 1,
        acknowledged: 90,
        dropped: 2,
        quarantined: 0,
        spool: { state: "open", reason: "", written: 1234 },
      }),
    },
    config: () => ({
      connections: new Map([["line", aConnection()]]),
      devices: new Map(devices.map((device) => [device.name, device])),
      module: {},
    }),
    configuration: () => ({
      state: "partial",
      version: 7,
      at: T,
      problems: [{ path: "/devices/x", text: "is wrong" }],
      warnings: [],
    }),
    connection: () => ({
      state: "open",
      reason: "",
      since: T,
      opens: 3,
      loadPercent: 41.26,
      stretch: { high: 1.04, low: 3.96 },
      devices: new Map([["boiler", counters]]),
    }),
    health: (name) => ({
      state: name === "boiler" ? "online" : "offline",
      reason: "",
      since: T,
      bad: new Map(),
    }),
    hub: () => ({ state: "connected", reason: "", since: T }),
    traffic: () => ({ messages: 97, bytes: 12_345, chunks: 97 }),
    commands: new Map([["getStatus 200", 3]]),
    writes: new Map([["verified", 2]]),
    ...more,
  };
}
