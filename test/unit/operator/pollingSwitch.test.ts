import type { Json } from "../../../src/kernel/json";
import { epochMs } from "../../../src/kernel/units";
import { createCommands } from "../../../src/operator/commands";
import { createPollingSwitch, POLLING_DOCUMENT } from "../../../src/operator/pollingSwitch";
import { restOfPorts } from "../../support/commandPorts";
import { createFakeAccess } from "../../support/fakeAccess";
import { createManualClock, type ManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aDevice, aPoint } from "../../support/points";

const HOUR = 3_600_000;

function setUp(clock: ManualClock = createManualClock(), remembered?: Json) {
  const access = createFakeAccess(
    aDevice("boiler", [aPoint("x", 1)]),
    aDevice("chiller", [aPoint("x", 1)], { enabled: false }),
  );
  const kept: Json[] = [];
  let changes = 0;
  const controller = new AbortController();
  const polling = createPollingSwitch({
    clock,
    signal: controller.signal,
    remembered,
    data: {
      async write(name, document) {
        expect(name).toBe(POLLING_DOCUMENT);
        kept.push(document);
      },
    },
    changed: () => {
      changes += 1;
    },
  });
  const call = createCommands({
    ...restOfPorts,
    access,
    writes: () => "declared",
    clock,
    log: createMemoryLog(),
    signal: controller.signal,
    plan: () => undefined,
    polling,
    runner: () => undefined,
    onAudit: () => undefined,
    config: () => ({ connections: new Map(), devices: access.devices, module: {} }),
    status: () => ({ status: 200, payload: {} }),
  });
  return { clock, polling, call, kept, changes: () => changes, controller };
}

describe("setPolling", () => {
  it("stops polling for an hour, then goes on by itself", async () => {
    const { clock, polling, call, kept, changes } = setUp();
    const until = new Date(clock.epoch() + HOUR).toISOString();
    expect(await call("setPolling", { device: "boiler", enabled: false })).toEqual({
      status: 200,
      payload: { device: "boiler", enabled: false, until },
    });
    expect(polling.pausedUntil("boiler")).toBe(Date.parse(until));
    expect(changes()).toBe(1);
    await clock.advance(HOUR - 10);
    expect([changes(), polling.pausedUntil("boiler")]).toEqual([1, Date.parse(until)]);
    await clock.advance(20);
    expect([changes(), polling.pausedUntil("boiler")]).toEqual([2, undefined]);
    expect(kept.at(-1)).toEqual({});
    expect(clock.pendingTimers).toBe(0);
  });

  it("goes on when asked to, or at the time that was given", async () => {
    const { clock, polling, call } = setUp();
    const until = new Date(clock.epoch() + 5000).toISOString();
    expect((await call("setPolling", { device: "boiler", enabled: false, until })).payload["until"]).toBe(until);
    expect(await call("setPolling", { device: "boiler", enabled: true })).toEqual({
      status: 200,
      payload: { device: "boiler", enabled: true },
    });
    expect(polling.pausedUntil("boiler")).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it("survives a restart", async () => {
    const first = setUp();
    await first.call("setPolling", { device: "boiler", enabled: false });
    first.controller.abort();
    expect(first.clock.pendingTimers).toBe(0);
    await first.clock.advance(HOUR / 2);
    const second = setUp(first.clock, first.kept.at(-1));
    expect(second.polling.pausedUntil("boiler")).toBe(first.polling.pausedUntil("boiler"));
    await second.clock.advance(HOUR / 2 + 10);
    expect([second.changes(), second.polling.pausedUntil("boiler")]).toEqual([1, undefined]);
    expect(setUp(first.clock, { boiler: "soon", chiller: null }).polling.pausedUntil("boiler")).toBeUndefined();
  });

  it.each<[Record<string, Json>, number, string]>([
    [{ enabled: false }, 400, "/device"],
    [{ device: "biler", enabled: false }, 404, "/device"],
    [{ device: "chiller", enabled: true }, 409, "/device"],
    [{ device: "boiler" }, 400, "/enabled"],
    [{ device: "boiler", enabled: "no" }, 400, "/enabled"],
    [{ device: "boiler", enabled: true, until: "2030-01-01T00:00:00Z" }, 400, "/until"],
    [{ device: "boiler", enabled: false, until: "soon" }, 400, "/until"],
    [{ device: "boiler", enabled: false, until: "1999-01-01T00:00:00Z" }, 400, "/until"],
    [{ device: "boiler", enabled: false, until: "2999-01-01T00:00:00Z" }, 400, "/until"],
    [{ device: "boiler", enabled: false, untill: "2030-01-01T00:00:00Z" }, 400, "/untill"],
  ])("refuses %j: %d at %s", async (payload, status, path) => {
    const { call, changes } = setUp();
    const answer = await call("setPolling", payload);
    expect([answer.status, (answer.payload["error"] as { path?: string }).path]).toEqual([status, path]);
    expect(changes()).toBe(0);
  });

  it("of a wall clock that went years ahead ends when that is set right; one that woke in 1970 ends none", async () => {
    const year = 365 * 24 * HOUR;
    const { clock, polling } = setUp();
    clock.stepEpoch(10 * year);
    polling.pause("boiler", epochMs(clock.epoch() + HOUR));
    clock.stepEpoch(-10 * year);
    expect(polling.pausedUntil("boiler")).toBeUndefined();
    const woken = createManualClock(10_000);
    const until = Date.UTC(2026, 5, 1);
    const { polling: after } = setUp(woken, { boiler: until });
    expect(after.pausedUntil("boiler")).toBe(until);
  });
});
