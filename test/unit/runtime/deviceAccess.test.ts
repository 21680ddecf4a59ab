import type { ConnectionConfig, DeviceConfig } from "../../../src/core/config/gatewayConfig";
import type { PointValue } from "../../../src/core/points/point";
import { cycleOf, type Sample } from "../../../src/core/telemetry/sample";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { createDeviceAccess } from "../../../src/runtime/deviceAccess";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

const NEVER = new AbortController().signal;
const writable = { access: "readWrite", write: { verify: "readBack" } } as const;
const setpoint = aPoint("setpoint", 200, { ...writable, scale: { coefficient: 5n, scale: 1 } });
const energy = aPoint("energy", 210, { ...writable, type: "uint32", count: 2, order: [0, 1, 2, 3] });
const relay = aPoint("relay", 3, { ...writable, table: "coil", type: "bool" });
const reset = aPoint("reset", 300, { access: "write", kind: "none", write: { verify: "readBack" } });
const echoed = aPoint("echoed", 301, { ...writable, write: { verify: "echo" } });
const boiler = aDevice("boiler", [setpoint, energy, relay, reset, echoed], {
  groups: new Map([["default", aGroup("default", 60_000)]]),
});

async function setUp(device: DeviceConfig = boiler, connection: ConnectionConfig = aConnection()) {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  const telemetry: string[] = [];
  const runner = createConnectionRunner(
    connection,
    {
      clock,
      log: silentLog,
      openLink: () => Promise.reject(new TypeError("not used: the session is a fake")),
      onCycle: (cycle) => access.arrived(cycle),
      onConnection: () => undefined,
    },
    session.open,
  );
  let config = { connections: new Map([["line", connection]]), devices: new Map([[device.name, device]]), module: {} };
  const access = createDeviceAccess({
    writes: () => "declared",
    clock,
    config: () => config,
    runner: (name) => (name === "line" ? runner : undefined),
    onSamples: (name, samples) => {
      telemetry.push(...samples.map((sample) => `${name}.${shown(sample)}`));
      access.arrived(cycleOf(name, samples));
    },
  });
  runner.apply([device]);
  session.state("open");
  await clock.advance(1000);
  session.requests.length = 0;
  const write = (values: Record<string, PointValue>, signal = NEVER) =>
    clock.advanceUntil(access.write("boiler", new Map(Object.entries(values)), signal));
  const reconfigure = (changed: DeviceConfig): void => {
    config = { ...config, devices: new Map([[changed.name, changed]]) };
  };
  return { clock, session, access, telemetry, runner, write, reconfigure };
}

function shown({ point, reading }: Sample): string {
  return `${point.name}=${"value" in reading ? reading.value : reading.bad}`;
}

describe("writing", () => {
  it("writes a register by FC 6, two by FC 16, a coil by FC 5, and reads each back before anything else", async () => {
    const { session, telemetry, access, write } = await setUp();
    const results = await write({ setpoint: 21.5, energy: 100_000, relay: true });
    expect(session.requests.map(({ request }) => request)).toEqual([
      { kind: "writeSingleRegister", address: 200, value: 43 },
      { kind: "readRegisters", table: "holding", address: 200, count: 1 },
      { kind: "writeRegisters", address: 210, values: [1, 34_464] },
      { kind: "readRegisters", table: "holding", address: 210, count: 2 },
      { kind: "writeSingleCoil", address: 3, value: true },
      { kind: "readBits", table: "coil", address: 3, count: 1 },
    ]);
    expect(results.get("setpoint")).toEqual({
      outcome: "verified",
      status: 200,
      requested: 21.5,
      readBack: 21.5,
      attempts: 1,
      ms: 20,
    });
    expect([...results.values()].map((result) => result.outcome)).toEqual(["verified", "verified", "verified"]);
    expect(telemetry).toEqual(["boiler.setpoint=21.5", "boiler.energy=100000", "boiler.relay=true"]);
    expect(access.latest("boiler").get("setpoint")?.reading).toEqual({ value: 21.5 });
  });

  it("calls it a mismatch when the device holds something else, and stops", async () => {
    const { session, telemetry, write } = await setUp();
    session.ignoresWrites = true;
    session.registers.set("1:200", 10);
    const results = await write({ setpoint: 21.5, relay: true });
    expect(results.get("setpoint")).toMatchObject({ outcome: "mismatch", status: 502, readBack: 5, attempts: 1 });
    expect(results.get("relay")).toMatchObject({
      outcome: "refused",
      attempts: 0,
      reason: expect.stringContaining("setpoint"),
    });
    expect(telemetry).toEqual(["boiler.setpoint=5"]);
  });

  it("names the exception of a device that refuses", async () => {
    const { session, write } = await setUp();
    session.behave = (_, { kind }) => (kind === "writeSingleRegister" ? 3 : "answer");
    const results = await write({ setpoint: 21.5 });
    expect(results.get("setpoint")).toMatchObject({
      outcome: "refused",
      status: 502,
      attempts: 1,
      reason: "exception 3 (illegal data value)",
    });
    expect(session.requests).toHaveLength(1);
  });

  it.each(["timeout", "crc", "protocol", "lost"] as const)(
    "reads back after a lost answer (%s) and never sends again",
    async (kind) => {
      const carriedOut = await setUp();
      carriedOut.session.registers.set("1:200", 43);
      carriedOut.session.behave = (_, request) => (request.kind === "writeSingleRegister" ? kind : "answer");
      expect((await carriedOut.write({ setpoint: 21.5 })).get("setpoint")).toMatchObject({
        outcome: "verified",
        status: 200,
        attempts: 1,
      });
      const dropped = await setUp();
      dropped.session.behave = carriedOut.session.behave;
      expect((await dropped.write({ setpoint: 21.5 })).get("setpoint")).toMatchObject({
        outcome: "mismatch",
        status: 502,
        readBack: 0,
      });
      for (const { session } of [carriedOut, dropped]) {
        expect(session.requests.filter(({ request }) => request.kind === "writeSingleRegister")).toHaveLength(1);
      }
    },
  );

  it("waits for the connection to come back before it reads back", async () => {
    const { session, clock, write } = await setUp();
    const start = clock.monotonic();
    session.registers.set("1:200", 43);
    session.behave = (_, request) => {
      if (request.kind === "writeSingleRegister") return "lost";
      return clock.monotonic() < start + 2000 ? "offline" : "answer";
    };
    expect((await write({ setpoint: 21.5 })).get("setpoint")).toMatchObject({ outcome: "verified", attempts: 1 });
  });

  it("says unknown when nobody can tell", async () => {
    const { session, write } = await setUp();
    session.behave = () => "silent";
    expect((await write({ setpoint: 21.5 })).get("setpoint")).toMatchObject({
      outcome: "unknown",
      status: 504,
      attempts: 1,
    });
    expect(session.requests).toHaveLength(2);
  });

  it("sends nothing while the connection is down", async () => {
    const { session, write } = await setUp();
    session.behave = () => "offline";
    expect((await write({ setpoint: 21.5 })).get("setpoint")).toMatchObject({
      outcome: "refused",
      status: 504,
      attempts: 0,
    });
    expect(session.requests).toHaveLength(1);
  });

  it("is content with the echo where that was asked for, or where the point cannot be read", async () => {
    const { session, write } = await setUp();
    session.behave = (_, { kind }) => (kind === "readRegisters" ? 2 : "answer");
    const results = await write({ echoed: 1, reset: 1 });
    expect(results.get("echoed")).toMatchObject({ outcome: "acknowledged", status: 200, attempts: 1 });
    expect(results.get("reset")).toMatchObject({ outcome: "acknowledged", status: 200, attempts: 1 });
    expect(session.requests).toHaveLength(3);
  });

  it("writes nothing when its turn does not come in time", async () => {
    const { runner, session, clock, write } = await setUp();
    const gate = runner.command(() => new Promise((resolve) => clock.setTimer(500, () => resolve(1))), NEVER);
    const abort = new AbortController();
    clock.setTimer(100, () => abort.abort());
    const results = await write({ setpoint: 21.5 }, abort.signal);
    expect(results.get("setpoint")).toMatchObject({ outcome: "refused", status: 504, attempts: 0 });
    await clock.advanceUntil(gate);
    expect(session.requests).toEqual([]);
  });

  it("lets no poll between a write and its reading back", async () => {
    const polled = { ...boiler, groups: new Map([["default", aGroup("default", 10)]]) };
    const { session, write, clock } = await setUp(polled);
    await clock.advance(5);
    await write({ setpoint: 21.5 });
    const kinds = session.requests.map(({ request }) => `${request.kind} ${request.address}`);
    const at = kinds.indexOf("writeSingleRegister 200");
    expect(kinds[at + 1]).toBe("readRegisters 200");
    expect(session.mostInFlight).toBe(1);
  });
});

describe("reading on demand", () => {
  it("reads the named points only, in common requests", async () => {
    const { session, access, clock } = await setUp();
    session.registers.set("1:200", 41);
    session.registers.set("1:211", 9);
    const samples = await clock.advanceUntil(access.read("boiler", ["energy", "setpoint"], NEVER));
    expect(samples.map(shown)).toEqual(["setpoint=20.5", "energy=9"]);
    expect(session.requests.map(({ request }) => [request.address, "count" in request && request.count])).toEqual([
      [200, 12],
    ]);
    expect(access.latest("boiler").get("energy")?.reading).toEqual({ value: 9 });
  });

  it("yields one sample a point, whatever happens", async () => {
    const { session, access, clock, reconfigure } = await setUp();
    session.behave = () => "silent";
    const silent = await clock.advanceUntil(access.read("boiler", ["setpoint", "reset", "relay"], NEVER));
    expect(silent.map(shown).sort()).toEqual(["relay=timeout", "reset=timeout", "setpoint=timeout"]);
    expect(session.requests).toHaveLength(1);
    session.behave = () => 2;
    const refused = await clock.advanceUntil(access.read("boiler", ["setpoint", "relay"], NEVER));
    expect(refused.map(shown).sort()).toEqual(["relay=exception:2", "setpoint=exception:2"]);
    reconfigure({ ...boiler, enabled: false });
    expect((await access.read("boiler", ["setpoint"], NEVER)).map(shown)).toEqual(["setpoint=disabled"]);
    reconfigure({ ...boiler, connection: "gone" });
    expect((await access.read("boiler", ["setpoint"], NEVER)).map(shown)).toEqual(["setpoint=offline"]);
    expect(await access.read("nobody", ["setpoint"], NEVER)).toEqual([]);
  });

  it("forgets the samples of an earlier definition", async () => {
    const { access, reconfigure } = await setUp();
    expect(access.latest("boiler").size).toBe(4);
    reconfigure({ ...boiler, fingerprint: "boiler 2" });
    expect(access.latest("boiler").size).toBe(0);
  });
});

describe("reading on demand", () => {
  it("asks for the parts of a refused block: only the points on what the device lacks are bad", async () => {
    const device = aDevice("boiler", [aPoint("a", 0), aPoint("missing", 1), aPoint("b", 2)], {
      groups: new Map([["default", aGroup("default", 60_000, { poll: "onDemand" })]]),
    });
    const { clock, session, access } = await setUp(device);
    session.behave = (_, request) => {
      const count = "count" in request ? request.count : 1;
      return request.address <= 1 && request.address + count > 1 ? 2 : "answer";
    };
    const samples = await clock.advanceUntil(access.read("boiler", ["a", "missing", "b"], NEVER));
    expect(samples.map(shown).sort()).toEqual(["a=0", "b=0", "missing=exception:2"]);
    expect(session.requests.length).toBeLessThanOrEqual(5);
  });
});

describe("a device that becomes another one meanwhile", () => {
  const other = { ...boiler, unitId: 7, fingerprint: "boiler 7" };

  it("gets no samples that were read of the one before", async () => {
    const { session, access, clock, reconfigure } = await setUp();
    session.registers.set("1:200", 43);
    const reading = access.read("boiler", ["setpoint"], NEVER);
    await clock.advance(5);
    reconfigure(other);
    expect(await clock.advanceUntil(reading)).toEqual([]);
    expect(access.latest("boiler").size).toBe(0);
  });

  it("is not written, nor is the one before, by a write that has not begun", async () => {
    const { runner, session, access, clock, reconfigure } = await setUp();
    const gate = runner.command(() => new Promise((resolve) => clock.setTimer(500, () => resolve(1))), NEVER);
    const writing = access.write("boiler", new Map([["setpoint", 21.5]]), NEVER);
    await clock.advance(100);
    reconfigure(other);
    await clock.advanceUntil(gate);
    const results = await clock.advanceUntil(writing);
    expect(results.get("setpoint")).toMatchObject({ outcome: "refused", status: 409, attempts: 0 });
    expect(results.get("setpoint")?.reason).toContain("has just changed");
    expect(session.requests).toEqual([]);
  });

  it("is not written by what waited for minWriteIntervalMs of the one before", async () => {
    const rule = { verify: "readBack", minIntervalMs: 60_000 } as const;
    const slow = { ...boiler, points: [aPoint("eeprom", 200, { access: "readWrite", write: rule })] };
    const { session, access, clock, write, reconfigure } = await setUp(slow);
    await write({ eeprom: 1 });
    session.requests.length = 0;
    const writing = access.write("boiler", new Map([["eeprom", 2]]), NEVER);
    await clock.advance(1000);
    reconfigure({ ...slow, unitId: 7, fingerprint: "boiler 7" });
    expect((await clock.advanceUntil(writing)).get("eeprom")).toMatchObject({ status: 409, attempts: 0 });
    expect(session.requests.filter(({ request }) => request.kind === "writeSingleRegister")).toEqual([]);
  });

  it("is told of a write under way, not what the one before holds", async () => {
    const { session, access, telemetry, clock, reconfigure } = await setUp();
    const writing = access.write(
      "boiler",
      new Map<string, PointValue>([
        ["setpoint", 21.5],
        ["relay", true],
      ]),
      NEVER,
    );
    await clock.advance(5);
    reconfigure(other);
    const results = await clock.advanceUntil(writing);
    expect(results.get("setpoint")).toMatchObject({ outcome: "verified", readBack: 21.5 });
    expect(results.get("relay")).toMatchObject({ outcome: "refused", status: 409, attempts: 0 });
    expect(session.requests.map(({ request }) => request.kind)).toEqual(["writeSingleRegister", "readRegisters"]);
    expect(telemetry).toEqual([]);
    expect(access.latest("boiler").size).toBe(0);
  });
});

describe("when the caller's time is over after the write was sent", () => {
  it.each([
    ["a device that is silent from then on costs some seconds more, not its whole timeouts", "silent" as const, 5000],
    ["one that answers is read back", "answer" as const, 1100],
  ])("%s", async (_what, afterwards, mostMs) => {
    const slow: DeviceConfig = { ...boiler, responseTimeoutMs: 60_000 };
    const { session, access, clock, runner } = await setUp(slow);
    session.behave = (_unit, { kind }) => (kind === "writeSingleRegister" ? "silent" : afterwards);
    const abort = new AbortController();
    clock.setTimer(1000, () => abort.abort());
    const before = clock.monotonic();
    const writing = access.write("boiler", new Map([["setpoint", 21.5]]), abort.signal);
    const result = (await clock.advanceUntil(writing)).get("setpoint");
    expect(clock.monotonic() - before).toBeLessThanOrEqual(mostMs);
    expect(result).toMatchObject(
      afterwards === "silent"
        ? { outcome: "unknown", status: 504, attempts: 1 }
        : { outcome: "mismatch", status: 502, attempts: 1, readBack: 0 },
    );
    await clock.advanceUntil(runner.close());
    expect(clock.pendingTimers).toBe(0);
  });
});
