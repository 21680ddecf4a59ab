import type { ConnectionConfig, DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../../src/core/config/profiles";
import { cycleOf } from "../../../src/core/telemetry/sample";
import type { JsonObject } from "../../../src/kernel/json";
import { type EpochMs, epochMs } from "../../../src/kernel/units";
import { deferred } from "../../../src/kernel/wait";
import type { ConnectionRunner, ConnectionRunnerPorts } from "../../../src/runtime/connectionRunner";
import { createSupervisor, type SupervisorOutcome } from "../../../src/runtime/supervisor";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";

/** Devices by name: the connection each stands on, and the address of its one point. */
type Devices = Readonly<Record<string, readonly [connection: string, address: number]>>;

function document(connections: Readonly<Record<string, number>>, devices: Devices): JsonObject {
  let unitId = 0;
  const tcp = Object.entries(connections).map(([name, port]) => [name, { transport: "tcp", host: "127.0.0.1", port }]);
  const units = Object.entries(devices).map(([name, [connection, address]]) => [
    name,
    {
      connection,
      unitId: ++unitId,
      points: { level: { table: "holding", address, type: "uint16" } },
    },
  ]);
  return { schemaVersion: 1, connections: Object.fromEntries(tcp), devices: Object.fromEntries(units) };
}

/** A runner that writes down what is asked of it. */
interface FakeRunner extends ConnectionRunner {
  readonly name: string;
  readonly ports: ConnectionRunnerPorts;
  readonly applied: (readonly DeviceConfig[])[];
}

function setUp() {
  const clock = createManualClock();
  const log = createMemoryLog();
  const events: string[] = [];
  const runners: FakeRunner[] = [];
  const outcomes: SupervisorOutcome[] = [];
  const state = { closing: Promise.resolve(), profiles: async () => builtInProfiles };
  const paused = new Map<string, EpochMs>();

  function createRunner(connection: ConnectionConfig, ports: ConnectionRunnerPorts): ConnectionRunner {
    const { name } = connection;
    const port = connection.transport === "tcp" ? connection.port : 0;
    events.push(`open ${name}:${port}`);
    const runner: FakeRunner = {
      name,
      ports,
      applied: [],
      apply(devices) {
        runner.applied.push(devices);
        events.push(`${name}: ${devices.map((device) => `${device.name}@${device.points[0]?.address}`).join(" ")}`);
      },
      command: async () => undefined,
      plan: () => ({ connection: name, loadPercent: 0, requestsPerSecond: 0, cycles: [] }),
      status: () => ({ state: "open", reason: "", since: clock.epoch(), opens: 1, loadPercent: 0, devices: new Map() }),
      async close() {
        events.push(`closing ${name}:${port}`);
        await state.closing;
        events.push(`closed ${name}:${port}`);
      },
    };
    runners.push(runner);
    return runner;
  }

  const supervisor = createSupervisor({
    clock,
    log,
    openerFor: () => async () => ({ ok: false, error: { kind: "offline", detail: "test" } }),
    profiles: () => state.profiles(),
    pausedUntil: (device) => paused.get(device),
    onConfig: ({ devices }) => {
      const off = [...devices.values()].filter(({ enabled }) => !enabled).map(({ name }) => ` without ${name}`);
      events.push(`config${off.join("")}`);
    },
    onCycle: ({ device }) => void events.push(`cycle ${device}`),
    onConnection: (name, link, reason) => void events.push(`${name} ${link} ${reason}`),
    onApplied: (outcome) => {
      outcomes.push(outcome);
      events.push(`${outcome.state} ${outcome.version}`);
    },
    createRunner,
  });
  return { clock, log, events, runners, outcomes, state, paused, supervisor };
}

describe("a document", () => {
  test("opens its connections, each with its devices, after everyone has heard of the configuration", async () => {
    const { events, supervisor } = setUp();
    await supervisor.apply(document({ a: 501, b: 502 }, { boiler: ["a", 1], chiller: ["b", 2], pump: ["a", 3] }), 5);
    expect(events).toEqual(["config", "open a:501", "a: boiler@1 pump@3", "open b:502", "b: chiller@2", "applied 5"]);
    expect([...supervisor.config().devices.keys()]).toEqual(["boiler", "chiller", "pump"]);
    expect(supervisor.runner("a")).toBeDefined();
    expect(supervisor.runner("constructor")).toBeUndefined();
  });

  test("that changes a device touches no link; definitions that are equal stay the same objects", async () => {
    const { events, runners, supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1], pump: ["a", 2] }), 5);
    events.length = 0;
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1], pump: ["a", 9] }), 6);
    expect(events).toEqual(["config", "a: boiler@1 pump@9", "applied 6"]);
    const [before, after] = runners[0]?.applied ?? [];
    expect(after?.[0]?.fingerprint).toBe(before?.[0]?.fingerprint);
    expect(after?.[0]?.fingerprint).toBeDefined();
  });

  test("leaves out what is paused, at once and over documents, and knows it all the same", async () => {
    const { events, paused, supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1], pump: ["a", 2] }), 5);
    events.length = 0;
    paused.set("boiler", epochMs(Date.UTC(2030, 0, 1)));
    supervisor.repoll();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1], pump: ["a", 9] }), 6);
    paused.clear();
    supervisor.repoll();
    expect(events).toEqual([
      "config without boiler",
      "a: pump@2",
      "config without boiler",
      "a: pump@9",
      "applied 6",
      "config",
      "a: boiler@1 pump@9",
    ]);
    expect(supervisor.config().devices.get("boiler")?.enabled).toBe(true);
  });

  test("that changes a connection closes it to the end before it is opened anew; the others go on at once", async () => {
    const { clock, events, state, supervisor } = setUp();
    await supervisor.apply(document({ a: 501, b: 502 }, { boiler: ["a", 1], chiller: ["b", 2] }), 5);
    events.length = 0;
    const slow = deferred<void>();
    state.closing = slow.promise;
    const applied = supervisor.apply(document({ a: 511, b: 502 }, { boiler: ["a", 1], chiller: ["b", 3] }), 6);
    await clock.settle();
    expect(events).toEqual(["config", "b: chiller@3", "closing a:501"]);
    expect(supervisor.runner("a")).toBeUndefined();
    slow.resolve();
    await applied;
    expect(events.slice(3)).toEqual(["closed a:501", "open a:511", "a: boiler@1", "applied 6"]);
  });

  test("that leads a connection elsewhere: what the old place still answers is nobody's value any more", async () => {
    const { clock, events, runners, state, supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1] }), 5);
    runners[0]?.ports.onCycle(cycleOf("boiler", []));
    expect(events.pop()).toBe("cycle boiler");
    const slow = deferred<void>();
    state.closing = slow.promise;
    const applied = supervisor.apply(document({ a: 511 }, { boiler: ["a", 1] }), 6);
    await clock.settle();
    runners[0]?.ports.onCycle(cycleOf("boiler", []));
    expect(events.at(-1)).toBe("closing a:501");
    slow.resolve();
    await applied;
    runners[1]?.ports.onCycle(cycleOf("boiler", []));
    expect(events.at(-1)).toBe("cycle boiler");
  });

  test("without a connection closes it; disabled devices are not polled", async () => {
    const { events, supervisor } = setUp();
    await supervisor.apply(document({ a: 501, b: 502 }, { boiler: ["a", 1], chiller: ["b", 2] }), 5);
    events.length = 0;
    const next = document({ b: 502 }, { chiller: ["b", 2] }) as { devices: { chiller: JsonObject } };
    await supervisor.apply({ ...next, devices: { chiller: { ...next.devices.chiller, enabled: false } } }, 6);
    expect(events).toEqual(["config without chiller", "b: ", "closing a:501", "closed a:501", "applied 6"]);
    expect(supervisor.config().devices.get("chiller")?.enabled).toBe(false);
    expect(supervisor.runner("a")).toBeUndefined();
  });

  test("with a fault in one device leaves that one as it was and takes the rest", async () => {
    const { events, outcomes, supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1], pump: ["a", 2] }), 5);
    events.length = 0;
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 70_000], pump: ["a", 3] }), 6);
    expect(events).toEqual(["config", "a: boiler@1 pump@3", "partial 6"]);
    expect(outcomes[1]?.problems.map(({ path }) => path)).toEqual(["/devices/boiler/points/level/address"]);
  });

  test.each<[string, unknown]>([
    ["no object", "text"],
    ["null", null],
    ["a fault at its root", { schemaVersion: 99, connections: {}, devices: {} }],
  ])("that is %s changes nothing", async (_what, bad) => {
    const { events, supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1] }), 5);
    const before = supervisor.config();
    events.length = 0;
    await supervisor.apply(bad, 6);
    expect(events.at(-1)).toBe("rejected 6");
    expect(events.filter((event) => event.startsWith("clos") || event.startsWith("open"))).toEqual([]);
    expect(supervisor.config()).toBe(before);
  });
});

describe("documents that come in a row", () => {
  test("are applied one after the other, of those that wait only the newest", async () => {
    const { clock, events, state, supervisor } = setUp();
    const slow = deferred<typeof builtInProfiles>();
    state.profiles = () => slow.promise;
    const all = [1, 2, 3, 4].map((version) =>
      supervisor.apply(document({ a: 500 + version }, { boiler: ["a", 1] }), version),
    );
    await clock.settle();
    expect(events).toEqual([]);
    slow.resolve(builtInProfiles);
    await Promise.all(all);
    expect(events.filter((event) => event.startsWith("applied"))).toEqual(["applied 1", "applied 4"]);
    expect(events.filter((event) => event.startsWith("open"))).toEqual(["open a:501", "open a:504"]);
  });

  test("a bug in one of them is told and stops neither the module nor the next one", async () => {
    const { log, events, outcomes, state, supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1] }), 5);
    state.profiles = async () => {
      throw new RangeError("bug");
    };
    await supervisor.apply(document({ a: 502 }, {}), 6);
    expect(outcomes[1]).toMatchObject({ state: "rejected", version: 6, problems: [{ path: "" }] });
    expect(log.lines).toEqual(["error: applying configuration 6 failed inside the module"]);
    state.profiles = async () => builtInProfiles;
    await supervisor.apply(document({ a: 503 }, { boiler: ["a", 1] }), 7);
    expect(events.at(-1)).toBe("applied 7");
  });
});

describe("the last good configuration", () => {
  test("is what a faulty device falls back on after a restart", async () => {
    const before = setUp();
    await before.supervisor.apply(document({ a: 501 }, { boiler: ["a", 1], pump: ["a", 2] }), 5);
    const { events, supervisor } = setUp();
    supervisor.remember(before.supervisor.config());
    expect(events).toEqual([]);
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 70_000], pump: ["a", 2] }), 6);
    expect(events).toEqual(["config", "open a:501", "a: boiler@1 pump@2", "partial 6"]);
  });

  test("runs where the document of the twin is rejected", async () => {
    const before = setUp();
    await before.supervisor.apply(document({ a: 501 }, { boiler: ["a", 1] }), 5);
    const { events, supervisor } = setUp();
    supervisor.remember(before.supervisor.config());
    await supervisor.apply(7, 6);
    expect(events).toEqual(["config", "open a:501", "a: boiler@1", "rejected 6"]);
  });

  test("comes too late once something runs", async () => {
    const { supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1] }), 5);
    const config = supervisor.config();
    supervisor.remember({ connections: new Map(), devices: new Map(), module: {} });
    expect(supervisor.config()).toBe(config);
  });
});

describe("a connection that is added", () => {
  const line = (path: string): JsonObject => ({ transport: "serial", path, line: "9600 8N1" });

  test("begins at once; one whose serial port another still holds waits for that one to close", async () => {
    const { clock, events, state, supervisor } = setUp();
    await supervisor.apply({ schemaVersion: 1, connections: { old: line("/dev/ttyS0") }, devices: {} }, 1);
    events.length = 0;
    const slow = deferred<void>();
    state.closing = slow.promise;
    const connections = { renamed: line("/dev/ttyS0"), other: line("/dev/ttyS1") };
    const applied = supervisor.apply({ schemaVersion: 1, connections, devices: {} }, 2);
    await clock.settle();
    expect(events).toEqual(["config", "open other:0", "other: ", "closing old:0"]);
    slow.resolve();
    await applied;
    expect(events.slice(4, 7)).toEqual(["closed old:0", "open renamed:0", "renamed: "]);
  });
});

describe("the end", () => {
  test("closes every connection, also those of a document under way, and opens no more", async () => {
    const { clock, events, state, supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1] }), 5);
    events.length = 0;
    const slow = deferred<void>();
    state.closing = slow.promise;
    void supervisor.apply(document({ a: 502, b: 503 }, { boiler: ["a", 1] }), 6);
    await clock.settle();
    const closed = supervisor.close();
    void supervisor.apply(document({ c: 504 }, {}), 7);
    slow.resolve();
    await closed;
    expect(events).toEqual([
      "config",
      "open b:503",
      "b: ",
      "closing a:501",
      "closed a:501",
      "closing b:503",
      "closed b:503",
    ]);
    await supervisor.close();
  });

  test("a cycle that was under way is still told", async () => {
    const { clock, events, runners, state, supervisor } = setUp();
    await supervisor.apply(document({ a: 501 }, { boiler: ["a", 1] }), 5);
    const slow = deferred<void>();
    state.closing = slow.promise;
    const closed = supervisor.close();
    await clock.settle();
    runners[0]?.ports.onCycle(cycleOf("boiler", []));
    expect(events.slice(-2)).toEqual(["closing a:501", "cycle boiler"]);
    slow.resolve();
    await closed;
  });

  test("a connection's state is told by its name", async () => {
    const { events, runners, supervisor } = setUp();
    await supervisor.apply(document({ a: 501, b: 502 }, {}), 5);
    runners[1]?.ports.onConnection("closed", "refused");
    expect(events.at(-1)).toBe("b closed refused");
  });
});
