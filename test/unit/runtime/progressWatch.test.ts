import type { GatewayConfig } from "../../../src/core/config/gatewayConfig";
import { cycleOf } from "../../../src/core/telemetry/sample";
import type { ConnectionStatus } from "../../../src/runtime/connectionRunner";
import { createPollingPulses } from "../../../src/runtime/pollingPulses";
import { type Pulse, watchProgress } from "../../../src/runtime/progressWatch";
import { createManualClock } from "../../support/manualClock";

function watched(pulses: () => readonly Pulse[]) {
  const clock = createManualClock();
  const said: string[] = [];
  let ticks = 0;
  const watch = watchProgress({
    clock,
    pulses,
    tick: () => {
      ticks += 1;
    },
    stalled: (what) => said.push(what),
  });
  return { clock, said, watch, ticks: () => ticks };
}

describe("the watch over progress", () => {
  it("says once what has stood still for longer than it may", async () => {
    let beat = 0;
    const { clock, said } = watched(() => [
      { what: "a", beat, patienceMs: 60_000 },
      { what: "b", beat: 7, patienceMs: 120_000 },
    ]);
    for (let round = 0; round < 7; round++) {
      beat += 1;
      await clock.advance(15_000);
    }
    expect(said).toEqual([]);
    await clock.advance(45_000);
    expect(said).toEqual(["b"]);
    await clock.advance(600_000);
    expect(said).toEqual(["b"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("forgets what need not move any more, and begins anew when it must again", async () => {
    let listed = true;
    const { clock, said, watch } = watched(() => (listed ? [{ what: "a", beat: 0, patienceMs: 60_000 }] : []));
    await clock.advance(60_000);
    listed = false;
    await clock.advance(600_000);
    listed = true;
    await clock.advance(60_000);
    expect(said).toEqual([]);
    watch.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("ticks, and steps of the wall clock are nothing to it", async () => {
    const { clock, said, ticks, watch } = watched(() => [{ what: "a", beat: 0, patienceMs: 60_000 }]);
    clock.stepEpoch(86_400_000);
    await clock.advance(45_000);
    expect(said).toEqual([]);
    expect(ticks()).toBe(3);
    watch.close();
  });
});

describe("the pulses of polling", () => {
  const group = { name: "default", intervalMs: 10_000 };
  const device = (connection: string, more: object = {}) => ({
    enabled: true,
    connection,
    points: [{ access: "read", group: "default" }],
    groups: new Map([["default", group]]),
    ...more,
  });
  const config = {
    devices: new Map([
      ["boiler", device("hall")],
      ["pump", device("hall")],
      ["off", device("cellar", { enabled: false })],
      ["writer", device("roof", { points: [{ access: "write", group: "default" }] })],
      ["asked", device("yard", { groups: new Map([["default", { ...group, intervalMs: Number.POSITIVE_INFINITY }]]) })],
    ]),
  } as unknown as GatewayConfig;

  it("are those of connections that poll by the clock; cycles and requests beat", () => {
    let requests = 4;
    const connection = () => ({ devices: new Map([["boiler", { requests }]]) }) as unknown as ConnectionStatus;
    const polling = createPollingPulses({ config: () => config, connection });
    expect(polling.pulses()).toEqual([{ what: "polling of connection hall", beat: 4, patienceMs: 930_000 }]);
    polling.cycle(cycleOf("pump", []));
    polling.cycle(cycleOf("gone", []));
    requests = 5;
    expect(polling.pulses()).toMatchObject([{ beat: 6 }]);
  });
});
