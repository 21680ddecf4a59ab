import type { BadReason, PointValue } from "../../../src/core/points/point";
import { cycleOf, type DeviceCycle } from "../../../src/core/telemetry/sample";
import { createHealth, type DeviceHealth } from "../../../src/runtime/health";
import { createManualClock } from "../../support/manualClock";
import { aDevice, aPoint } from "../../support/points";

const START = Date.UTC(2026, 0, 1);
const points = Array.from({ length: 30 }, (_, index) => aPoint(`p${index}`, index));
const boiler = aDevice("boiler", points, { unitId: 7, connection: "hall" });

function cycle(readings: Readonly<Record<string, { value: PointValue } | { bad: BadReason }>>): DeviceCycle {
  const samples = Object.entries(readings).map(([name, reading]) => ({
    point: points.find((point) => point.name === name) ?? aPoint(name, 0),
    at: START as never,
    reading,
  }));
  return cycleOf("boiler", samples);
}

function setUp() {
  const clock = createManualClock(START);
  const changes: string[] = [];
  const health = createHealth({ clock, onChange: (device, { state }) => changes.push(`${device} ${state}`) });
  health.apply([boiler]);
  return { clock, health, changes };
}

describe("health", () => {
  it("says nothing before anything is known", () => {
    const { health, changes } = setUp();
    health.connection("hall", "connecting", "");
    expect(health.of("boiler")).toBeUndefined();
    expect(health.of("nobody")).toBeUndefined();
    expect(changes).toEqual([]);
  });

  it("is online while every point has a value, and since the first such cycle", async () => {
    const { clock, health, changes } = setUp();
    health.cycle(cycle({ p0: { value: 1 } }));
    await clock.advance(5000);
    health.cycle(cycle({ p0: { value: 2 } }));
    expect(health.of("boiler")).toEqual<DeviceHealth>({
      state: "online",
      reason: "",
      since: START as never,
      bad: new Map(),
    });
    expect(changes).toEqual(["boiler online"]);
  });

  it("is degraded while some points have none, and tells which and why", () => {
    const { health, changes } = setUp();
    health.cycle(
      cycle({ p0: { value: 1 }, p1: { bad: "exception:2" }, p2: { bad: "notAvailable" }, p3: { bad: "disabled" } }),
    );
    expect(health.of("boiler")).toMatchObject({
      state: "degraded",
      reason: "2 of 3 points have no value: 1 exception:2, 1 notAvailable",
      bad: new Map([
        ["p1", "exception:2"],
        ["p2", "notAvailable"],
      ]),
    });
    // Another group of the device: what it says of other points stands.
    health.cycle(cycle({ p5: { value: 1 } }));
    expect(health.of("boiler")?.state).toBe("degraded");
    health.cycle(cycle({ p1: { value: 1 }, p2: { value: 1 } }));
    expect(changes).toEqual(["boiler degraded", "boiler degraded", "boiler online"]);
  });

  it("is offline when nothing answers, degraded when all answers are exceptions", () => {
    const { health } = setUp();
    health.cycle(cycle({ p0: { bad: "timeout" }, p1: { bad: "timeout" } }));
    expect(health.of("boiler")).toMatchObject({
      state: "offline",
      reason: "unit 7 on hall gives no answer that can be trusted (timeout)",
    });
    health.cycle(cycle({ p0: { bad: "exception:2" }, p1: { bad: "exception:2" } }));
    expect(health.of("boiler")?.state).toBe("degraded");
  });

  it("is offline with the reason of its connection, until a cycle says otherwise", async () => {
    const { clock, health, changes } = setUp();
    health.cycle(cycle({ p0: { value: 1 } }));
    await clock.advance(1000);
    health.connection("other", "closed", "refused");
    health.connection("hall", "closed", "/dev/ttyUSB0: no such file");
    expect(health.of("boiler")).toEqual({
      state: "offline",
      reason: "connection hall is down: /dev/ttyUSB0: no such file",
      since: START + 1000,
      bad: new Map(),
    });
    health.cycle(cycle({ p0: { bad: "offline" } }));
    health.connection("hall", "connecting", "");
    health.connection("hall", "open", "");
    expect(health.of("boiler")?.state).toBe("offline");
    health.cycle(cycle({ p0: { value: 1 } }));
    expect(changes).toEqual(["boiler online", "boiler offline", "boiler online"]);
  });

  it("counts each point of the definition once, and nothing else", () => {
    const { health } = setUp();
    const good = { value: 1 };
    const bad = { bad: "crc" as const };
    for (const readings of [{ p0: good, p1: bad }, { p0: good, p1: bad, unknown: good, alien: bad }, { p1: bad }]) {
      health.cycle(cycle(readings));
      expect(health.of("boiler")).toMatchObject({ state: "degraded", reason: "1 of 2 points have no value: 1 crc" });
    }
    health.cycle(cycle({ p0: bad, p2: good }));
    expect(health.of("boiler")?.reason).toBe("2 of 3 points have no value: 2 crc");
    health.cycle(cycle({ p0: good, p1: good }));
    expect(health.of("boiler")?.state).toBe("online");
    // What was known before the loss counts no more.
    health.connection("hall", "closed", "gone");
    health.connection("hall", "open", "");
    health.cycle(cycle({ p0: good, p1: bad }));
    expect(health.of("boiler")?.reason).toBe("1 of 2 points have no value: 1 crc");
  });

  it("shows at most 20 bad points", () => {
    const { health } = setUp();
    health.cycle(cycle(Object.fromEntries(points.map(({ name }) => [name, { bad: "timeout" as const }]))));
    expect(health.of("boiler")?.bad.size).toBe(20);
  });

  it("knows disabled devices, forgets removed ones, and keeps the state of unchanged ones", () => {
    const { health } = setUp();
    health.cycle(cycle({ p0: { value: 1 } }));
    health.apply([boiler, { ...boiler, name: "spare", enabled: false }]);
    expect(health.of("boiler")?.state).toBe("online");
    expect(health.of("spare")?.state).toBe("disabled");
    expect(health.counts()).toEqual({ online: 1, degraded: 0, offline: 0, disabled: 1 });
    health.apply([boiler, { ...boiler, name: "spare", fingerprint: "spare 2" }]);
    expect(health.of("spare")).toBeUndefined();
    health.apply([]);
    expect(health.of("boiler")).toBeUndefined();
    health.cycle(cycle({ p0: { value: 1 } }));
    expect(health.counts()).toEqual({ online: 0, degraded: 0, offline: 0, disabled: 0 });
  });
});
