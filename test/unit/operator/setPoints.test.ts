import type { Json, JsonObject } from "../../../src/kernel/json";
import { epochMs } from "../../../src/kernel/units";
import { deferred } from "../../../src/kernel/wait";
import { createSetPoints } from "../../../src/operator/setPoints";
import type { WritePolicy } from "../../../src/operator/writePolicy";
import { createFakeAccess, type FakeAccess } from "../../support/fakeAccess";
import { createManualClock, type ManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aDevice, aPoint } from "../../support/points";

const tenth = { coefficient: 1n, scale: 1 };
const whole = (value: number) => ({ coefficient: BigInt(value), scale: 0 });

/** A boiler with a set point in tenths from 10 to 80, a mode without limits, a read-only property, and an echo one. */
const POINTS = [
  aPoint("setpoint", 200, {
    scale: tenth,
    access: "readWrite",
    kind: "property",
    write: { verify: "readBack", min: whole(10), max: whole(80) },
  }),
  aPoint("mode", 201, { access: "readWrite", kind: "property", write: { verify: "readBack" } }),
  aPoint("serialNumber", 1, { kind: "property" }),
  aPoint("lamp", 210, { access: "readWrite", kind: "property", write: { verify: "echo" } }),
  aPoint("temperature", 100),
];

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** What a restart leaves behind and finds. */
interface Scene {
  readonly access: FakeAccess;
  readonly setPoints: ReturnType<typeof createSetPoints>;
  readonly controller: AbortController;
  readonly lines: string[];
  readonly clock: ManualClock;
  /** What was last handed to the data folder. */
  remembered(): Json | undefined;
  changes(): number;
  desire(component: JsonObject, version: number): Promise<void>;
  ack(point: string): JsonObject | undefined;
}

function scene(options: { access?: FakeAccess; remembered?: Json | undefined; writes?: WritePolicy } = {}): Scene {
  const access = options.access ?? boiler();
  const controller = new AbortController();
  const log = createMemoryLog();
  const clock = createManualClock();
  let kept: Json | undefined;
  let changes = 0;
  const setPoints = createSetPoints({
    access,
    writes: () => options.writes ?? "declared",
    log,
    clock: { ...clock, epoch: () => epochMs(access.now) },
    devices: () => access.devices,
    onAudit: ({ values, outcome }) => void log.lines.push(`${JSON.stringify(values)} ${outcome}`),
    signal: controller.signal,
    remembered: options.remembered,
    remember(processed) {
      kept = JSON.parse(JSON.stringify(processed)) as Json;
    },
    changed: () => {
      changes += 1;
    },
  });
  access.onCycle = setPoints.cycle.bind(setPoints);
  return {
    access,
    setPoints,
    controller,
    lines: log.lines,
    clock,
    remembered: () => kept,
    changes: () => changes,
    async desire(component, version) {
      setPoints.desired({ boiler: { __t: "c", ...component } }, version);
      await settled();
    },
    ack: (point) => setPoints.acknowledgement("boiler", point),
  };
}

function boiler(): FakeAccess {
  const access = createFakeAccess(aDevice("boiler", POINTS));
  access.held.set("boiler/setpoint", 20).set("boiler/mode", 1).set("boiler/serialNumber", 7).set("boiler/lamp", 0);
  access.held.set("boiler/temperature", 60);
  return access;
}

/** Time passes, then the device is polled. */
function poll({ access, setPoints }: Scene, device = "boiler"): void {
  access.now += 1000;
  setPoints.cycle(access.poll(device));
}

describe("answers", () => {
  test("a value of the device before anybody has desired one: 203, version 0", () => {
    const one = scene();
    expect(one.ack("setpoint")).toBeUndefined();
    poll(one);
    expect(one.ack("setpoint")).toEqual({ value: 20, ac: 203, av: 0, ad: "value of the device" });
    expect(one.ack("serialNumber")).toBeUndefined();
    expect(one.ack("temperature")).toBeUndefined();
  });

  test("200 verified, with the version that asked for it", async () => {
    const one = scene();
    poll(one);
    await one.desire({ setpoint: 21.5 }, 8);
    expect(one.access.writes).toEqual(["boiler/setpoint=21.5"]);
    expect(one.ack("setpoint")).toEqual({ value: 21.5, ac: 200, av: 8, ad: "verified" });
    poll(one);
    expect(one.ack("setpoint")).toEqual({ value: 21.5, ac: 200, av: 8, ad: "verified" });
  });

  test("a value that the device holds is not written", async () => {
    const one = scene();
    await one.desire({ setpoint: 20 }, 3);
    expect(one.access.writes).toEqual([]);
    expect(one.ack("setpoint")).toEqual({ value: 20, ac: 200, av: 3, ad: "the device holds it already" });
  });

  test.each<[string, Json]>([
    ["beyond its limit", 99],
    ["below its limit", 9.9],
    ["of the wrong type", "warm"],
    ["an object", { value: 22 }],
    ["between two steps", 21.55],
    ["a number that may have lost digits", 2 ** 60],
  ])("400 for a value %s: the value in force stays, nothing is written", async (_what, value) => {
    const one = scene();
    poll(one);
    await one.desire({ setpoint: value }, 4);
    expect(one.access.writes).toEqual([]);
    expect(one.ack("setpoint")).toMatchObject({ value: 20, ac: 400, av: 4 });
    expect(String(one.ack("setpoint")?.["ad"]).length).toBeGreaterThan(10);
    poll(one);
    expect(one.ack("setpoint")).toMatchObject({ value: 20, ac: 400, av: 4 });
  });

  test("a refusal before the value in force was known learns it and stays a refusal", async () => {
    const one = scene();
    await one.desire({ setpoint: 99 }, 4);
    expect(one.ack("setpoint")).not.toHaveProperty("value");
    poll(one);
    expect(one.ack("setpoint")).toMatchObject({ value: 20, ac: 400, av: 4 });
  });

  test("403 where writing is switched off", async () => {
    const one = scene({ writes: "off" });
    poll(one);
    await one.desire({ setpoint: 30 }, 5);
    expect(one.access.writes).toEqual([]);
    expect(one.ack("setpoint")).toEqual({ value: 20, ac: 403, av: 5, ad: "writing is switched off on this gateway" });
  });

  test("403 for a read-only property; when it is desired no more, it is bare again, after a restart too", async () => {
    const one = scene();
    await one.desire({ serialNumber: 9 }, 5);
    expect(one.access.writes).toEqual([]);
    expect(one.ack("serialNumber")).toMatchObject({ ac: 403, av: 5 });
    await one.desire({}, 6);
    expect(one.ack("serialNumber")).toBeUndefined();
    expect(scene({ remembered: one.remembered() }).ack("serialNumber")).toBeUndefined();
  });

  test("what is no property point of the device is nobody's set point", async () => {
    const one = scene();
    await one.desire({ temperature: 50, nothing: 1, __t: "c", constructor: 1 }, 5);
    one.setPoints.desired({ chiller: { setpoint: 1 }, boiler: "text", configuration: { devices: {} } }, 6);
    await settled();
    expect(one.access.writes).toEqual([]);
    expect(one.ack("temperature")).toBeUndefined();
    expect(one.remembered()).toBeUndefined();
  });

  test.each<[object, object]>([
    [
      { outcome: "mismatch", readBack: 25, status: 502, reason: "the device holds another value" },
      { value: 25, ac: 502, ad: "mismatch: the device holds another value" },
    ],
    [
      { outcome: "refused", status: 502, reason: "exception 3 (illegal data value)" },
      { value: 20, ac: 502, ad: "refused: exception 3 (illegal data value)" },
    ],
    [
      { outcome: "unknown", status: 504, reason: "no answer" },
      { value: 20, ac: 504, ad: "unknown: no answer" },
    ],
  ])("the outcome %j is told, and not tried again", async (outcome, expected) => {
    const one = scene();
    one.access.outcome = outcome;
    await one.desire({ setpoint: 22 }, 5);
    expect(one.ack("setpoint")).toEqual({ av: 5, ...expected });
    await one.desire({ setpoint: 22 }, 6);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
  });

  test("a bug inside answers 500 and stops nobody", async () => {
    const one = scene();
    one.access.before = (what, _device, point) => {
      if (what === "write" && point === "setpoint") throw new RangeError("bug");
    };
    await one.desire({ setpoint: 22, mode: 2 }, 5);
    expect(one.ack("setpoint")).toMatchObject({ ac: 500, av: 5 });
    expect(one.ack("mode")).toMatchObject({ value: 2, ac: 200 });
    expect(one.lines).toContain("error: set point boiler/setpoint failed");
  });

  test("a text is short enough for a twin", async () => {
    const one = scene();
    one.access.outcome = { outcome: "refused", status: 502, reason: "x".repeat(9000) };
    await one.desire({ setpoint: 22 }, 5);
    expect(String(one.ack("setpoint")?.["ad"]).length).toBeLessThanOrEqual(400);
  });
});

describe("a desired value is carried out once", () => {
  test("not again for a newer version, a repeated document, a vanished value, or the same value named anew", async () => {
    const one = scene();
    await one.desire({ setpoint: 22 }, 5);
    one.access.held.set("boiler/setpoint", 30);
    poll(one);
    await one.desire({ setpoint: 22, mode: 1 }, 6);
    await one.desire({ setpoint: 22, mode: 1 }, 6);
    await one.desire({}, 7);
    one.setPoints.desired({}, 8);
    await one.desire({ setpoint: 22 }, 9);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
    expect(one.ack("setpoint")).toEqual({ value: 30, ac: 203, av: 5, ad: "changed at the device" });
  });

  test("not again after a restart, whatever the device holds then", async () => {
    const before = scene();
    await before.desire({ setpoint: 22, mode: 9 }, 5);
    const after = scene({ remembered: before.remembered() });
    expect(after.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "verified" });
    after.access.held.set("boiler/setpoint", 30);
    await after.desire({ setpoint: 22, mode: 9 }, 5);
    poll(after);
    expect(after.access.writes).toEqual([]);
    expect(after.ack("setpoint")).toEqual({ value: 30, ac: 203, av: 5, ad: "changed at the device" });
  });

  test("a refused one neither", async () => {
    const before = scene();
    await before.desire({ setpoint: 99 }, 5);
    const after = scene({ remembered: before.remembered() });
    await after.desire({ setpoint: 99 }, 6);
    expect(after.ack("setpoint")).toMatchObject({ ac: 400, av: 5 });
    await after.desire({ setpoint: 30 }, 7);
    expect(after.access.writes).toEqual(["boiler/setpoint=30"]);
  });

  test("what the module's end cut off before anything was written is carried out by the next start", async () => {
    const before = scene();
    before.access.before = () => before.controller.abort();
    await before.desire({ setpoint: 22 }, 5);
    await before.setPoints.close();
    expect(before.access.writes).toEqual([]);
    expect(before.remembered()).toBeUndefined();
    const after = scene({ remembered: before.remembered() });
    await after.desire({ setpoint: 22 }, 5);
    expect(after.access.writes).toEqual(["boiler/setpoint=22"]);
  });

  test.each<[string, Json]>([
    ["no object", [1]],
    ["devices that are none", { boiler: 7 }],
    ["entries of another shape", { boiler: { setpoint: { desired: 22 } } }],
    [
      "a value that a twin can't bear",
      { boiler: { setpoint: { desired: 22, ack: { value: null, ac: 200, av: 1, ad: "" } } } },
    ],
    ["no text", { boiler: { setpoint: { desired: 22, ack: { ac: 200, av: 1 } } } }],
  ])("a data folder with %s counts as nothing processed", async (_what, remembered) => {
    const one = scene({ remembered });
    expect(one.ack("setpoint")).toBeUndefined();
    await one.desire({ setpoint: 22 }, 5);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
  });

  test("devices and points of any legal name are kept apart and survive a restart", async () => {
    const point = (name: string, address: number) =>
      aPoint(name, address, { access: "readWrite", kind: "property", write: { verify: "readBack" } });
    const access = createFakeAccess(
      aDevice("constructor", [point("toString", 1), point("hasOwnProperty", 2)]),
      aDevice("valueOf", [point("toString", 3)]),
    );
    for (const key of ["constructor/toString", "constructor/hasOwnProperty", "valueOf/toString"])
      access.held.set(key, 0);
    const document = { constructor: { toString: 1, hasOwnProperty: 2 }, valueOf: { toString: 3 } };
    const before = scene({ access });
    before.setPoints.desired(document as unknown as JsonObject, 5);
    await settled();
    expect([...access.writes].sort()).toEqual([
      "constructor/hasOwnProperty=2",
      "constructor/toString=1",
      "valueOf/toString=3",
    ]);
    const after = scene({ access, remembered: before.remembered() });
    after.setPoints.desired(document as unknown as JsonObject, 6);
    await settled();
    expect(access.writes).toHaveLength(3);
    expect(after.setPoints.acknowledgement("valueOf", "toString")).toMatchObject({ value: 3, ac: 200, av: 5 });
    expect(after.setPoints.acknowledgement("valueOf", "valueOf")).toBeUndefined();
    expect(after.setPoints.acknowledgement("__proto__", "toString")).toBeUndefined();
  });
});

describe("a value that changed", () => {
  test("at the device: 203 with the version answered last", async () => {
    const one = scene();
    await one.desire({ setpoint: 22 }, 5);
    one.access.held.set("boiler/setpoint", 40);
    poll(one);
    expect(one.ack("setpoint")).toEqual({ value: 40, ac: 203, av: 5, ad: "changed at the device" });
    const changes = one.changes();
    poll(one);
    expect(one.changes()).toBe(changes);
  });

  test("by a method: likewise, and the next desired value counts as any", async () => {
    const one = scene();
    await one.desire({ setpoint: 22 }, 5);
    one.access.now += 1000;
    await one.access.write("boiler", new Map([["setpoint", 50]]), one.controller.signal);
    expect(one.ack("setpoint")).toEqual({ value: 50, ac: 203, av: 5, ad: "changed at the device" });
    await one.desire({ setpoint: 22.5 }, 6);
    expect(one.ack("setpoint")).toEqual({ value: 22.5, ac: 200, av: 6, ad: "verified" });
  });

  test("a bad reading changes nothing", async () => {
    const one = scene();
    await one.desire({ setpoint: 22 }, 5);
    one.access.bad.set("boiler", "timeout");
    poll(one);
    expect(one.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "verified" });
  });

  test("a poll that read the point before the write, and ends after it, is no change", async () => {
    const one = scene();
    const early = one.access.poll("boiler");
    one.access.now += 50;
    await one.desire({ setpoint: 22 }, 5);
    one.setPoints.cycle(early);
    expect(one.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "verified" });
  });

  test("nor is it after a write that was not read back; the next different value is", async () => {
    const one = scene();
    one.access.outcome = { outcome: "acknowledged" };
    await one.desire({ lamp: 1 }, 5);
    expect(one.ack("lamp")).toEqual({ value: 1, ac: 200, av: 5, ad: "acknowledged" });
    one.access.held.set("boiler/lamp", 0);
    poll(one);
    expect(one.ack("lamp")).toMatchObject({ value: 1, ac: 200 });
    poll(one);
    expect(one.ack("lamp")).toEqual({ value: 0, ac: 203, av: 5, ad: "changed at the device" });
  });

  test("a wall clock that was set back by an hour does not hide changes", async () => {
    const one = scene();
    await one.desire({ setpoint: 22 }, 5);
    one.access.now -= 3_600_000;
    one.access.held.set("boiler/setpoint", 40);
    poll(one);
    expect(one.ack("setpoint")).toMatchObject({ value: 40, ac: 203 });
  });
});

describe("while a write is under way", () => {
  test("a second desired value is carried out after it; of several, the newest only", async () => {
    const one = scene();
    const slow = deferred<void>();
    one.access.before = (what) => (what === "write" ? slow.promise : undefined);
    await one.desire({ setpoint: 22 }, 5);
    await one.desire({ setpoint: 23 }, 6);
    await one.desire({ setpoint: 24 }, 7);
    await one.desire({ setpoint: 25 }, 8);
    expect(one.access.writes).toEqual([]);
    slow.resolve();
    await settled();
    expect(one.access.writes).toEqual(["boiler/setpoint=22", "boiler/setpoint=25"]);
    expect(one.ack("setpoint")).toEqual({ value: 25, ac: 200, av: 8, ad: "verified" });
  });

  test("one that is withdrawn before its turn is not written", async () => {
    const one = scene();
    const slow = deferred<void>();
    one.access.before = (what) => (what === "write" ? slow.promise : undefined);
    await one.desire({ mode: 5, setpoint: 22 }, 5);
    await one.desire({ mode: 5 }, 6);
    slow.resolve();
    await settled();
    expect(one.access.writes).toEqual(["boiler/mode=5"]);
  });

  test("the same document again and again adds nothing to do", async () => {
    const one = scene();
    const slow = deferred<void>();
    one.access.before = (what) => (what === "write" ? slow.promise : undefined);
    for (let version = 5; version < 50; version++) await one.desire({ setpoint: 22 }, version);
    slow.resolve();
    await settled();
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
  });

  test("other devices do not wait", async () => {
    const access = boiler();
    access.devices.set("chiller", aDevice("chiller", POINTS));
    access.held.set("chiller/setpoint", 20);
    const one = scene({ access });
    const slow = deferred<void>();
    access.before = (what, device) => (what === "write" && device === "boiler" ? slow.promise : undefined);
    one.setPoints.desired({ boiler: { setpoint: 22 }, chiller: { setpoint: 30 } }, 5);
    await settled();
    expect(access.writes).toEqual(["chiller/setpoint=30"]);
    slow.resolve();
    await one.setPoints.close();
    expect(access.writes).toEqual(["chiller/setpoint=30", "boiler/setpoint=22"]);
  });

  test("a sample of the old value is no change at the device", async () => {
    const one = scene();
    const slow = deferred<void>();
    one.access.before = (what) => (what === "write" ? slow.promise : undefined);
    poll(one);
    await one.desire({ setpoint: 22 }, 5);
    one.access.held.set("boiler/setpoint", 20.5);
    poll(one);
    expect(one.ack("setpoint")).toEqual({ value: 20, ac: 203, av: 0, ad: "value of the device" });
    slow.resolve();
    await settled();
    expect(one.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "verified" });
  });

  test("the definition that counts is that of the moment", async () => {
    const one = scene();
    const slow = deferred<void>();
    one.access.before = (what, _device, point) => (what === "write" && point === "mode" ? slow.promise : undefined);
    await one.desire({ mode: 5, setpoint: 70 }, 5);
    const narrower = POINTS.map((point) =>
      point.name === "setpoint" ? { ...point, write: { verify: "readBack" as const, max: whole(60) } } : point,
    );
    one.access.devices.set("boiler", aDevice("boiler", narrower));
    slow.resolve();
    await settled();
    expect(one.access.writes).toEqual(["boiler/mode=5"]);
    expect(one.ack("setpoint")).toMatchObject({ ac: 400 });
  });

  test("a configuration that changed under the write is looked at again, and the value is not lost", async () => {
    const one = scene();
    let first = true;
    one.access.before = (what) => {
      if (what === "read") return;
      one.access.outcome = first ? { outcome: "refused", attempts: 0, status: 409 } : undefined;
      first = false;
    };
    await one.desire({ setpoint: 22 }, 5);
    expect(one.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "verified" });
  });
});

describe("a device that is not there", () => {
  test("not configured yet: the value is carried out when it is, and the document comes again", async () => {
    const one = scene();
    const config = one.access.devices.get("boiler");
    one.access.devices.clear();
    await one.desire({ setpoint: 22 }, 5);
    expect(one.access.writes).toEqual([]);
    if (config !== undefined) one.access.devices.set("boiler", config);
    await one.desire({ setpoint: 22 }, 5);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
  });

  test("disabled: nothing is written and nothing counts as processed", async () => {
    const one = scene();
    one.access.devices.set("boiler", aDevice("boiler", POINTS, { enabled: false }));
    await one.desire({ setpoint: 22 }, 5);
    expect(one.access.writes).toEqual([]);
    expect(one.remembered()).toBeUndefined();
    one.access.devices.set("boiler", aDevice("boiler", POINTS));
    await one.desire({ setpoint: 22 }, 5);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
  });

  test("removed and back: what was processed is not written again, and its acknowledgement is still there", async () => {
    const one = scene();
    await one.desire({ setpoint: 22 }, 5);
    const config = one.access.devices.get("boiler");
    one.access.devices.clear();
    await one.desire({ setpoint: 22 }, 6);
    if (config !== undefined) one.access.devices.set("boiler", config);
    await one.desire({ setpoint: 22 }, 7);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
    expect(one.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "verified" });
  });

  test("away: 202, not sent at it; written when it answers again", async () => {
    const one = scene();
    poll(one);
    one.access.bad.set("boiler", "offline");
    await one.desire({ setpoint: 22 }, 5);
    expect(one.access.writes).toEqual([]);
    expect(one.ack("setpoint")).toMatchObject({ value: 20, ac: 202, av: 5 });
    poll(one);
    await settled();
    expect(one.ack("setpoint")).toMatchObject({ ac: 202 });
    one.access.bad.clear();
    poll(one);
    await settled();
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
    expect(one.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "verified" });
  });

  test("away for more than a minute: 504, and not written when it is back", async () => {
    const one = scene();
    one.access.bad.set("boiler", "timeout");
    await one.desire({ setpoint: 22 }, 5);
    await one.clock.advance(59_999);
    expect(one.ack("setpoint")).toMatchObject({ ac: 202, av: 5 });
    await one.clock.advance(1);
    expect(one.ack("setpoint")).toEqual({ ac: 504, av: 5, ad: "the device was away for 60 s; not written" });
    one.access.bad.clear();
    poll(one);
    await one.desire({ setpoint: 22 }, 6);
    await one.clock.advance(120_000);
    expect(one.access.writes).toEqual([]);
    expect(one.lines).toContain('{"setpoint":22} refused');
    expect(one.clock.pendingTimers).toBe(0);
  });

  test("away while the desired value is withdrawn: it is not written later", async () => {
    const one = scene();
    poll(one);
    one.access.bad.set("boiler", "offline");
    await one.desire({ setpoint: 22 }, 5);
    await one.desire({}, 6);
    expect(one.ack("setpoint")).toEqual({ value: 20, ac: 203, av: 0, ad: "value of the device" });
    one.access.bad.clear();
    poll(one);
    await settled();
    expect(one.access.writes).toEqual([]);
  });

  test("away while the desired value changes: the newest is written", async () => {
    const one = scene();
    one.access.bad.set("boiler", "offline");
    await one.desire({ setpoint: 22 }, 5);
    await one.desire({ setpoint: 23 }, 6);
    expect(one.ack("setpoint")).toMatchObject({ ac: 202, av: 6 });
    one.access.bad.clear();
    poll(one);
    await settled();
    expect(one.access.writes).toEqual(["boiler/setpoint=23"]);
  });
});

describe("a desired value that waits for its turn", () => {
  const NEVER = new AbortController().signal;

  test("waits for the command of the device that is under way", async () => {
    const one = scene();
    poll(one);
    const turn = await one.access.turn("boiler", NEVER);
    await one.desire({ setpoint: 30 }, 4);
    expect(one.access.writes).toEqual([]);
    if (turn.kind === "mine") turn.done();
    await settled();
    expect(one.access.writes).toEqual(["boiler/setpoint=30"]);
    expect(one.ack("setpoint")).toMatchObject({ value: 30, ac: 200, av: 4 });
    expect(await one.access.turn("boiler", NEVER)).toMatchObject({ kind: "mine" });
  });

  test.each<[string, JsonObject, readonly string[]]>([
    ["withdrawn", {}, []],
    ["replaced", { setpoint: 40 }, ["boiler/setpoint=40"]],
  ])("and is not written where it is %s meanwhile", async (_what, now, writes) => {
    const one = scene();
    poll(one);
    const turn = await one.access.turn("boiler", NEVER);
    await one.desire({ setpoint: 30 }, 4);
    await one.desire(now, 5);
    if (turn.kind === "mine") turn.done();
    await settled();
    expect(one.access.writes).toEqual(writes);
  });

  test.each<[string, JsonObject, readonly string[]]>([
    ["withdrawn", {}, []],
    ["replaced", { setpoint: 40 }, ["boiler/setpoint=40"]],
  ])("nor where it is %s when its turn on the bus comes", async (_what, now, writes) => {
    const one = scene();
    poll(one);
    const gate = deferred<void>();
    one.access.busy = () => gate.promise;
    await one.desire({ setpoint: 30 }, 4);
    await one.desire(now, 5);
    gate.resolve();
    await settled();
    expect(one.access.writes).toEqual(writes);
  });
});
