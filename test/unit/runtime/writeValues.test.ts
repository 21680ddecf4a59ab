import type { ModbusRequest } from "../../../src/core/modbus/pdu";
import type { Point, PointValue, WriteRule } from "../../../src/core/points/point";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { createDeviceAccess } from "../../../src/runtime/deviceAccess";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

const NEVER = new AbortController().signal;

function rw(more: Partial<WriteRule> = {}) {
  return { access: "readWrite", write: { verify: "readBack", ...more } } as const;
}

async function setUp(...points: readonly Point[]) {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  const slow = { groups: new Map([["default", aGroup("default", 3_600_000)]]) };
  const device = aDevice("boiler", points, slow);
  const poll = aPoint("pulse", 900, { group: "fast" });
  const neighbour = aDevice("other", [poll], { unitId: 2, groups: new Map([["fast", aGroup("fast", 100)]]) });
  const connection = aConnection();
  const samples: string[] = [];
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
  const config = { connections: new Map([["line", connection]]), devices: new Map([["boiler", device]]), module: {} };
  const access = createDeviceAccess({
    writes: () => "declared",
    clock,
    config: () => config,
    runner: () => runner,
    onSamples: (_, seen) => void samples.push(...seen.map(({ point }) => point.name)),
  });
  runner.apply([device, neighbour]);
  session.state("open");
  await clock.advance(1000);
  session.requests.length = 0;
  const start = (values: Record<string, PointValue>, signal = NEVER) =>
    access.write("boiler", new Map(Object.entries(values)), signal);
  /** What unit 1 was asked, polls of the neighbour left out. */
  const asked = (): readonly ModbusRequest[] =>
    session.requests.filter(({ unitId }) => unitId === 1).map(({ request }) => request);
  const write = (values: Record<string, PointValue>, signal = NEVER) => clock.advanceUntil(start(values, signal));
  return { clock, session, access, write, start, asked, samples, runner };
}

describe("a part of a register", () => {
  it("is read, changed, written and read back without anything between", async () => {
    const { session, write, asked } = await setUp(aPoint("mode", 5, { ...rw(), mask: 0x00f0n }));
    session.registers.set("1:5", 0xabcd);
    expect((await write({ mode: 3 })).get("mode")).toMatchObject({ outcome: "verified", readBack: 3, attempts: 1 });
    expect(session.registers.get("1:5")).toBe(0xab3d);
    expect(asked()).toEqual([
      { kind: "readRegisters", table: "holding", address: 5, count: 1 },
      { kind: "writeSingleRegister", address: 5, value: 0xab3d },
      { kind: "readRegisters", table: "holding", address: 5, count: 1 },
    ]);
    const units = session.requests.map(({ unitId }) => unitId).join("");
    expect(units).toContain("111");
  });

  it("is changed by FC 22 where that is asked for, its neighbours in the same request", async () => {
    const { session, write, asked } = await setUp(
      aPoint("pump", 5, { ...rw({ function: "mask" }), bit: 0 }),
      aPoint("fan", 5, { ...rw({ function: "mask" }), bit: 4 }),
    );
    session.registers.set("1:5", 0xff00);
    const results = await write({ pump: true, fan: true });
    expect([...results.values()].map(({ outcome }) => outcome)).toEqual(["verified", "verified"]);
    expect(session.registers.get("1:5")).toBe(0xff11);
    expect(asked()[0]).toEqual({ kind: "maskWriteRegister", address: 5, andMask: 0xffee, orMask: 0x0011 });
    expect(asked()).toHaveLength(2);
  });

  it("is not written where its register cannot be read first", async () => {
    const { session, write, asked } = await setUp(aPoint("pump", 5, { ...rw(), bit: 0 }));
    session.behave = (unit) => (unit === 1 ? 2 : "answer");
    expect((await write({ pump: true })).get("pump")).toMatchObject({ outcome: "refused", status: 502, attempts: 0 });
    session.behave = (unit) => (unit === 1 ? "silent" : "answer");
    expect((await write({ pump: true })).get("pump")).toMatchObject({ outcome: "refused", status: 504, attempts: 0 });
    expect(asked().map(({ kind }) => kind)).toEqual(["readRegisters", "readRegisters"]);
  });

  it("is judged by its own bits after a lost answer", async () => {
    const { session, write, asked } = await setUp(aPoint("pump", 5, { ...rw(), bit: 0 }));
    let lose = true;
    session.behave = (_, request) => {
      if (request.kind !== "writeSingleRegister") return "answer";
      // Carried out, its answer lost; a bit beside it changes in the same moment.
      if (lose) session.registers.set("1:5", 0x8001);
      return "timeout";
    };
    expect((await write({ pump: true })).get("pump")).toMatchObject({ outcome: "verified", attempts: 1 });
    lose = false;
    session.registers.set("1:5", 0);
    expect((await write({ pump: true })).get("pump")).toMatchObject({ outcome: "mismatch", status: 502 });
    expect(asked().filter(({ kind }) => kind === "writeSingleRegister")).toHaveLength(2);
  });
});

describe("several values", () => {
  const three = [aPoint("a", 10, rw()), aPoint("b", 11, rw()), aPoint("c", 12, rw({ verify: "echo" }))] as const;

  it("side by side go in one request and are read back in one, those with an echo not", async () => {
    const { write, asked, samples } = await setUp(...three);
    const results = await write({ a: 1, b: 2, c: 3 });
    expect([...results.values()].map(({ outcome }) => outcome)).toEqual(["verified", "verified", "acknowledged"]);
    expect(asked()).toEqual([
      { kind: "writeRegisters", address: 10, values: [1, 2, 3] },
      { kind: "readRegisters", table: "holding", address: 10, count: 2 },
    ]);
    expect(samples).toEqual(["a", "b"]);
  });

  it("are told apart by what each register holds afterwards", async () => {
    const { session, write } = await setUp(...three);
    session.behave = (_, request) => {
      if (request.kind !== "writeRegisters") return "answer";
      session.registers.set("1:10", 1);
      return "timeout";
    };
    const results = await write({ a: 1, b: 2, c: 3 });
    expect(results.get("a")).toMatchObject({ outcome: "verified", status: 200 });
    expect(results.get("b")).toMatchObject({ outcome: "mismatch", status: 502, readBack: 0 });
    expect(results.get("c")).toMatchObject({ outcome: "mismatch", status: 502, attempts: 1 });
  });

  it("keep the order of the payload, one after another where it is not that of the registers", async () => {
    const { write, asked } = await setUp(...three);
    await write({ b: 2, a: 1 });
    expect(asked().map((request) => "address" in request && [request.kind, request.address])).toEqual([
      ["writeSingleRegister", 11],
      ["readRegisters", 11],
      ["writeSingleRegister", 10],
      ["readRegisters", 10],
    ]);
  });
});

describe("verification", () => {
  const actual = aPoint("actual", 300, { table: "input", type: "int32", count: 2, order: [0, 1, 2, 3] });

  it("reads another point, in its own registers, and lets others be served meanwhile", async () => {
    const target = aPoint("target", 10, rw({ verifyPoint: "actual", verifyDelayMs: 500 }));
    const { clock, session, start, asked, samples } = await setUp(target, actual);
    const writing = start({ target: 7 });
    await clock.advance(250);
    session.registers.set("1:301", 7);
    expect((await clock.advanceUntil(writing)).get("target")).toMatchObject({ outcome: "verified", readBack: 7 });
    expect(asked()).toEqual([
      { kind: "writeSingleRegister", address: 10, value: 7 },
      { kind: "readRegisters", table: "input", address: 300, count: 2 },
    ]);
    const units = session.requests.map(({ unitId }) => unitId);
    expect(units.slice(units.indexOf(1) + 1, units.lastIndexOf(1)).filter((unit) => unit === 2).length).toBeGreaterThan(
      2,
    );
    expect(samples).toContain("actual");
  });

  it("says acknowledged when the caller's time ends before the rest does", async () => {
    const { clock, write, asked } = await setUp(aPoint("target", 10, rw({ verifyDelayMs: 500 })));
    const abort = new AbortController();
    clock.setTimer(100, () => abort.abort());
    expect((await write({ target: 7 }, abort.signal)).get("target")).toMatchObject({
      outcome: "acknowledged",
      status: 200,
    });
    expect(asked()).toHaveLength(1);
  });

  it("allows so many raw steps, and not one more", async () => {
    const { session, write } = await setUp(aPoint("valve", 10, rw({ verifyTolerance: 2 })));
    session.ignoresWrites = true;
    session.registers.set("1:10", 98);
    expect((await write({ valve: 100 })).get("valve")).toMatchObject({ outcome: "verified", readBack: 98 });
    expect((await write({ valve: 96 })).get("valve")).toMatchObject({ outcome: "verified" });
    expect((await write({ valve: 101 })).get("valve")).toMatchObject({ outcome: "mismatch" });
    expect((await write({ valve: 95 })).get("valve")).toMatchObject({ outcome: "mismatch" });
  });
});

describe("minWriteIntervalMs", () => {
  const slow = aPoint("eeprom", 10, rw({ minIntervalMs: 60_000 }));

  it("is waited for, and is not begun by a write that never went out", async () => {
    const { clock, session, access, write, asked } = await setUp(slow);
    session.behave = () => "offline";
    await write({ eeprom: 1 });
    expect(access.writableInMs("boiler", ["eeprom"])).toBe(0);
    session.behave = () => "answer";
    session.requests.length = 0;
    const start = clock.monotonic();
    await write({ eeprom: 1 });
    expect(access.writableInMs("boiler", ["eeprom"])).toBeGreaterThan(59_000);
    await write({ eeprom: 2 });
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(60_000);
    expect(asked().filter(({ kind }) => kind === "writeSingleRegister")).toHaveLength(2);
  });

  it("refuses when the time is over first, and writes nothing", async () => {
    const { clock, write, asked } = await setUp(slow);
    await write({ eeprom: 1 });
    const abort = new AbortController();
    clock.setTimer(100, () => abort.abort());
    expect((await write({ eeprom: 2 }, abort.signal)).get("eeprom")).toMatchObject({ status: 409, attempts: 0 });
    expect(asked()).toHaveLength(2);
  });
});

describe("a point that is scaled by another", () => {
  const sf = aPoint("sf", 50, { type: "int16", kind: "none" });
  const limit = aPoint("limit", 5, { ...rw(), scaledBy: [{ as: "power", point: { ...sf } }] });

  it("is written with the scale that the device has now", async () => {
    const { session, write, asked, samples } = await setUp(limit, sf);
    session.registers.set("1:50", 0xfffe);
    expect((await write({ limit: 23.05 })).get("limit")).toMatchObject({ outcome: "verified", readBack: 23.05 });
    expect(asked()).toEqual([
      { kind: "readRegisters", table: "holding", address: 50, count: 1 },
      { kind: "writeSingleRegister", address: 5, value: 2305 },
      { kind: "readRegisters", table: "holding", address: 50, count: 1 },
      { kind: "readRegisters", table: "holding", address: 5, count: 1 },
    ]);
    expect(samples).toEqual(["limit"]);
  });

  it("is refused with the nearest value where the scale cannot carry it, and where the scale is none", async () => {
    const { session, write, asked } = await setUp(limit, sf);
    session.registers.set("1:50", 1);
    expect((await write({ limit: 23 })).get("limit")).toMatchObject({
      outcome: "refused",
      status: 422,
      attempts: 0,
      reason: "nothing was written: limit: 23 lies between two steps of 10; the nearest value is 20",
    });
    session.registers.set("1:50", 0x8000);
    expect((await write({ limit: 20 })).get("limit")).toMatchObject({
      outcome: "refused",
      status: 502,
      reason: "nothing was written: what limit is scaled by is not known: what stands there is no scale",
    });
    session.behave = () => "silent";
    expect((await write({ limit: 20 })).get("limit")).toMatchObject({ outcome: "refused", status: 504, attempts: 0 });
    session.behave = () => 2;
    expect((await write({ limit: 20 })).get("limit")).toMatchObject({ outcome: "refused", status: 502, attempts: 0 });
    expect(asked().every(({ kind }) => kind === "readRegisters")).toBe(true);
  });

  it("verifies another one by what it holds with that scale", async () => {
    const actual = { ...limit, name: "actual", address: 6, access: "read", write: undefined } as unknown as Point;
    const wanted = aPoint("wanted", 7, rw({ verifyPoint: "actual" }));
    const { session, write, samples } = await setUp(wanted, actual, sf);
    session.registers.set("1:50", 1);
    session.registers.set("1:6", 4);
    expect((await write({ wanted: 40 })).get("wanted")).toMatchObject({ outcome: "verified", readBack: 40 });
    expect(samples).toEqual(["actual"]);
    expect((await write({ wanted: 50 })).get("wanted")).toMatchObject({ outcome: "mismatch", readBack: 40 });
    expect((await write({ wanted: 45 })).get("wanted")).toMatchObject({ outcome: "refused", status: 422 });
    expect(session.registers.get("1:7")).toBe(50);
  });
});
