import { createTwinMirror } from "../../../src/cloud/twinMirror";
import type { GatewayConfig } from "../../../src/core/config/gatewayConfig";
import type { Problem } from "../../../src/core/config/problem";
import { builtInProfiles } from "../../../src/core/config/profiles";
import type { Json, JsonObject } from "../../../src/kernel/json";
import { err, ok, type Result } from "../../../src/kernel/result";
import { epochMs } from "../../../src/kernel/units";
import { deferred } from "../../../src/kernel/wait";
import { createConfigurationSource } from "../../../src/operator/configurationSource";
import { type ConfigurationTrial, createConfigurationTrial } from "../../../src/operator/configurationTrial";
import { createManualClock, type ManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { createMemoryFolder } from "../../support/memoryTranslator";
import { aDevice, aPoint } from "../../support/points";

type State = "applied" | "partial" | "rejected";
const GOOD = "last-good-configuration";
const LATEST = "last-configuration";

/** A document that resolves: one connection, no device. */
const document = (host: string): JsonObject => ({
  schemaVersion: 1,
  connections: { plant: { transport: "tcp", host } },
  devices: {},
});

interface Options {
  readonly kept?: Record<string, Json>;
  readonly file?: Result<Json, Problem>;
  readonly trial?: ConfigurationTrial;
  readonly clock?: ManualClock;
  readonly data?: ReturnType<typeof createMemoryFolder>;
}

function setUp(options: Options = {}) {
  const clock = options.clock ?? createManualClock();
  const log = createMemoryLog();
  const data = options.data ?? createMemoryFolder();
  for (const [name, kept] of Object.entries(options.kept ?? {})) data.documents.set(name, kept);
  const mirror = createTwinMirror();
  const events: string[] = [];
  const remembered: GatewayConfig[] = [];
  const state = { verdict: "applied" as State, gate: undefined as Promise<void> | undefined };
  const hostOf = (applied: unknown): string =>
    (applied as { connections?: { plant?: { host?: string } } }).connections?.plant?.host ?? "?";
  const source = createConfigurationSource({
    clock,
    log,
    data,
    mirror,
    file: options.file,
    ...(options.trial === undefined ? {} : { trial: options.trial }),
    profiles: async () => builtInProfiles,
    remember: (config) => void remembered.push(config),
    async apply(applied, version) {
      events.push(`apply ${hostOf(applied)} ${version}`);
      await state.gate;
      events.push(`${state.verdict} ${hostOf(applied)}`);
      source.taken(state.verdict);
    },
    reaffirm: (version) => void events.push(`reaffirm ${version}`),
    refuse: (problem, version) => void events.push(`refuse ${version}: ${problem.path} ${problem.text}`),
  });
  return {
    clock,
    log,
    data,
    source,
    events,
    remembered,
    state,
    async twin(desired: JsonObject, version: number): Promise<boolean> {
      mirror.replace({ ...desired, $version: version });
      const free = source.desired();
      await clock.settle();
      return free;
    },
  };
}

describe("a document of the twin", () => {
  test("is applied, and kept for the next start", async () => {
    const one = setUp();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 5);
    expect(one.events).toEqual(["apply a 5", "applied a"]);
    expect(one.data.documents.get(GOOD)).toEqual(document("a"));
    expect(one.data.documents.get(LATEST)).toEqual(document("a"));
    expect(one.clock.pendingTimers).toBe(0);
  });

  test("that stands unchanged beside a changed set point is not applied again", async () => {
    const one = setUp();
    await one.source.start();
    await one.twin({ configuration: document("a"), boiler: { setpoint: 1 } }, 5);
    await one.twin({ configuration: document("a"), boiler: { setpoint: 2 } }, 6);
    expect(one.events.slice(2)).toEqual(["reaffirm 6"]);
  });

  test("with faults is kept as the latest, not as the good one; a rejected one not at all", async () => {
    const one = setUp({ kept: { [GOOD]: document("good"), [LATEST]: document("good") } });
    await one.source.start();
    one.state.verdict = "partial";
    await one.twin({ configuration: document("partly") }, 5);
    expect(one.data.documents.get(GOOD)).toEqual(document("good"));
    expect(one.data.documents.get(LATEST)).toEqual(document("partly"));
    one.state.verdict = "rejected";
    await one.twin({ configuration: document("bad") }, 6);
    expect(one.data.documents.get(LATEST)).toEqual(document("partly"));
  });

  test("that comes while another is applied waits; of several the newest; what is kept is what was judged", async () => {
    const one = setUp();
    await one.source.start();
    const slow = deferred<void>();
    one.state.gate = slow.promise;
    expect(await one.twin({ configuration: document("a") }, 5)).toBe(false);
    expect(await one.twin({ configuration: document("b") }, 6)).toBe(false);
    expect(await one.twin({ configuration: document("c") }, 7)).toBe(false);
    expect(one.events).toEqual(["apply a 5"]);
    const next = deferred<void>();
    one.state.gate = next.promise;
    slow.resolve();
    await one.clock.settle();
    expect(one.events).toEqual(["apply a 5", "applied a", "apply c 7"]);
    expect(one.data.documents.get(GOOD)).toEqual(document("a"));
    one.state.verdict = "rejected";
    next.resolve();
    await one.clock.settle();
    expect(one.data.documents.get(GOOD)).toEqual(document("a"));
  });

  test("set points wait while a document is applied, and only then", async () => {
    const one = setUp();
    await one.source.start();
    const slow = deferred<void>();
    one.state.gate = slow.promise;
    expect(await one.twin({ configuration: document("a") }, 5)).toBe(false);
    expect(await one.twin({ configuration: document("a"), boiler: { setpoint: 3 } }, 6)).toBe(false);
    slow.resolve();
    await one.clock.settle();
    expect(await one.twin({ configuration: document("a"), boiler: { setpoint: 4 } }, 7)).toBe(true);
  });
});

describe("a twin without a document", () => {
  test("changes nothing, and says what it has instead", async () => {
    const one = setUp();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 5);
    await one.twin({ config: 1, devices: {} }, 6);
    expect(one.events.slice(2)).toEqual([
      'refuse 6:  the desired properties have no "configuration"; found: config, devices; what was in force stays',
    ]);
  });

  test("then the same document again: it is applied anew, so that the refusal does not stand", async () => {
    const one = setUp();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 5);
    await one.twin({}, 6);
    await one.twin({ configuration: document("a") }, 7);
    expect(one.events.slice(3)).toEqual(["apply a 7", "applied a"]);
  });

  test("right after a restart: what was in force before it stays, and the refusal is told after it", async () => {
    const one = setUp({ kept: { [LATEST]: document("before") } });
    await one.source.start();
    await one.twin({}, 6);
    await one.twin({}, 7);
    expect(one.events.map((event) => event.replace(/:.*/, ""))).toEqual([
      "apply before 0",
      "applied before",
      "refuse 6",
      "refuse 7",
    ]);
  });

  test("of the module that this one succeeds is the whole of the desired properties", async () => {
    const one = setUp();
    await one.source.start();
    await one.twin({ SlaveConfigs: {} }, 6);
    await one.twin({ SlaveConfigs: {}, configuration: document("native") }, 7);
    expect(one.events).toEqual(["apply ? 6", "applied ?", "apply native 7", "applied native"]);
  });
});

describe("a start without a hub", () => {
  test("takes the last configuration after five seconds", async () => {
    const one = setUp({ kept: { [GOOD]: document("good"), [LATEST]: document("latest") } });
    await one.source.start();
    expect(one.remembered.map(({ connections }) => [...connections.keys()])).toEqual([["plant"]]);
    await one.clock.advance(4999);
    expect(one.events).toEqual([]);
    await one.clock.advance(1);
    expect(one.events).toEqual(["apply latest 0", "applied latest"]);
    await one.twin({ configuration: document("latest") }, 9);
    expect(one.events.slice(2)).toEqual(["apply latest 9", "applied latest"]);
  });

  test("says so where there is none", async () => {
    const one = setUp();
    await one.source.start();
    await one.clock.advance(5000);
    expect(one.events).toEqual([]);
    expect(one.log.lines).toEqual([
      "warn: no hub yet and no configuration from before: nothing to poll until the hub is there",
    ]);
  });

  test("a twin in time makes it unnecessary, even one that comes before the start has ended", async () => {
    const one = setUp({ kept: { [LATEST]: document("latest") } });
    const starting = one.source.start();
    await one.twin({ configuration: document("a") }, 5);
    await starting;
    await one.clock.advance(10_000);
    expect(one.events).toEqual(["apply a 5", "applied a"]);
  });

  test("closing ends the waiting", async () => {
    const one = setUp({ kept: { [LATEST]: document("latest") } });
    await one.source.start();
    one.source.close();
    await one.clock.advance(10_000);
    expect(one.events).toEqual([]);
    const two = setUp({ kept: { [LATEST]: document("latest") } });
    const starting = two.source.start();
    two.source.close();
    await starting;
    expect(two.clock.pendingTimers).toBe(0);
  });
});

describe("a file", () => {
  test("is the configuration; the twin only sets properties, and the data folder keeps nothing", async () => {
    const one = setUp({ file: ok(document("file")), kept: { [LATEST]: document("latest") } });
    await one.source.start();
    await one.clock.settle();
    expect(await one.twin({ configuration: document("twin") }, 5)).toBe(true);
    await one.clock.advance(10_000);
    expect(one.events).toEqual(["apply file 0", "applied file"]);
    expect(one.data.documents.get(LATEST)).toEqual(document("latest"));
  });

  test("that can't be read is told", async () => {
    const one = setUp({ file: err({ path: "", text: "line 3, column 7: a comma is missing" }) });
    await one.source.start();
    expect(one.events).toEqual(["refuse 0:  line 3, column 7: a comma is missing"]);
  });
});

describe("the document in force applied again, since a profile has changed", () => {
  test("with the version of now", async () => {
    const one = setUp();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 5);
    await one.twin({ configuration: document("a"), boiler: { setpoint: 1 } }, 6);
    expect(await one.source.reapply()).toEqual(document("a"));
    expect(one.events.slice(-2)).toEqual(["apply a 6", "applied a"]);
  });

  test("after a refused one: what stands, then the refusal anew", async () => {
    const one = setUp();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 5);
    one.state.verdict = "rejected";
    await one.twin({ configuration: document("b") }, 6);
    expect(await one.source.reapply()).toEqual(document("a"));
    expect(one.events.filter((event) => event.startsWith("apply"))).toEqual([
      "apply a 5",
      "apply b 6",
      "apply a 5",
      "apply b 6",
    ]);
  });

  test("of a file", async () => {
    const one = setUp({ file: ok(document("f")) });
    await one.source.start();
    await one.clock.settle();
    expect(await one.source.reapply()).toEqual(document("f"));
    expect(one.events.filter((event) => event.startsWith("apply"))).toEqual(["apply f 0", "apply f 0"]);
    expect(one.data.documents.size).toBe(0);
  });

  test("nothing where nothing is in force", async () => {
    const one = setUp();
    await one.source.start();
    expect(await one.source.reapply()).toBeUndefined();
    one.source.close();
  });
});

describe("a document on trial (confirmMs)", () => {
  const T = epochMs(0);
  const devices = (...names: string[]) => new Map(names.map((name) => [name, aDevice(name, [aPoint("a", 1)])]));

  /** A module of which the test says who is online. */
  function onTrial(kept: Record<string, Json> = {}) {
    const facts = { online: new Set(["boiler", "meter"]), confirmMs: 60_000, names: ["boiler", "meter"] };
    const told: string[] = [];
    const clock = createManualClock();
    const data = createMemoryFolder();
    for (const [name, document] of Object.entries(kept)) data.documents.set(name, document);
    const trial = createConfigurationTrial({
      clock,
      log: createMemoryLog(),
      data,
      config: () => ({
        connections: new Map(),
        devices: devices(...facts.names),
        module: { confirmMs: facts.confirmMs },
      }),
      health: (name) => ({
        state: facts.online.has(name) ? "online" : "offline",
        reason: facts.online.has(name) ? "" : "gives no answer",
        since: T,
        bad: new Map(),
      }),
      onTrial: (warning) => void told.push(warning === undefined ? "over" : warning.text),
    });
    const one = setUp({ trial, clock, data });
    return { ...one, facts, told };
  }

  test("is confirmed when all that were online are so again, and only then kept for the next start", async () => {
    const one = onTrial();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 1);
    await one.twin({ configuration: document("b") }, 2);
    expect(one.data.documents.get(LATEST)).toEqual(document("a"));
    expect(one.told[0]).toMatch(/^on trial until 2\d{3}-.*: taken back if one of the 2 devices/);
    one.facts.online.delete("meter");
    await one.clock.advance(30_000);
    one.facts.online.add("meter");
    await one.clock.advance(30_000);
    expect(one.told.slice(1)).toEqual(["over"]);
    expect(one.data.documents.get(LATEST)).toEqual(document("b"));
    expect(one.events.filter((event) => event.startsWith("refuse"))).toEqual([]);
  });

  test("is taken back when one is not, and not taken again: not with a set point, not after a restart", async () => {
    const one = onTrial();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 1);
    await one.twin({ configuration: document("b") }, 2);
    one.facts.online.delete("meter");
    await one.clock.advance(60_000);
    const reason =
      "/module/confirmMs taken back, the document before it is in force: devices that were online were not within 60000 ms: meter (gives no answer); correct the document to try again";
    expect(one.events.slice(-3)).toEqual(["apply a 1", "applied a", `refuse 2: ${reason}`]);
    await one.twin({ configuration: document("b"), boiler: { setpoint: 1 } }, 3);
    expect(one.events.at(-1)).toBe("reaffirm 3");
    expect(one.data.documents.get(LATEST)).toEqual(document("a"));
    one.source.close();

    const again = onTrial(Object.fromEntries(one.data.documents));
    await again.source.start();
    await again.twin({ configuration: document("b") }, 3);
    expect(again.events[0]).toBe("apply a 0");
    expect(again.events.at(-1)).toMatch(/^refuse 3: \/module\/confirmMs taken back/);
    await again.twin({ configuration: document("c") }, 4);
    expect(again.events).toContain("apply c 4");
    again.source.close();
  });

  test("a restart in the middle of it goes on with it", async () => {
    const one = onTrial();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 1);
    await one.twin({ configuration: document("b") }, 2);
    one.source.close();
    const again = onTrial(Object.fromEntries(one.data.documents));
    again.facts.online.clear();
    await again.source.start();
    await again.twin({ configuration: document("b") }, 2);
    await again.clock.advance(60_000);
    expect(again.events.at(-1)).toMatch(/^refuse 2: \/module\/confirmMs .*boiler \(gives no answer\), meter/);
    again.source.close();
  });

  test("a newer document meanwhile goes on trial itself, against what worked before both", async () => {
    const one = onTrial();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 1);
    await one.twin({ configuration: document("b") }, 2);
    one.facts.online.delete("meter");
    await one.clock.advance(30_000);
    await one.twin({ configuration: document("c") }, 3);
    await one.clock.advance(30_000);
    expect(one.events.some((event) => event.startsWith("refuse"))).toBe(false);
    await one.clock.advance(30_000);
    expect(one.events.at(-1)).toMatch(/^refuse 3: .*meter/);
    expect(one.events.at(-3)).toBe("apply a 1");
    one.source.close();
  });

  test("a newer one that is being applied when the time is over is not taken back for the one before it", async () => {
    const one = onTrial();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 1);
    await one.twin({ configuration: document("b") }, 2);
    one.facts.online.delete("meter");
    await one.clock.advance(59_000);
    const gate = deferred<void>();
    one.state.gate = gate.promise;
    await one.twin({ configuration: document("c") }, 3);
    await one.clock.advance(5_000);
    gate.resolve();
    await one.clock.settle();
    expect(one.events.slice(-2)).toEqual(["apply c 3", "applied c"]);
    one.facts.online.add("meter");
    await one.clock.advance(60_000);
    expect(one.events.at(-1)).toBe("applied c");
    expect(one.data.documents.get(LATEST)).toEqual(document("c"));
    one.source.close();
  });

  test("a rejected one in between leaves the trial as it is", async () => {
    const one = onTrial();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 1);
    await one.twin({ configuration: document("b") }, 2);
    one.facts.online.delete("meter");
    await one.clock.advance(59_000);
    const gate = deferred<void>();
    one.state.gate = gate.promise;
    one.state.verdict = "rejected";
    await one.twin({ configuration: document("c") }, 3);
    await one.clock.advance(5_000);
    expect(one.events.at(-1)).toBe("apply c 3");
    gate.resolve();
    await one.clock.settle();
    expect(one.events.at(-1)).toMatch(/^refuse 3: .*meter/);
    expect(one.events.slice(-4, -1)).toEqual(["rejected c", "apply a 1", "rejected a"]);
    one.source.close();
  });

  test("where nobody was online it stands at once", async () => {
    const one = onTrial();
    await one.source.start();
    await one.twin({ configuration: document("a") }, 1);
    one.facts.online.clear();
    await one.twin({ configuration: document("b") }, 2);
    expect(one.told).toEqual([]);
    expect(one.data.documents.get(LATEST)).toEqual(document("b"));
    expect(one.clock.pendingTimers).toBe(0);
  });
});
