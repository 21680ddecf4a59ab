import type { ConnectionConfig, DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { type DeviceCycle, samplesOf } from "../../../src/core/telemetry/sample";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import type { FakeRequest } from "../../support/fakeSession";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

const every = (intervalMs: number) => new Map([["default", aGroup("default", intervalMs)]]);
const NEVER = new AbortController().signal;

function setUp(devices: readonly DeviceConfig[], connection: ConnectionConfig = aConnection()) {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  const cycles: { at: number; cycle: DeviceCycle }[] = [];
  const runner = createConnectionRunner(
    connection,
    {
      clock,
      log: silentLog,
      openLink: () => Promise.reject(new TypeError("not used: the session is a fake")),
      onCycle: (cycle) => cycles.push({ at: clock.monotonic(), cycle }),
      onConnection: () => undefined,
    },
    session.open,
  );
  runner.apply(devices);
  session.state("open");
  const asked = (unitId: number): string[] =>
    session.requests.filter((one) => one.unitId === unitId).map(({ request }) => shownRequest(request));
  const askedAt = (unitId: number): number[] =>
    session.requests.filter((one) => one.unitId === unitId).map(({ at }) => at);
  const yields = (device: string): string[] =>
    cycles.filter(({ cycle }) => cycle.device === device).map(({ cycle }) => shownCycle(cycle));
  return { clock, session, cycles, runner, asked, askedAt, yields };
}

function shownRequest(request: FakeRequest["request"]): string {
  return `${request.address}+${"count" in request ? request.count : "w"}`;
}

function shownCycle({ runs }: DeviceCycle): string {
  const texts = samplesOf(runs).map(({ point, reading }) => `${point.name}=${"value" in reading ? "ok" : reading.bad}`);
  return texts.sort().join(" ");
}

describe("a unit that fails", () => {
  const silent = aDevice("silent", [aPoint("a", 0), aPoint("b", 100)], { unitId: 2, groups: every(500) });
  const live = aDevice("live", [aPoint("c", 0)], { groups: every(500) });

  it("silent: is probed with its smallest request in at most 5 % of the line's time; the neighbour keeps its polls", async () => {
    const { clock, session, askedAt, yields, runner } = setUp([silent, live]);
    session.behave = (unitId) => (unitId === 2 ? "silent" : "answer");
    await clock.advance(10_000);
    const opened = askedAt(2)[2] ?? Number.NaN;
    expect(askedAt(2)).toHaveLength(3);
    await clock.advance(600_000);
    const probes = askedAt(2).slice(3);
    const elapsed = clock.monotonic() - opened;
    expect(probes.length).toBeGreaterThan(5);
    // A probe costs the response timeout of a second.
    expect((probes.length * 1000) / elapsed).toBeLessThanOrEqual(0.05);
    const polls = askedAt(1).filter((at) => at > opened + 1000);
    expect(polls.length / ((clock.monotonic() - opened - 1000) / 500)).toBeGreaterThanOrEqual(0.95);
    const periods = polls.slice(1).map((at, index) => at - (polls[index] ?? 0));
    expect(periods.sort((x, y) => x - y)[periods.length >> 1]).toBe(500);
    expect(new Set(yields("silent"))).toEqual(new Set(["a=timeout b=timeout"]));
    expect(new Set(yields("live"))).toEqual(new Set(["c=ok"]));
    await clock.advanceUntil(runner.close());
  });

  it("many dead units share the 5 %", async () => {
    const dead = [2, 3, 4, 5, 6, 7].map((unitId) => ({
      ...silent,
      name: `dead${unitId}`,
      unitId,
      fingerprint: `${unitId}`,
    }));
    const { clock, session, runner } = setUp([...dead, live]);
    session.behave = (unitId) => (unitId === 1 ? "answer" : "silent");
    await clock.advance(60_000);
    const before = session.requests.filter(({ unitId }) => unitId !== 1).length;
    await clock.advance(1_000_000);
    const probes = session.requests.filter(({ unitId }) => unitId !== 1).length - before;
    expect(probes).toBeGreaterThan(30);
    expect(probes).toBeLessThanOrEqual(50);
    for (const { unitId } of dead) {
      expect(session.requests.some((one) => one.unitId === unitId && one.at > 700_000)).toBe(true);
    }
    await clock.advanceUntil(runner.close());
  });

  it("is polled as before from its first answered probe on, and so are those that went with it", async () => {
    const other = { ...silent, name: "other", unitId: 3, fingerprint: "3" };
    const { clock, session, askedAt, yields, runner } = setUp([silent, other, live]);
    let jammed = true;
    session.behave = () => (jammed ? "silent" : "answer");
    await clock.advance(60_000);
    jammed = false;
    const back = clock.monotonic();
    await clock.advance(40_000);
    const first = Math.min(...[1, 2, 3].flatMap((unit) => askedAt(unit).filter((at) => at >= back)));
    for (const unit of [1, 2, 3]) {
      const again = askedAt(unit).filter((at) => at >= first && at < first + 5000);
      expect(again.length).toBeGreaterThanOrEqual(unit === 1 ? 9 : 18);
    }
    expect(yields("silent").at(-1)).toBe("a=ok b=ok");
    await clock.advanceUntil(runner.close());
  });

  it("alone on a network endpoint: only its own distances count, so that the connection is soon opened anew", async () => {
    const { clock, session, askedAt, runner } = setUp([silent]);
    session.behave = () => "silent";
    await clock.advance(10_000);
    expect(askedAt(2)).toEqual([0, 1000, 2000, 4000, 7000]);
    await clock.advanceUntil(runner.close());
  });

  it("behind a gateway that says 0B: it alone is left", async () => {
    const { clock, session, asked, yields, runner } = setUp([silent, live]);
    session.behave = (unitId) => (unitId === 2 ? 11 : "answer");
    await clock.advance(30_500);
    expect(asked(2).length).toBeLessThan(12);
    expect(asked(1).length).toBeGreaterThanOrEqual(60);
    expect(new Set(yields("silent"))).toEqual(new Set(["a=exception:11 b=exception:11"]));
    await clock.advanceUntil(runner.close());
  });

  it("tells all its points bad when it is given up, not only those that were due", async () => {
    const groups = new Map([
      ["fast", aGroup("fast", 500)],
      ["slow", aGroup("slow", 600_000)],
    ]);
    const device = aDevice("two", [aPoint("f", 0, { group: "fast" }), aPoint("s", 50, { group: "slow" })], { groups });
    const { clock, session, yields, runner } = setUp([device]);
    await clock.advance(600);
    session.behave = () => "silent";
    await clock.advance(10_000);
    expect(yields("two")).toContain("s=timeout");
    await clock.advanceUntil(runner.close());
  });

  it("is still tried once for a command, and an answer brings it back at once", async () => {
    const { clock, session, asked, yields, runner } = setUp([silent, live]);
    session.behave = (unitId) => (unitId === 2 ? "silent" : "answer");
    await clock.advance(12_000);
    const before = asked(2).length;
    const ask = () =>
      runner.command(
        (bus) => bus.transact(2, { kind: "readRegisters", table: "holding", address: 9, count: 1 }),
        NEVER,
      );
    const tried = await clock.advanceUntil(ask());
    expect([tried?.ok, asked(2).length]).toEqual([false, before + 1]);
    session.behave = () => "answer";
    await clock.advanceUntil(ask());
    await clock.advance(100);
    expect(yields("silent").at(-1)).toBe("a=ok b=ok");
    await clock.advanceUntil(runner.close());
  });

  it("busy (06): is asked again after a pause, the neighbour goes first; then less and less often", async () => {
    const { clock, session, askedAt, yields, runner } = setUp([silent, live], aConnection({ readRetries: 1 }));
    session.behave = (unitId, { address }) => (unitId === 2 && address === 0 ? 6 : "answer");
    await clock.advance(240);
    expect([askedAt(2).length, askedAt(1).length]).toEqual([1, 1]);
    await clock.advance(59_760);
    const refused = session.requests.filter(({ unitId, request }) => unitId === 2 && request.address === 0);
    expect(refused.length).toBeLessThan(30);
    expect(new Set(yields("silent"))).toEqual(new Set(["a=exception:6 b=ok"]));
    expect(yields("silent").length).toBeGreaterThanOrEqual(100);
    await clock.advanceUntil(runner.close());
  });
});

describe("a unit that refuses addresses", () => {
  /** Refuses every request that touches one of these addresses. */
  function withHoles(holes: readonly number[], code = 2) {
    return (_unit: number, request: FakeRequest["request"]) => {
      const count = "count" in request ? request.count : 1;
      return holes.some((hole) => hole >= request.address && hole < request.address + count) ? code : "answer";
    };
  }
  const points = Array.from({ length: 40 }, (_, n) => aPoint(`p${n}`, 2 * n));
  const device = aDevice("meter", points, { groups: every(1000) });
  const good = (bad: readonly string[]): string =>
    points
      .map(({ name }) => `${name}=${bad.includes(name) ? "exception:2" : "ok"}`)
      .sort()
      .join(" ");

  it("bad addresses: only the points on them are bad, from the first cycle on; then it is read around them", async () => {
    const { clock, session, yields, runner } = setUp([device]);
    session.behave = withHoles([24, 61]);
    await clock.advance(900);
    // 61 lies in a gap: no point suffers.
    expect(yields("meter")).toEqual([good(["p12"])]);
    await clock.advance(5000);
    const settled = session.requests.length;
    await clock.advance(5000);
    expect(new Set(yields("meter"))).toEqual(new Set([good(["p12"])]));
    // Three blocks a cycle, not one of them refused.
    expect(session.requests.length - settled).toBe(15);
    await clock.advanceUntil(runner.close());
  });

  it("never asks more than a bounded number of times more in one cycle, and gets there in the end", async () => {
    const holes = points.map(({ address }) => address).filter((_, n) => n % 2 === 0);
    const { clock, session, yields, runner } = setUp([device]);
    session.behave = withHoles(holes);
    await clock.advance(990);
    expect(session.requests.length).toBeLessThanOrEqual(25);
    await clock.advance(20_000);
    const bad = points.filter((_, n) => n % 2 === 0).map(({ name }) => name);
    expect(yields("meter").at(-1)).toBe(good(bad));
    const settled = session.requests.length;
    await clock.advance(1000);
    expect(session.requests.length - settled).toBe(20);
    await clock.advanceUntil(runner.close());
  });

  it("tries again what it has learned, slowly, without losing a value meanwhile", async () => {
    const { clock, session, yields, runner } = setUp([device]);
    session.behave = withHoles([24]);
    await clock.advance(599_000);
    session.behave = () => "answer";
    await clock.advance(5_000);
    expect(yields("meter").at(-1)).toBe(good([]));
    await clock.advanceUntil(runner.close());
  });

  it("everything refused while it starts is not held against it", async () => {
    const { clock, session, yields, runner } = setUp([device]);
    session.behave = () => 2;
    await clock.advance(3900);
    session.behave = () => "answer";
    await clock.advance(1000);
    expect(yields("meter").at(-1)).toBe(good([]));
    await clock.advanceUntil(runner.close());
  });

  it("a function that it lacks is not asked for any more", async () => {
    const bits = aPoint("bit", 0, { table: "coil", type: "bool" });
    const { clock, session, yields, runner } = setUp([aDevice("meter", [bits, aPoint("r", 0)])]);
    session.behave = (_, request) => (request.kind === "readBits" ? 1 : "answer");
    await clock.advance(9500);
    expect(session.requests.filter(({ request }) => request.kind === "readBits")).toHaveLength(3);
    expect(new Set(yields("meter"))).toEqual(new Set(["bit=exception:1 r=ok"]));
    await clock.advanceUntil(runner.close());
  });

  it("that gives no answer to large blocks gets smaller ones", async () => {
    const { clock, session, yields, runner } = setUp([aDevice("meter", points, { groups: every(5000) })]);
    session.behave = (_, request) => ("count" in request && request.count > 30 ? "silent" : "answer");
    await clock.advance(900_000);
    expect(yields("meter").at(-1)).toBe(good([]));
    await clock.advanceUntil(runner.close());
  });
});

describe("devices on one unit", () => {
  it("share requests where they are due together, each with its own samples", async () => {
    const left = aDevice("left", [aPoint("a", 0), aPoint("c", 2)]);
    const right = aDevice("right", [aPoint("b", 1)], { fingerprint: "right" });
    const { clock, session, asked, cycles, runner } = setUp([left, right]);
    for (const address of [0, 1, 2]) session.registers.set(`1:${address}`, 10 + address);
    await clock.advance(900);
    expect(asked(1)).toEqual(["0+3"]);
    const values = cycles.map(({ cycle }) => [cycle.device, ...samplesOf(cycle.runs).map(({ reading }) => reading)]);
    expect(values).toEqual([
      ["left", { value: 10 }, { value: 12 }],
      ["right", { value: 11 }],
    ]);
    await clock.advanceUntil(runner.close());
  });
});

describe("a line that is too slow for its plan", () => {
  it("says by how much it is stretched, by priority", async () => {
    const of = (priority: "high" | "low", unitId: number) =>
      aDevice(`${priority}${unitId}`, [aPoint("a", 0)], {
        unitId,
        fingerprint: `${unitId}`,
        groups: new Map([["default", aGroup("default", 1000, { priority })]]),
      });
    const { clock, session, runner } = setUp([1, 2, 3].flatMap((n) => [of("high", n), of("low", 10 + n)]));
    session.latencyMs = 400;
    await clock.advance(120_000);
    const { stretch } = runner.status();
    expect(stretch?.high).toBeGreaterThan(1.1);
    expect(stretch?.low).toBeGreaterThan(2 * (stretch?.high ?? 0));
    // What was read and what was missed make all that was due.
    const polls = session.requests.length;
    const { devices } = runner.status();
    const overruns = [...devices.values()].reduce((sum, one) => sum + one.overruns, 0);
    expect(Math.abs(polls + overruns - 6 * 120)).toBeLessThanOrEqual(18);
    await clock.advanceUntil(runner.close());
  });
});

describe("a connection that bears several requests", () => {
  const units = [1, 2, 3, 4].map((unitId) =>
    aDevice(`d${unitId}`, [aPoint("a", 0), aPoint("b", 100)], { unitId, fingerprint: `${unitId}` }),
  );

  it("polls several units at the same time, never one unit twice; a command waits for those under way alone", async () => {
    const { clock, session, runner, asked } = setUp(units, aConnection({ maxInFlight: 3 }));
    session.latencyMs = 100;
    await clock.advance(50);
    const command = runner.command(
      (bus) => bus.transact(9, { kind: "writeSingleRegister", address: 5, value: 1 }),
      NEVER,
    );
    await clock.advance(850);
    expect((await command)?.ok).toBe(true);
    expect(session.mostInFlight).toBe(3);
    expect(session.requests.slice(0, 4).map(({ at, unitId }) => [at, unitId])).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
      [100, 9],
    ]);
    expect([1, 2, 3, 4].map((unit) => asked(unit))).toEqual(Array(4).fill(["0+1", "100+1"]));
    await clock.advanceUntil(runner.close());
  });
});
