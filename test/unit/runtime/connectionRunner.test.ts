import type { ConnectionConfig, DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { type DeviceCycle, samplesOf } from "../../../src/core/telemetry/sample";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

const START = Date.UTC(2026, 0, 1);

function setUp(devices: readonly DeviceConfig[], connection: ConnectionConfig = aConnection()) {
  const clock = createManualClock(START);
  const session = createFakeSession(clock);
  const cycles: { at: number; cycle: DeviceCycle }[] = [];
  const states: string[] = [];
  const runner = createConnectionRunner(
    connection,
    {
      clock,
      log: silentLog,
      openLink: () => Promise.reject(new TypeError("not used: the session is a fake")),
      onCycle: (cycle) => cycles.push({ at: clock.monotonic(), cycle }),
      onConnection: (state, reason) => states.push(`${state} ${reason}`.trim()),
    },
    session.open,
  );
  runner.apply(devices);
  /** `[12] boiler a=1 b=timeout` for every cycle so far. */
  const shown = (): string[] =>
    cycles.map(({ at, cycle }) => {
      const values = samplesOf(cycle.runs).map(
        ({ point, reading }) => `${point.name}=${"value" in reading ? reading.value : reading.bad}`,
      );
      return `[${at}] ${cycle.device} ${values.join(" ")}`;
    });
  return { clock, session, cycles, states, runner, shown };
}

/** Two requests: maxGap does not reach from a to b. */
const twoBlocks = [aPoint("a", 0), aPoint("b", 100)];

describe("connection runner", () => {
  it("polls once at opening, then on the grid, and stamps samples with the arrival of their answer", async () => {
    const { clock, session, cycles, shown, runner } = setUp([aDevice("boiler", twoBlocks)]);
    session.registers.set("1:0", 7);
    session.registers.set("1:100", 8);
    await clock.advance(300);
    expect(session.requests).toEqual([]);
    session.state("open");
    await clock.advance(2000);
    expect(shown()).toEqual(["[320] boiler a=7 b=8", "[1020] boiler a=7 b=8", "[2020] boiler a=7 b=8"]);
    expect(samplesOf(cycles[0]?.cycle.runs ?? []).map(({ at }) => at - START)).toEqual([310, 320]);
    await clock.advanceUntil(runner.close());
    expect(session.closed).toBe(true);
  });

  it("lets a command go before the next request of a cycle under way, one transaction at a time", async () => {
    const { clock, session, runner } = setUp([aDevice("boiler", twoBlocks)]);
    session.state("open");
    await clock.advance(5);
    const command = runner.command(
      (bus) => bus.transact(9, { kind: "writeSingleRegister", address: 5, value: 1 }),
      new AbortController().signal,
    );
    await clock.advance(100);
    expect((await command)?.ok).toBe(true);
    expect(session.requests.map(({ at, unitId }) => [at, unitId])).toEqual([
      [0, 1],
      [10, 9],
      [20, 1],
    ]);
    expect(session.mostInFlight).toBe(1);
    await clock.advanceUntil(runner.close());
  });

  it("keeps the rest of a device when one block is refused", async () => {
    const { clock, session, shown, runner } = setUp([aDevice("boiler", twoBlocks)], aConnection({ readRetries: 3 }));
    session.behave = (_, { address }) => (address === 0 ? 2 : "answer");
    session.state("open");
    await clock.advance(100);
    expect(shown()).toEqual(["[20] boiler a=exception:2 b=0"]);
    await clock.advanceUntil(runner.close());
  });

  it("spends at most 1 + readRetries timeouts on a silent device, then one, and reads its neighbour", async () => {
    const silent = aDevice("silent", twoBlocks, {
      unitId: 2,
      groups: new Map([["default", aGroup("default", 10_000)]]),
    });
    const { clock, session, shown, runner } = setUp(
      [silent, aDevice("live", [aPoint("c", 0)])],
      aConnection({ readRetries: 1 }),
    );
    session.behave = (unitId) => (unitId === 2 ? "silent" : "answer");
    session.state("open");
    await clock.advance(2500);
    expect(shown().slice(0, 2)).toEqual(["[2000] silent a=timeout b=timeout", "[2010] live c=0"]);
    await clock.advance(8700);
    expect(session.requests.filter(({ unitId }) => unitId === 2).map(({ at }) => at)).toEqual([0, 1000, 10_000]);
    expect(runner.status().devices.get("silent")).toMatchObject({ requests: 3, failures: 3, lastError: "no answer" });
    await clock.advanceUntil(runner.close());
  });

  it("repeats a read that noise has spoilt", async () => {
    const { clock, session, shown, runner } = setUp(
      [aDevice("boiler", [aPoint("a", 0)])],
      aConnection({ readRetries: 1 }),
    );
    session.behave = () => (session.requests.length === 1 ? "crc" : "answer");
    session.state("open");
    await clock.advance(100);
    expect(shown()).toEqual(["[20] boiler a=0"]);
    await clock.advanceUntil(runner.close());
  });

  it("yields offline samples on the grid while the connection is down, without using the wire", async () => {
    const { clock, session, shown, states, runner } = setUp([aDevice("boiler", twoBlocks)]);
    session.state("closed", "refused");
    session.state("connecting");
    await clock.advance(1500);
    expect(shown()).toEqual(["[0] boiler a=offline b=offline", "[1000] boiler a=offline b=offline"]);
    expect(session.requests).toEqual([]);
    session.state("open");
    await clock.advance(100);
    expect(shown().slice(2)).toEqual(["[1520] boiler a=0 b=0"]);
    expect(states).toEqual(["closed refused", "connecting test", "open"]);
    expect(runner.status()).toMatchObject({ state: "open", opens: 1, since: START + 1500 });
    await clock.advanceUntil(runner.close());
  });

  it("ends a cycle offline when the connection is lost in its middle", async () => {
    const { clock, session, shown, runner } = setUp([aDevice("boiler", twoBlocks)]);
    session.behave = (_, { address }) => (address === 100 ? "lost" : "answer");
    session.state("open");
    await clock.advance(500);
    expect(shown()).toEqual(["[20] boiler a=0 b=offline"]);
    await clock.advanceUntil(runner.close());
  });

  it("reports nothing of a device that is changed, or removed, while its last answer is on its way", async () => {
    const a = aDevice("a", [aPoint("x", 0)]);
    for (const next of [[], [{ ...a, points: [aPoint("x", 9)], fingerprint: "a 2" }]]) {
      const { clock, session, shown, runner } = setUp([a]);
      session.registers.set("1:0", 7);
      session.registers.set("1:9", 8);
      session.state("open");
      await clock.advance(5);
      expect(session.requests).toHaveLength(1);
      runner.apply(next);
      await clock.advance(100);
      expect(shown()).toEqual(next.length === 0 ? [] : ["[20] a x=8"]);
      await clock.advanceUntil(runner.close());
    }
  });

  it("swaps devices at a transaction boundary and leaves the others on their grid", async () => {
    const a = aDevice("a", [aPoint("x", 0)]);
    const b = aDevice("b", twoBlocks, { unitId: 2 });
    const { clock, session, shown, runner } = setUp([a, b]);
    session.state("open");
    await clock.advance(1015);
    // b's first block of its second cycle is under way.
    runner.apply([
      a,
      { ...b, points: [aPoint("y", 3)], fingerprint: "b 2" },
      aDevice("c", [aPoint("z", 9)], { unitId: 3 }),
    ]);
    await clock.advance(985);
    runner.apply([a]);
    await clock.advance(1100);
    expect(shown()).toEqual([
      "[10] a x=0",
      "[30] b a=0 b=0",
      "[1010] a x=0",
      "[1030] b y=0",
      "[1040] c z=0",
      "[2010] a x=0",
      "[3010] a x=0",
    ]);
    await clock.advanceUntil(runner.close());
  });

  it("plans the points of groups that are due together in common requests", async () => {
    const groups = new Map([
      ["fast", aGroup("fast", 100)],
      ["slow", aGroup("slow", 300)],
    ]);
    const points = [
      aPoint("f", 0, { group: "fast" }),
      aPoint("s", 1, { group: "slow" }),
      aPoint("w", 2, { group: "slow", access: "write" }),
    ];
    const { clock, session, runner } = setUp([aDevice("boiler", points, { groups })]);
    session.state("open");
    await clock.advance(350);
    expect(session.requests.map(({ at, request }) => [at, request])).toEqual([
      [0, { kind: "readRegisters", table: "holding", address: 0, count: 2 }],
      [100, { kind: "readRegisters", table: "holding", address: 0, count: 1 }],
      [200, { kind: "readRegisters", table: "holding", address: 0, count: 1 }],
      [300, { kind: "readRegisters", table: "holding", address: 0, count: 2 }],
    ]);
    await clock.advanceUntil(runner.close());
  });

  it("counts overruns and load", async () => {
    const fast = new Map([["default", aGroup("default", 100)]]);
    const { clock, session, runner } = setUp([aDevice("boiler", [aPoint("a", 0)], { groups: fast })]);
    session.latencyMs = 250;
    session.state("open");
    await clock.advance(1000);
    // Cycles at 0, 250, 500, 750: each passes over one or two instants of the grid.
    expect(session.requests.map(({ at }) => at)).toEqual([0, 250, 500, 750, 1000]);
    expect(runner.status().devices.get("boiler")?.overruns).toBe(6);
    expect(Math.round(runner.status().loadPercent)).toBe(100);
    await clock.advanceUntil(runner.close());
  });

  it("keeps unreadable points out of requests and says so", async () => {
    const limits = { ...aDevice("", []).limits, maxReadRegisters: 1 };
    const points = [aPoint("a", 0), aPoint("wide", 1, { count: 2, type: "uint32", order: [0, 1, 2, 3] })];
    const { clock, session, shown, runner } = setUp([aDevice("boiler", points, { limits })]);
    session.state("open");
    await clock.advance(100);
    expect(shown()).toEqual(["[10] boiler wide=disabled a=0"]);
    await clock.advanceUntil(runner.close());
  });

  it("gives commands that could not begin nothing, and finishes the transaction in flight before it closes", async () => {
    const { clock, session, runner, shown } = setUp([aDevice("boiler", [aPoint("a", 0)])]);
    session.state("open");
    await clock.advance(2);
    const abort = new AbortController();
    const aborted = runner.command(async () => "ran", abort.signal);
    abort.abort();
    expect(await aborted).toBeUndefined();
    const waiting = runner.command(async () => "ran", new AbortController().signal);
    const closing = runner.close();
    expect(await clock.advanceUntil(closing.then(() => "closed"))).toBe("closed");
    expect(await waiting).toBeUndefined();
    expect(shown()).toEqual(["[10] boiler a=0"]);
    expect(await runner.command(async () => "ran", new AbortController().signal)).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });
});
