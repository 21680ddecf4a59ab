import type { Watchdog } from "../../../src/core/config/deviceCommand";
import type { DeviceConfig, WritePolicy } from "../../../src/core/config/gatewayConfig";
import { cycleOf, type Sample } from "../../../src/core/telemetry/sample";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { createWatchedHealth } from "../../../src/runtime/watchedHealth";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aPoint } from "../../support/points";

const NEVER = new AbortController().signal;
const beat = aPoint("beat", 10, { access: "write", kind: "none", write: { verify: "echo" } });
const pulse = aPoint("pulse", 20);
const both: Watchdog = {
  write: { point: "beat", values: { list: [0, 1] }, everyMs: 1000 },
  read: { point: "pulse", maxUnchangedMs: 3000 },
};

async function setUp(watchdog: Watchdog = both, points = [beat, pulse]) {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  const device = aDevice("plc", points, { watchdog });
  const states: string[] = [];
  const controller = new AbortController();
  let policy: WritePolicy = "declared";
  const health = createWatchedHealth({
    clock,
    signal: controller.signal,
    runner: () => runner,
    writes: () => policy,
    onChange: (_device, { state, reason }) => void states.push(`${state} ${reason}`),
  });
  const runner = createConnectionRunner(
    aConnection(),
    {
      clock,
      log: silentLog,
      openLink: () => Promise.reject(new TypeError("not used: the session is a fake")),
      onCycle: (cycle) => health.cycle(cycle),
      onConnection: () => undefined,
    },
    session.open,
  );
  const apply = (devices: readonly DeviceConfig[]): void => {
    health.apply(devices);
    runner.apply(devices);
  };
  const beats = (): readonly unknown[] =>
    session.requests.flatMap(({ request }) => (request.kind === "writeSingleRegister" ? [request.value] : []));
  session.state("open");
  apply([device]);
  await clock.advance(10);
  return {
    clock,
    session,
    apply,
    device,
    states,
    beats,
    health,
    runner,
    controller,
    setPolicy: (to: WritePolicy) => (policy = to),
  };
}

describe("a watchdog", () => {
  it("writes its values one after another, on a grid", async () => {
    const { clock, beats, session } = await setUp();
    session.latencyMs = 100;
    await clock.advance(5000);
    expect(beats()).toEqual([0, 1, 0, 1, 0, 1]);
    const times = session.requests.filter(({ request }) => request.kind === "writeSingleRegister").map(({ at }) => at);
    const start = times[1] ?? 0;
    for (const [i, at] of times.slice(1).entries()) {
      // At most the one request in flight before it.
      expect(at - start - i * 1000).toBeLessThanOrEqual(100);
    }
  });

  it("counts from the lowest to the highest value and begins anew", async () => {
    const { clock, beats } = await setUp({
      write: { point: "beat", values: { low: 5, high: 7 }, everyMs: 1000 },
    });
    await clock.advance(4000);
    expect(beats()).toEqual([5, 6, 7, 5, 6]);
  });

  it("makes the device degraded while its point does not change, and online when it does", async () => {
    const { clock, session, states } = await setUp();
    await clock.advance(5000);
    expect(states).toEqual(["online ", "degraded watchdog: pulse has not changed for over 3000 ms"]);
    session.registers.set("1:20", 1);
    await clock.advance(1100);
    expect(states.at(-1)).toBe("online ");
  });

  it("says that its writes fail, goes on with the next value, and never repeats one", async () => {
    const { clock, session, states, beats } = await setUp({
      write: { point: "beat", values: { list: [1, 2, 3] }, everyMs: 1000 },
    });
    session.behave = (_, { kind }) => (kind === "writeSingleRegister" ? 3 : "answer");
    await clock.advance(1990);
    expect(states.at(-1)).toBe("degraded watchdog: beat could not be written: exception 3 (illegal data value)");
    session.behave = () => "answer";
    await clock.advance(2000);
    expect(states.at(-1)).toBe("online ");
    expect(beats()).toEqual([1, 2, 3, 1, 2]);
  });

  it("stays silent while writing is off, once its device is disabled or gone, and when the module closes", async () => {
    const { clock, apply, device, beats, controller, setPolicy } = await setUp();
    const during = async (ms: number): Promise<number> => {
      const before = beats().length;
      await clock.advance(ms);
      return beats().length - before;
    };
    expect(await during(3000)).toBe(3);
    setPolicy("off");
    expect(await during(3000)).toBe(0);
    setPolicy("declared");
    expect(await during(3000)).toBe(3);
    apply([{ ...device, enabled: false, fingerprint: "plc 2" }]);
    expect(await during(3000)).toBe(0);
    apply([device]);
    expect(await during(3000)).toBeGreaterThan(2);
    apply([]);
    expect(await during(3000)).toBe(0);
    apply([device]);
    controller.abort();
    expect(await during(3000)).toBeLessThanOrEqual(1);
    expect(await during(3000)).toBe(0);
  });

  it("is not disturbed by a document that leaves its device as it is", async () => {
    const { clock, apply, device, beats } = await setUp();
    await clock.advance(1500);
    apply([device]);
    await clock.advance(2000);
    expect(beats()).toEqual([0, 1, 0, 1]);
  });

  it("does not judge what was not read: silence is another matter", async () => {
    const { clock, session, states } = await setUp({ read: { point: "pulse", maxUnchangedMs: 3000 } });
    session.behave = () => "silent";
    await clock.advance(10_000);
    expect(states.at(-1)).toMatch(/^offline unit 1/);
    expect(states.join()).not.toContain("watchdog");
  });

  it("counts a bad sample as nothing", async () => {
    const { health, clock, states } = await setUp({ read: { point: "pulse", maxUnchangedMs: 3000 } });
    const bad: Sample = { point: pulse, at: clock.epoch(), reading: { bad: "timeout" } };
    await clock.advance(2000);
    health.cycle(cycleOf("plc", [bad]));
    await clock.advance(900);
    expect(states.join()).not.toContain("watchdog");
  });

  it("writes nothing that waited for its turn while its device was disabled", async () => {
    const { clock, apply, device, beats, runner } = await setUp();
    await clock.advance(500);
    const before = beats().length;
    const gate = runner.command(() => new Promise((resolve) => clock.setTimer(1000, () => resolve(1))), NEVER);
    await clock.advance(700);
    apply([{ ...device, enabled: false, fingerprint: "off" }]);
    await clock.advanceUntil(gate);
    await clock.advance(2000);
    expect(beats().length).toBe(before);
  });

  it("of a device that is away costs its line next to nothing, and begins again as soon as it answers", async () => {
    const { clock, session, beats } = await setUp();
    session.behave = () => "silent";
    await clock.advance(10_000);
    const before = beats().length;
    await clock.advance(60_000);
    expect(beats().length).toBe(before);
    expect(before).toBeLessThanOrEqual(4);
    session.behave = () => "answer";
    await clock.advance(60_000);
    const after = beats().length;
    await clock.advance(5000);
    expect(beats().length - after).toBe(5);
  });

  it("of one that is not polled either is tried from time to time: at most 4 % of the line's time", async () => {
    const { clock, session, beats } = await setUp(
      { write: { point: "beat", values: { list: [0, 1] }, everyMs: 1000 } },
      [beat],
    );
    session.behave = () => "silent";
    await clock.advance(10_000);
    const before = beats().length;
    await clock.advance(250_000);
    expect(beats().length - before).toBeGreaterThanOrEqual(9);
    expect(beats().length - before).toBeLessThanOrEqual(10);
    session.behave = () => "answer";
    await clock.advance(30_000);
    expect(beats().length - before).toBeGreaterThan(12);
  });

  it("does not read back a beat whose answer was lost: the next one follows", async () => {
    const readable = { ...beat, access: "readWrite" } as const;
    const { clock, session } = await setUp({ write: { point: "beat", values: { list: [0, 1] }, everyMs: 1000 } }, [
      { ...readable, group: "never" },
    ]);
    session.behave = (_, { kind }) => (kind === "writeSingleRegister" ? "silent" : "answer");
    await clock.advance(2500);
    expect(session.requests.filter(({ request }) => request.kind === "readRegisters")).toEqual([]);
  });
});
