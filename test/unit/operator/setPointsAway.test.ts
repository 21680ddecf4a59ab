import type { Json, JsonObject } from "../../../src/kernel/json";
import { deferred } from "../../../src/kernel/wait";
import { createSetPoints } from "../../../src/operator/setPoints";
import { createFakeAccess, type FakeAccess } from "../../support/fakeAccess";
import { createManualClock, type ManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aDevice, aPoint } from "../../support/points";

/** Set points whose devices come and go, over restarts: what waits, what expires, what is written again. */
const property = { access: "readWrite", kind: "property" } as const;
const POINTS = [
  aPoint("setpoint", 200, { ...property, write: { verify: "readBack" } }),
  aPoint("mode", 201, { ...property, write: { verify: "readBack", expiresMs: 5000 } }),
  aPoint("enable", 202, { ...property, write: { verify: "readBack", apply: "connect" } }),
  aPoint("serialNumber", 1, { kind: "property" }),
];

interface Scene {
  readonly access: FakeAccess;
  readonly clock: ManualClock;
  readonly setPoints: ReturnType<typeof createSetPoints>;
  readonly asked: string[];
  remembered(): Json | undefined;
  /** Times something was kept. */
  kept(): number;
  desire(component: JsonObject, version?: number): Promise<void>;
  ack(point: string, reported?: Json): JsonObject | undefined;
  /** The process is killed: nothing more happens in it. */
  kill(): void;
}

function boiler(): FakeAccess {
  const access = createFakeAccess(aDevice("boiler", POINTS));
  for (const [name, value] of [
    ["setpoint", 20],
    ["mode", 1],
    ["enable", 0],
    ["serialNumber", 7],
  ] as const)
    access.held.set(`boiler/${name}`, value);
  return access;
}

function scene(options: { access?: FakeAccess; remembered?: Json | undefined; clock?: ManualClock } = {}): Scene {
  const access = options.access ?? boiler();
  const clock = options.clock ?? createManualClock();
  const controller = new AbortController();
  const asked: string[] = [];
  let kept: Json | undefined = options.remembered;
  let times = 0;
  access.before = (what, _device, point) => void asked.push(`${what} ${point}`);
  const setPoints = createSetPoints({
    access,
    writes: () => "declared",
    devices: () => access.devices,
    log: createMemoryLog(),
    clock,
    onAudit: () => undefined,
    signal: controller.signal,
    remembered: options.remembered,
    remember(processed) {
      kept = JSON.parse(JSON.stringify(processed)) as Json;
      times += 1;
    },
    changed: () => undefined,
  });
  access.onCycle = setPoints.cycle.bind(setPoints);
  return {
    access,
    clock,
    setPoints,
    asked,
    remembered: () => kept,
    kept: () => times,
    async desire(component, version = 5) {
      setPoints.desired({ boiler: { __t: "c", ...component } }, version);
      await clock.settle();
    },
    ack: (point, reported) => setPoints.acknowledgement("boiler", point, reported),
    kill: () => controller.abort(),
  };
}

async function poll({ access, setPoints, clock }: Scene): Promise<void> {
  access.now = clock.epoch();
  setPoints.cycle(access.poll("boiler"));
  await clock.settle();
}

describe("while the device is away", () => {
  test("it is asked again by and by, where nothing polls it, and written when it answers", async () => {
    const one = scene();
    one.access.bad.set("boiler", "timeout");
    await one.desire({ setpoint: 22 });
    await one.clock.advance(25_000);
    expect(one.asked).toEqual(["read setpoint", "read setpoint", "read setpoint"]);
    one.access.bad.clear();
    await one.clock.advance(10_000);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
    expect(one.ack("setpoint")).toMatchObject({ value: 22, ac: 200, av: 5, ad: "verified" });
    expect(one.clock.pendingTimers).toBe(0);
  });

  test("one silence speaks for all that waits for it; what is refused is refused at once", async () => {
    const one = scene();
    one.access.bad.set("boiler", "timeout");
    await one.desire({ setpoint: 22, mode: 2, enable: 1, serialNumber: 9 });
    expect(one.asked).toEqual(["read setpoint"]);
    expect(one.ack("mode")).toMatchObject({ ac: 202 });
    expect(one.ack("enable")).toMatchObject({ ac: 202 });
    expect(one.ack("serialNumber")).toMatchObject({ ac: 403 });
  });

  test.each(["timeout", "offline", "crc", "protocol", "exception:6", "exception:11"] as const)(
    "%s is being away: nothing is written blindly",
    async (reason) => {
      const one = scene();
      one.access.bad.set("boiler", reason);
      await one.desire({ setpoint: 22 });
      expect(one.ack("setpoint")).toMatchObject({ ac: 202 });
      expect(one.access.writes).toEqual([]);
    },
  );

  test("a point that answers and can't be read is not written: what it holds is not known", async () => {
    const one = scene();
    one.access.bad.set("boiler/setpoint", "exception:2");
    await one.desire({ setpoint: 22 });
    expect(one.access.writes).toEqual([]);
    expect(one.ack("setpoint")).toMatchObject({
      ac: 502,
      ad: "nothing was written, for what the device holds can't be read (exception:2)",
    });
  });

  test.each(["notInEnum", "outOfRange", "decode", "notAvailable"] as const)(
    "%s is another value than the desired one: it is written",
    async (reason) => {
      const one = scene();
      one.access.bad.set("boiler/setpoint", reason);
      await one.desire({ setpoint: 22 });
      expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
    },
  );

  test("each point has its own time; the value in force stays in the 504", async () => {
    const one = scene();
    await poll(one);
    one.access.bad.set("boiler", "offline");
    await one.desire({ setpoint: 22, mode: 2 });
    expect(one.ack("mode")).toEqual({
      value: 1,
      ac: 202,
      av: 5,
      ad: "the device is away (offline); written when it is back within 5 s",
    });
    await one.clock.advance(5000);
    expect(one.ack("mode")).toEqual({ value: 1, ac: 504, av: 5, ad: "the device was away for 5 s; not written" });
    expect(one.ack("setpoint")).toMatchObject({ ac: 202 });
  });

  test("the time runs from the first attempt, however often it is tried", async () => {
    const one = scene();
    one.access.bad.set("boiler", "timeout");
    await one.desire({ setpoint: 22 }, 5);
    for (let second = 0; second < 59; second++) {
      await one.clock.advance(1000);
      await one.desire({ setpoint: 22 }, 6 + second);
    }
    expect(one.ack("setpoint")).toMatchObject({ ac: 202 });
    await one.clock.advance(1000);
    expect(one.ack("setpoint")).toMatchObject({ ac: 504 });
  });

  test("a wall clock that is set does not change it", async () => {
    const one = scene();
    one.access.bad.set("boiler", "timeout");
    await one.desire({ setpoint: 22 });
    one.clock.stepEpoch(3_600_000);
    await one.clock.advance(59_000);
    expect(one.ack("setpoint")).toMatchObject({ ac: 202 });
    one.clock.stepEpoch(-7_200_000);
    await one.clock.advance(1000);
    expect(one.ack("setpoint")).toMatchObject({ ac: 504 });
  });

  test("back to the value that was processed before: nothing waits, nothing is written", async () => {
    const one = scene();
    await one.desire({ setpoint: 22 });
    one.access.bad.set("boiler", "timeout");
    await one.desire({ setpoint: 30 }, 6);
    expect(one.ack("setpoint")).toMatchObject({ value: 22, ac: 202, av: 6 });
    await one.desire({ setpoint: 22 }, 7);
    expect(one.ack("setpoint")).toMatchObject({ value: 22, ac: 200, av: 5 });
    await one.clock.advance(120_000);
    one.access.bad.clear();
    await poll(one);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
  });

  test("withdrawn while it is being asked: it does not begin to wait, and the same value counts as new later", async () => {
    const one = scene();
    await poll(one);
    const asking = deferred<void>();
    one.access.bad.set("boiler", "timeout");
    one.access.before = () => asking.promise;
    await one.desire({ setpoint: 22 });
    await one.desire({}, 6);
    asking.resolve();
    await one.clock.advance(120_000);
    expect(one.ack("setpoint")).toMatchObject({ value: 20, ac: 203, av: 0 });
    one.access.bad.clear();
    await one.desire({ setpoint: 22 }, 7);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
  });

  test("the disk is written once for a value that waits, not for every attempt", async () => {
    const one = scene();
    one.access.bad.set("boiler", "timeout");
    await one.desire({ setpoint: 22 });
    await one.clock.advance(55_000);
    expect(one.kept()).toBe(1);
  });
});

describe("over a restart", () => {
  async function waiting(): Promise<{ readonly remembered: Json | undefined; readonly clock: ManualClock }> {
    const before = scene();
    before.access.bad.set("boiler", "timeout");
    await before.desire({ setpoint: 22 });
    before.kill();
    return { remembered: before.remembered(), clock: before.clock };
  }

  test("what waits is written when the device is back within its time", async () => {
    const { remembered, clock } = await waiting();
    await clock.advance(50_000);
    const after = scene({ remembered, clock });
    expect(after.ack("setpoint")).toMatchObject({ ac: 202, av: 5 });
    await after.desire({ setpoint: 22 }, 6);
    expect(after.access.writes).toEqual(["boiler/setpoint=22"]);
    expect(after.remembered()).toMatchObject({ boiler: { setpoint: { desired: 22, ack: { ac: 200 } } } });
    expect(JSON.stringify(after.remembered())).not.toContain("waiting");
  });

  test("its time goes on while the module is away", async () => {
    const { remembered, clock } = await waiting();
    await clock.advance(50_000);
    const after = scene({ remembered, clock });
    after.access.bad.set("boiler", "timeout");
    await after.desire({ setpoint: 22 }, 6);
    await clock.advance(9_999);
    expect(after.ack("setpoint")).toMatchObject({ ac: 202 });
    await clock.advance(1);
    expect(after.ack("setpoint")).toMatchObject({ ac: 504, av: 6 });
  });

  test("what expired meanwhile is never written, though the document comes before anything else", async () => {
    const { remembered, clock } = await waiting();
    await clock.advance(60_000);
    const after = scene({ remembered, clock });
    await after.desire({ setpoint: 22 }, 6);
    await clock.advance(0);
    expect(after.ack("setpoint")).toMatchObject({ ac: 504 });
    await poll(after);
    await after.desire({ setpoint: 22 }, 7);
    await clock.advance(120_000);
    expect(after.access.writes).toEqual([]);
  });

  test("nor without a hub: it expires, and is not written when the hub is back", async () => {
    const { remembered, clock } = await waiting();
    const after = scene({ remembered, clock });
    await clock.advance(60_000);
    expect(after.ack("setpoint")).toMatchObject({ ac: 504 });
    await after.desire({ setpoint: 22 }, 6);
    await poll(after);
    expect(after.access.writes).toEqual([]);
  });

  test("without the hub's document it is not written: it may have been withdrawn", async () => {
    const { remembered, clock } = await waiting();
    const after = scene({ remembered, clock });
    await poll(after);
    expect(after.access.writes).toEqual([]);
    await after.desire({}, 6);
    await poll(after);
    expect(after.access.writes).toEqual([]);
    expect(after.remembered()).toEqual({});
  });

  test.each<[string, number]>([
    ["woke up in 1970", -Date.UTC(2026, 0, 1)],
    ["was set back by an hour", -3_600_000],
    ["was set forward by an hour", 3_600_000],
  ])("with a clock that %s nobody knows how old it is: it counts as expired", async (_what, step) => {
    const { remembered, clock } = await waiting();
    clock.stepEpoch(step);
    const after = scene({ remembered, clock });
    await after.desire({ setpoint: 22 }, 6);
    await clock.advance(0);
    expect(after.ack("setpoint")).toMatchObject({ ac: 504 });
    expect(after.access.writes).toEqual([]);
  });

  test("killed between writing and keeping it: what the device holds is looked at, nothing is written again", async () => {
    const before = scene();
    await before.desire({ setpoint: 22 });
    before.kill();
    const after = scene({ access: before.access, remembered: undefined });
    await after.desire({ setpoint: 22 }, 5);
    expect(before.access.writes).toEqual(["boiler/setpoint=22"]);
    expect(after.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "the device holds it already" });
  });

  test("what the hub holds of it stands until the device has spoken, so that no old value flashes up", async () => {
    const before = scene();
    await before.desire({ setpoint: 22 });
    before.kill();
    const changed = { value: 40, ac: 203, av: 5, ad: "changed at the device" };
    const after = scene({ remembered: before.remembered() });
    expect(after.ack("setpoint", changed)).toBeUndefined();
    // An answer that the hub has not heard of is told.
    expect(after.ack("setpoint", { value: 20, ac: 203, av: 4, ad: "" })).toMatchObject({ value: 22, ac: 200 });
    expect(after.ack("setpoint", { value: 20, ac: 202, av: 5, ad: "" })).toMatchObject({ value: 22, ac: 200 });
    expect(after.ack("setpoint", 7)).toMatchObject({ value: 22, ac: 200 });
    after.access.held.set("boiler/setpoint", 22);
    await poll(after);
    expect(after.ack("setpoint", changed)).toMatchObject({ value: 22, ac: 200 });
  });
});

describe("apply: connect", () => {
  test("writes the desired value again when the device comes back with another one", async () => {
    const one = scene();
    await one.desire({ enable: 1, setpoint: 22 });
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    one.access.held.set("boiler/enable", 0).set("boiler/setpoint", 30);
    await poll(one);
    expect(one.ack("enable")).toMatchObject({ value: 0, ac: 203 });
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    expect(one.access.writes).toHaveLength(2);
    one.setPoints.presence("boiler", false);
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    expect(one.access.writes).toEqual(["boiler/enable=1", "boiler/setpoint=22", "boiler/enable=1"]);
    expect(one.ack("enable")).toEqual({ value: 1, ac: 200, av: 5, ad: "verified" });
    expect(one.ack("setpoint")).toMatchObject({ value: 30, ac: 203 });
  });

  test("once a connect, after a start too, and not where the device holds it", async () => {
    const before = scene();
    await before.desire({ enable: 1 });
    before.kill();
    const after = scene({ access: before.access, remembered: before.remembered() });
    after.setPoints.presence("boiler", true);
    await after.desire({ enable: 1 }, 9);
    expect(after.access.writes).toEqual(["boiler/enable=1"]);
    expect(after.ack("enable")).toMatchObject({ value: 1, ac: 200, av: 5, ad: "verified" });
    after.access.held.set("boiler/enable", 0);
    await after.desire({ enable: 1, setpoint: 20 }, 10);
    expect(after.access.writes).toEqual(["boiler/enable=1"]);
  });

  test("not where the device is as near to it as its verification allows; but a new value is written", async () => {
    const one = scene();
    one.access.tolerance = 2;
    await one.desire({ enable: 10 });
    one.access.held.set("boiler/enable", 8);
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    expect(one.access.writes).toEqual(["boiler/enable=10"]);
    await one.desire({ enable: 9 }, 6);
    expect(one.access.writes).toEqual(["boiler/enable=10", "boiler/enable=9"]);
    one.access.held.set("boiler/enable", 6);
    one.setPoints.presence("boiler", false);
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    expect(one.access.writes).toHaveLength(3);
  });

  test("not what was refused, withdrawn, or never desired", async () => {
    const one = scene();
    await one.desire({ enable: 70_000 });
    const kept = one.kept();
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    expect(one.asked).toEqual([]);
    expect(one.kept()).toBe(kept);
    await one.desire({}, 6);
    one.setPoints.presence("boiler", false);
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    expect(one.access.writes).toEqual([]);
  });

  test("a device that goes again before it was written: the next connect does it", async () => {
    const one = scene();
    await one.desire({ enable: 1 });
    one.access.held.set("boiler/enable", 0);
    one.access.bad.set("boiler", "timeout");
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    await one.clock.advance(120_000);
    expect(one.ack("enable")).toMatchObject({ value: 1, ac: 200 });
    expect(one.access.writes).toHaveLength(1);
    one.access.bad.clear();
    one.setPoints.presence("boiler", false);
    one.setPoints.presence("boiler", true);
    await one.clock.settle();
    expect(one.access.writes).toEqual(["boiler/enable=1", "boiler/enable=1"]);
  });
});

describe("a write that may not happen yet, or of which nobody knows", () => {
  test("minWriteIntervalMs: it waits without keeping others, the newest value is written", async () => {
    const one = scene();
    let restMs = 90_000;
    one.access.writableInMs = (_device, points) => (points.includes("setpoint") ? restMs : 0);
    await one.desire({ setpoint: 22, mode: 2 });
    expect(one.access.writes).toEqual(["boiler/mode=2"]);
    expect(one.ack("setpoint")).toMatchObject({ ac: 202, ad: "written as soon as its minWriteIntervalMs is over" });
    const asked = one.asked.length;
    await poll(one);
    expect(one.asked).toHaveLength(asked);
    await one.desire({ setpoint: 23, mode: 2 }, 6);
    await one.clock.advance(89_000);
    expect(one.access.writes).toEqual(["boiler/mode=2"]);
    restMs = 0;
    await one.clock.advance(1000);
    expect(one.access.writes).toEqual(["boiler/mode=2", "boiler/setpoint=23"]);
  });

  test("unknown whether written: it is not sent again; the device's next word decides", async () => {
    const one = scene();
    await poll(one);
    one.access.outcome = { outcome: "unknown", status: 504, reason: "no answer" };
    await one.desire({ setpoint: 22, mode: 2 });
    expect(one.ack("setpoint")).toMatchObject({ value: 20, ac: 504 });
    one.access.held.set("boiler/setpoint", 22);
    await one.clock.advance(1000);
    await poll(one);
    expect(one.ack("setpoint")).toEqual({ value: 22, ac: 200, av: 5, ad: "verified when the device answered again" });
    expect(one.ack("mode")).toMatchObject({ value: 1, ac: 504 });
    expect(one.access.writes).toHaveLength(2);
  });

  test("its attempt ends with its time: a write that has not had its turn by then is none", async () => {
    const one = scene();
    one.access.bad.set("boiler", "timeout");
    await one.desire({ mode: 2 });
    await one.clock.advance(4000);
    one.access.bad.clear();
    const write = one.access.write.bind(one.access);
    // The bus is busy until the caller's time is over.
    one.access.write = async (device, values, signal, isStillWanted) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      one.access.outcome = { outcome: "refused", attempts: 0, status: 504 };
      return write(device, values, signal, isStillWanted);
    };
    const since = one.clock.monotonic();
    await poll(one);
    await one.clock.advance(1000);
    expect(one.clock.monotonic() - since).toBe(1000);
    expect(one.ack("mode")).toMatchObject({ ac: 504, ad: "the device was away for 5 s; not written" });
    expect(one.access.writes).toEqual([]);
  });

  test("one that is still being read back when its time is over has its answer then, and is waited for in peace", async () => {
    const one = scene();
    one.access.bad.set("boiler", "timeout");
    await one.desire({ mode: 2 });
    await one.clock.advance(4000);
    one.access.bad.clear();
    one.access.busy = () => new Promise((resolve) => one.clock.setTimer(4000, resolve));
    let timers = 0;
    const { setTimer } = one.clock;
    one.clock.setTimer = (...timer) => {
      timers += 1;
      return setTimer(...timer);
    };
    await poll(one);
    await one.clock.advance(5000);
    expect(one.access.writes).toEqual(["boiler/mode=2"]);
    expect(one.ack("mode")).toMatchObject({ value: 2, ac: 200 });
    expect(timers).toBeLessThan(60);
  });

  test("commands that do not end in its time: it waits, and says for what", async () => {
    const one = scene();
    const turn = await one.access.turn("boiler", new AbortController().signal);
    await one.desire({ setpoint: 22 });
    await one.clock.advance(31_000);
    expect(one.ack("setpoint")).toMatchObject({
      ac: 202,
      ad: "commands of the device are under way; written after them within 60 s",
    });
    if (turn.kind === "mine") turn.done();
    await one.clock.advance(11_000);
    expect(one.access.writes).toEqual(["boiler/setpoint=22"]);
    expect(one.ack("setpoint")).toMatchObject({ ac: 200 });
  });

  test("no turn on the bus, or a device that went again: it waits; a value that its scale can't carry is refused", async () => {
    const one = scene();
    one.access.outcome = { outcome: "refused", attempts: 0, status: 504, reason: "no turn" };
    await one.desire({ setpoint: 22 });
    expect(one.ack("setpoint")).toMatchObject({ ac: 202 });
    one.access.outcome = { outcome: "refused", attempts: 0, status: 422, reason: "between two steps" };
    await one.desire({ setpoint: 23 }, 6);
    expect(one.ack("setpoint")).toMatchObject({ value: 20, ac: 400, av: 6, ad: "refused: between two steps" });
    expect(one.access.writes).toEqual([]);
  });

  test("one that is written at each connect waits for its minWriteIntervalMs, too", async () => {
    const one = scene();
    await one.desire({ enable: 1 });
    one.access.held.set("boiler/enable", 0);
    let restMs = 5000;
    one.access.writableInMs = () => restMs;
    one.setPoints.presence("boiler", true);
    await one.clock.advance(4000);
    expect(one.access.writes).toEqual(["boiler/enable=1"]);
    expect(one.ack("enable")).toMatchObject({ ac: 200 });
    restMs = 0;
    await one.clock.advance(1000);
    expect(one.access.writes).toEqual(["boiler/enable=1", "boiler/enable=1"]);
  });

  test("a configuration that changes under every attempt ends in waiting, not in a loop", async () => {
    const one = scene();
    one.access.outcome = { outcome: "refused", attempts: 0, status: 409 };
    await one.desire({ setpoint: 22 });
    expect(one.asked.length).toBeLessThan(15);
    expect(one.ack("setpoint")).toMatchObject({ ac: 202 });
  });

  test("integers beyond 2^52 come as texts of digits, for the hub cuts numbers", async () => {
    const one = scene();
    one.access.devices.set(
      "boiler",
      aDevice("boiler", [
        aPoint("counter", 1, {
          ...property,
          type: "uint64",
          count: 4,
          order: [0, 1, 2, 3, 4, 5, 6, 7],
          write: { verify: "readBack" },
        }),
      ]),
    );
    one.access.held.set("boiler/counter", 1);
    await one.desire({ counter: 2 ** 52 + 2 });
    expect(one.ack("counter")).toMatchObject({ ac: 400 });
    expect(String(one.ack("counter")?.["ad"])).toContain("send it as a string of digits");
    await one.desire({ counter: "18446744073709551615" }, 6);
    expect(one.ack("counter")).toMatchObject({ value: "18446744073709551615", ac: 200 });
    await one.desire({ counter: 2 ** 52 }, 7);
    expect(one.ack("counter")).toMatchObject({ value: 2 ** 52, ac: 200 });
  });
});

describe("warnings", () => {
  test("for components and points that nobody will carry out, with the nearest name", async () => {
    const one = scene();
    one.access.devices.set("silent", aDevice("silent", POINTS, { enabled: false }));
    one.access.devices.set("quiet", aDevice("quiet", POINTS, { identity: "none" }));
    const document = {
      configuration: {},
      boilr: { setpoint: 1 },
      boiler: { __t: "c", setpoint: 20, setpiont: 1 },
      silent: { setpoint: 1 },
      quiet: { setpoint: 1 },
      text: "x",
    };
    one.access.held.set("silent/setpoint", 9).set("quiet/setpoint", 9);
    one.setPoints.desired(document, 5);
    await one.clock.settle();
    expect(one.asked).toEqual(["read setpoint"]);
    expect(one.setPoints.warnings().map(({ path, text }) => [path, text.slice(0, 60)])).toEqual([
      ["/desired/boilr", 'there is no device "boilr": its desired values are carried o'],
      ["/desired/boiler/setpiont", '"boiler" has no point "setpiont": nothing is written; did yo'],
      ["/desired/silent", '"silent" is disabled: its desired values are carried out whe'],
      ["/desired/quiet", '"quiet" has identity none, and so no properties: nothing is '],
      ["/desired/text", 'there is no device "text": its desired values are carried ou'],
    ]);
    expect(one.access.writes).toEqual([]);
  });
});
