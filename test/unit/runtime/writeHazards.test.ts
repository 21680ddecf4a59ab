import type { DeviceConfig, GatewayConfig, WritePolicy } from "../../../src/core/config/gatewayConfig";
import type { ModbusRequest } from "../../../src/core/modbus/pdu";
import type { Point, PointValue, WriteRule } from "../../../src/core/points/point";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { createDeviceAccess } from "../../../src/runtime/deviceAccess";
import { createFakeSession, type FakeRequest } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

const NEVER = new AbortController().signal;

function rw(more: Partial<WriteRule> = {}) {
  return { access: "readWrite", write: { verify: "readBack", ...more } } as const;
}

/** A boiler on a line; everything that a write stands on can change while it waits. */
async function setUp(points: readonly Point[], more: Partial<DeviceConfig> = {}) {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  const groups = new Map([["default", aGroup("default", 3_600_000, { poll: "onDemand" })]]);
  const device = aDevice("boiler", points, { groups, ...more });
  const connection = aConnection();
  const runner = createConnectionRunner(
    connection,
    {
      clock,
      log: silentLog,
      openLink: () => Promise.reject(new TypeError("not used: the session is a fake")),
      onCycle: () => undefined,
      onConnection: () => undefined,
    },
    session.open,
  );
  const told: string[] = [];
  const state: { config: GatewayConfig; writes: WritePolicy } = {
    config: { connections: new Map([["line", connection]]), devices: new Map([["boiler", device]]), module: {} },
    writes: "declared",
  };
  const access = createDeviceAccess({
    clock,
    config: () => state.config,
    runner: () => runner,
    writes: () => state.writes,
    onSamples: (_device, samples) => void told.push(...samples.map(({ point }) => point.name)),
  });

  runner.apply([device]);
  session.state("open");
  await clock.advance(1000);
  session.requests.length = 0;
  const start = (values: Record<string, PointValue>, signal = NEVER) =>
    access.write("boiler", new Map(Object.entries(values)), signal);
  const write = (values: Record<string, PointValue>, signal = NEVER) => clock.advanceUntil(start(values, signal));
  const asked = (): readonly ModbusRequest[] => session.requests.map(({ request }) => request);
  const written = () => asked().filter(({ kind }) => kind.startsWith("write") || kind.startsWith("mask"));
  /** Others have the bus until this is called. */
  const occupy = (): (() => void) => {
    let free = (): void => undefined;
    void runner.command(() => new Promise<void>((resolve) => (free = resolve)), NEVER);
    return () => free();
  };
  /** Another host behind the same name: the device is what it was. */
  const repoint = (): void => {
    const elsewhere = { ...connection, host: "192.0.2.77", fingerprint: "elsewhere" };
    state.config = { ...state.config, connections: new Map([["line", elsewhere]]) };
  };
  return { clock, session, access, state, told, start, write, asked, written, occupy, repoint, runner };
}

describe("a write that waits for its turn", () => {
  const two = [aPoint("a", 10, rw()), aPoint("b", 20, rw())] as const;

  it("is not sent any more when writing has been switched off, and says so", async () => {
    const { clock, state, start, asked, occupy } = await setUp(two);
    const free = occupy();
    const writing = start({ a: 1 });
    await clock.advance(10);
    state.writes = "off";
    free();
    expect((await clock.advanceUntil(writing)).get("a")).toMatchObject({
      outcome: "refused",
      status: 403,
      attempts: 0,
      reason: "nothing was written: writing has been switched off while it waited",
    });
    expect(asked()).toEqual([]);
  });

  it("nor the rest of one that has begun", async () => {
    const { clock, state, start, written } = await setUp(two);
    const writing = start({ a: 1, b: 2 });
    await clock.advance(5);
    state.writes = "off";
    const results = await clock.advanceUntil(writing);
    expect(results.get("a")).toMatchObject({ outcome: "verified" });
    expect(results.get("b")).toMatchObject({
      outcome: "refused",
      status: 403,
      attempts: 0,
      reason: "not written: writing has been switched off while it waited",
    });
    expect(written()).toHaveLength(1);
  });

  it("nor a part of a register, between its reading and its writing", async () => {
    const { clock, state, start, asked } = await setUp([aPoint("pump", 5, { ...rw(), bit: 0 })]);
    const writing = start({ pump: true });
    await clock.advance(5);
    state.writes = "off";
    expect((await clock.advanceUntil(writing)).get("pump")).toMatchObject({ status: 403, attempts: 0 });
    expect(asked().map(({ kind }) => kind)).toEqual(["readRegisters"]);
  });

  it.each(["before its turn", "in its turn"])(
    "nor when the unit had to rest %s, and it was withdrawn meanwhile",
    async (when) => {
      const { clock, session, state, start, asked, occupy } = await setUp([two[0]], { connectDelayMs: 2000 });
      const free = occupy();
      const inTurn = when === "in its turn" ? start({ a: 1 }) : undefined;
      await clock.advance(1);
      session.state("closed");
      session.state("open");
      await clock.advance(1);
      const writing = inTurn ?? start({ a: 1 });
      free();
      await clock.advance(1000);
      state.writes = "off";
      expect((await clock.advanceUntil(writing)).get("a")).toMatchObject({ status: 403, attempts: 0 });
      expect(asked()).toEqual([]);
    },
  );

  it("nor when its device is gone by then: 404, as to any call after that", async () => {
    const { clock, state, start, occupy, asked } = await setUp(two);
    const free = occupy();
    const writing = start({ a: 1 });
    await clock.advance(10);
    state.config = { ...state.config, devices: new Map() };
    free();
    expect((await clock.advanceUntil(writing)).get("a")).toMatchObject({
      ...{ outcome: "refused", status: 404, attempts: 0 },
      reason: "nothing was written: boiler has just been removed",
    });
    expect(asked()).toEqual([]);
  });

  it("nor when its connection leads to another host by now", async () => {
    const { clock, start, occupy, repoint, asked } = await setUp(two);
    const free = occupy();
    const writing = start({ a: 1 });
    await clock.advance(10);
    repoint();
    free();
    const result = (await clock.advanceUntil(writing)).get("a");
    expect(result).toMatchObject({ outcome: "refused", status: 409, attempts: 0 });
    expect(result?.reason).toContain("has just changed");
    expect(asked()).toEqual([]);
  });
});

describe("a long reading", () => {
  it("yields nothing of the host that its connection led to before", async () => {
    const { clock, session, access, repoint } = await setUp([aPoint("a", 10, rw()), aPoint("b", 9000, rw())]);
    session.registers.set("1:10", 7);
    const reading = access.read("boiler", ["a", "b"], NEVER);
    await clock.advance(15);
    repoint();
    expect(await clock.advanceUntil(reading)).toEqual([]);
    expect(access.latest("boiler").size).toBe(0);
  });

  it("nor do the samples that are kept", async () => {
    const { clock, access, repoint } = await setUp([aPoint("a", 10, rw())]);
    await clock.advanceUntil(access.read("boiler", ["a"], NEVER));
    expect(access.latest("boiler").size).toBe(1);
    repoint();
    expect(access.latest("boiler").size).toBe(0);
  });
});

describe("what is scaled by a register", () => {
  const sf = aPoint("sf", 50, { ...rw(), type: "int16" });
  const limit = aPoint("limit", 5, { ...rw(), scaledBy: [{ as: "power", point: { ...sf, access: "read" } }] });
  const floor = { ...limit, name: "floor", address: 15 };

  it("is written by the scale of the turn in which it is sent: no other write comes between", async () => {
    const { clock, session, start, written } = await setUp([limit, sf]);
    const first = start({ limit: 40 });
    const second = start({ sf: 1 });
    await clock.advanceUntil(Promise.all([first, second]));
    expect(written()).toEqual([
      { kind: "writeSingleRegister", address: 5, value: 40 },
      { kind: "writeSingleRegister", address: 50, value: 1 },
    ]);
    expect((await first).get("limit")).toMatchObject({ outcome: "verified" });
    expect(session.registers.get("1:50")).toBe(1);
  });

  it("is written by the scale after a rest, not by the one before it", async () => {
    const slow = { ...limit, write: { verify: "readBack", verifyDelayMs: 500 } } as const;
    const { clock, start, written } = await setUp([slow, floor, sf]);
    const writing = start({ limit: 40, floor: 20 });
    await clock.advance(100);
    const other = start({ sf: 1 });
    const results = await clock.advanceUntil(writing);
    await clock.advanceUntil(other);
    expect(written()).toEqual([
      { kind: "writeSingleRegister", address: 5, value: 40 },
      { kind: "writeSingleRegister", address: 50, value: 1 },
    ]);
    // What stands there means 400 by now.
    expect(results.get("limit")).toMatchObject({ outcome: "mismatch", status: 502, readBack: 400 });
    expect(results.get("floor")).toMatchObject({ outcome: "refused", attempts: 0 });
  });

  it("behind another value that is given a rest, by the scale that stands there then", async () => {
    const slow = aPoint("slow", 30, rw({ verifyDelayMs: 500 }));
    const { clock, session, start, written } = await setUp([slow, floor, sf]);
    const writing = start({ slow: 1, floor: 20 });
    await clock.advance(100);
    session.registers.set("1:50", 1);
    expect((await clock.advanceUntil(writing)).get("floor")).toMatchObject({ outcome: "verified", readBack: 20 });
    expect(written().at(-1)).toEqual({ kind: "writeSingleRegister", address: 15, value: 2 });
  });

  it("is a mismatch where the device has changed its scale with the write", async () => {
    const { session, write } = await setUp([limit, sf]);
    session.behave = (_, request) => {
      if (request.kind === "writeSingleRegister") session.registers.set("1:50", 1);
      return "answer";
    };
    expect((await write({ limit: 45 })).get("limit")).toMatchObject({
      outcome: "mismatch",
      status: 502,
      reason: expect.stringContaining("scaled by has changed"),
    });
  });

  it("and what comes after such a mismatch is not written", async () => {
    const { session, write, written } = await setUp([limit, floor, sf]);
    session.behave = (_, request) => {
      if (request.kind === "writeSingleRegister") session.registers.set("1:50", 1);
      return "answer";
    };
    const results = await write({ limit: 45, floor: 20 });
    expect(results.get("limit")).toMatchObject({ outcome: "mismatch" });
    expect(results.get("floor")).toMatchObject({ outcome: "refused", attempts: 0 });
    expect(written()).toHaveLength(1);
  });

  it("is not sent where writing is switched off while its scale is read", async () => {
    const { clock, state, start, written } = await setUp([limit, sf]);
    const writing = start({ limit: 40 });
    await clock.advance(5);
    state.writes = "off";
    expect((await clock.advanceUntil(writing)).get("limit")).toMatchObject({ status: 403, attempts: 0 });
    expect(written()).toEqual([]);
  });

  it("is looked at as a whole first: where one value can't be carried, none is written", async () => {
    const { session, write, written } = await setUp([limit, floor, sf]);
    session.registers.set("1:50", 1);
    const results = await write({ limit: 40, floor: 25 });
    expect([...results.values()].map(({ outcome, status }) => [outcome, status])).toEqual([
      ["refused", 422],
      ["refused", 422],
    ]);
    expect(written()).toEqual([]);
  });
});

describe("minWriteIntervalMs", () => {
  const eeprom = aPoint("eeprom", 10, rw({ minIntervalMs: 10_000 }));
  const times = (requests: readonly FakeRequest[]) =>
    requests.filter(({ request }) => request.kind === "writeSingleRegister").map(({ at }) => at);

  it("holds for two that ask in the same moment", async () => {
    const { clock, session, start } = await setUp([eeprom]);
    await clock.advanceUntil(Promise.all([start({ eeprom: 1 }), start({ eeprom: 2 })]));
    const [first = 0, second = 0] = times(session.requests);
    expect(second - first).toBeGreaterThanOrEqual(10_000);
    await clock.advanceUntil(Promise.all([start({ eeprom: 3 }), start({ eeprom: 4 })]));
    const all = times(session.requests);
    expect(all).toHaveLength(4);
    for (const [i, at] of all.slice(1).entries()) expect(at - (all[i] ?? 0)).toBeGreaterThanOrEqual(10_000);
  });

  it("counts from the sending, not from when the turn was asked for", async () => {
    const { clock, session, start, occupy } = await setUp([eeprom]);
    const free = occupy();
    const first = start({ eeprom: 1 });
    await clock.advance(9000);
    free();
    await clock.advanceUntil(first);
    await clock.advanceUntil(start({ eeprom: 2 }));
    const [before = 0, after = 0] = times(session.requests);
    expect(after - before).toBeGreaterThanOrEqual(10_000);
  });

  it("lets one whose time is over say why", async () => {
    const { clock, start } = await setUp([eeprom]);
    const abort = new AbortController();
    const [first, second] = [start({ eeprom: 1 }), start({ eeprom: 2 }, abort.signal)];
    clock.setTimer(1000, () => abort.abort());
    await clock.advanceUntil(first);
    expect((await clock.advanceUntil(second)).get("eeprom")).toMatchObject({
      outcome: "refused",
      status: 409,
      attempts: 0,
      reason: expect.stringContaining("minWriteIntervalMs"),
    });
  });
});

describe("an answer that does not say whether it was carried out", () => {
  const a = aPoint("a", 10, rw());

  it.each([4, 11])("exception %i: what the device holds decides", async (code) => {
    const done = await setUp([a]);
    done.session.behave = (_, { kind }) => {
      if (kind !== "writeSingleRegister") return "answer";
      done.session.registers.set("1:10", 7);
      return code;
    };
    expect((await done.write({ a: 7 })).get("a")).toMatchObject({ outcome: "verified", status: 200, attempts: 1 });
    const not = await setUp([a]);
    not.session.behave = (_, { kind }) => (kind === "writeSingleRegister" ? code : "answer");
    const result = (await not.write({ a: 7 })).get("a");
    expect(result).toMatchObject({ outcome: code === 4 ? "refused" : "mismatch", status: 502, readBack: 0 });
    expect(result?.reason).toContain(`exception ${code}`);
    const away = await setUp([a]);
    away.session.behave = () => code;
    expect((await away.write({ a: 7 })).get("a")).toMatchObject({ outcome: "unknown", status: 504, attempts: 1 });
    for (const { written } of [done, not, away]) expect(written()).toHaveLength(1);
  });

  it("a point that is never read: that it holds something else says nothing", async () => {
    const pulse = aPoint("pulse", 8, { access: "write", kind: "none", write: { verify: "echo" } });
    const { session, write, written, told } = await setUp([pulse]);
    session.behave = (_, { kind }) => (kind === "writeSingleRegister" ? "timeout" : "answer");
    expect((await write({ pulse: 1 })).get("pulse")).toMatchObject({ outcome: "unknown", status: 504, attempts: 1 });
    session.registers.set("1:8", 1);
    expect((await write({ pulse: 1 })).get("pulse")).toMatchObject({ outcome: "verified", status: 200 });
    expect(written()).toHaveLength(2);
    expect(told).toEqual([]);
  });

  it("what may never be read is not read for it either", async () => {
    const pulse = aPoint("pulse", 8, { access: "write", kind: "none", write: { verify: "echo" } });
    const limits = { ...aDevice("x", []).limits, neverRead: [[8, 8]] as const };
    const { session, write, asked } = await setUp([pulse], { limits });
    session.behave = () => "timeout";
    expect((await write({ pulse: 1 })).get("pulse")).toMatchObject({ outcome: "unknown", status: 504 });
    expect(asked().map(({ kind }) => kind)).toEqual(["writeSingleRegister"]);
  });
});

describe("a unit that rests after the connect", () => {
  it("does not keep the bus from others while a command waits for it", async () => {
    const { clock, session, start, runner, written } = await setUp([aPoint("a", 10, rw())], { connectDelayMs: 5000 });
    session.state("closed");
    session.state("open");
    const writing = start({ a: 1 });
    await clock.advance(10);
    let served = false;
    void runner.command(async () => {
      served = true;
    }, NEVER);
    await clock.advance(10);
    expect(served).toBe(true);
    expect(written()).toEqual([]);
    expect((await clock.advanceUntil(writing)).get("a")).toMatchObject({ outcome: "verified" });
  });
});

describe("what has been sent", () => {
  it("is read back although the caller's time ends while others have the bus", async () => {
    const { clock, start, occupy } = await setUp([aPoint("slow", 10, rw({ verifyDelayMs: 300 }))]);
    const abort = new AbortController();
    const writing = start({ slow: 7 }, abort.signal);
    await clock.advance(100);
    const free = occupy();
    await clock.advance(900);
    abort.abort();
    await clock.advance(500);
    free();
    expect((await clock.advanceUntil(writing)).get("slow")).toMatchObject({ outcome: "verified", attempts: 1 });
  });
});

describe("a request that never left", () => {
  it("counts as none: the time was over while its unit rested after the connect", async () => {
    const { clock, session, start, asked } = await setUp([aPoint("a", 10, rw())], { connectDelayMs: 5000 });
    session.state("closed");
    session.state("open");
    await clock.advance(1);
    const abort = new AbortController();
    clock.setTimer(1000, () => abort.abort());
    expect((await clock.advanceUntil(start({ a: 1 }, abort.signal))).get("a")).toMatchObject({
      outcome: "refused",
      status: 504,
      attempts: 0,
    });
    expect(asked()).toEqual([]);
  });
});

describe("what reading does not show", () => {
  const rounded = aPoint("rounded", 10, { ...rw(), scale: { coefficient: 1n, scale: 1 }, decimals: 0 });
  const states = new Map([
    ["1", "on"],
    ["2", "on"],
  ]);
  const state = aPoint("state", 11, { ...rw(), enum: states });
  const plain = aPoint("plain", 12, rw());

  it("is written all the same, and verified", async () => {
    const { write, written } = await setUp([rounded, state]);
    const results = await write({ rounded: 22.9, state: 2 });
    expect(written()).toEqual([{ kind: "writeRegisters", address: 10, values: [229, 2] }]);
    expect(results.get("rounded")).toMatchObject({ outcome: "verified", requested: 22.9, readBack: 23 });
    expect(results.get("state")).toMatchObject({ outcome: "verified", requested: 2, readBack: "on" });
  });

  it.each<[string, number, PointValue, boolean]>([
    ["rounded", 229, 23, false],
    ["rounded", 230, 23, true],
    ["rounded", 229, 22.9, true],
    ["state", 1, 2, false],
    ["state", 2, 2, true],
    ["plain", 7, 7, true],
    ["plain", 8, 7, false],
  ])("counts when a device is compared: %s with %d in its register and %p: %p", async (name, raw, value, isSame) => {
    const { clock, session, access, asked } = await setUp([rounded, state, plain]);
    session.registers.set(`1:${[rounded, state, plain].find((point) => point.name === name)?.address}`, raw);
    const compared = await clock.advanceUntil(access.compare("boiler", name, value, NEVER));
    expect(compared?.isSame).toBe(isSame);
    expect(asked()).toHaveLength(1);
    expect([...access.latest("boiler").keys()]).toEqual([name]);
  });

  it.each<[number, boolean, boolean]>([
    [98, true, false],
    [102, true, false],
    [100, true, true],
    [97, false, false],
  ])("nor what is within the tolerance: %d is near 50: %p, the same: %p", async (raw, isNear, isSame) => {
    const half = { coefficient: 5n, scale: 1 };
    const { clock, session, access } = await setUp([
      aPoint("valve", 10, { ...rw({ verifyTolerance: 2 }), scale: half }),
    ]);
    session.registers.set("1:10", raw);
    const compared = await clock.advanceUntil(access.compare("boiler", "valve", 50, NEVER));
    expect(compared).toEqual({ reading: { value: raw / 2 }, isNear, isSame });
  });

  it("is not compared with what has become another device, nor with silence", async () => {
    const { clock, session, access, repoint } = await setUp([plain]);
    session.behave = () => "silent";
    expect(await clock.advanceUntil(access.compare("boiler", "plain", 0, NEVER))).toEqual({
      reading: { bad: "timeout" },
      isSame: false,
      isNear: false,
    });
    session.behave = () => "answer";
    const comparing = access.compare("boiler", "plain", 0, NEVER);
    repoint();
    expect(await clock.advanceUntil(comparing)).toBeUndefined();
    expect(await access.compare("boiler", "nothing", 0, NEVER)).toBeUndefined();
  });
});
