import { setMaxListeners } from "node:events";
import type { MethodAnswer } from "../../../src/cloud/edgeHub";
import type { DeviceConfig } from "../../../src/core/config/gatewayConfig";
import type { Json, JsonObject } from "../../../src/kernel/json";
import { deferred } from "../../../src/kernel/wait";
import { createCommands } from "../../../src/operator/commands";
import type { WriteAudit } from "../../../src/operator/writeAudit";
import { parseWritePolicy, type WritePolicy } from "../../../src/operator/writePolicy";
import { restOfPorts } from "../../support/commandPorts";
import { createFakeAccess } from "../../support/fakeAccess";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";
import { aDevice, aPoint } from "../../support/points";

const POINTS = [
  aPoint("temperature", 100),
  aPoint("energy", 110, { type: "uint64", count: 4, order: [0, 1, 2, 3, 4, 5, 6, 7] }),
  aPoint("setpoint", 200, {
    access: "readWrite",
    kind: "property",
    write: { verify: "readBack", min: { coefficient: 10n, scale: 0 }, max: { coefficient: 80n, scale: 0 } },
  }),
  aPoint("counter", 210, {
    type: "uint64",
    count: 4,
    order: [0, 1, 2, 3, 4, 5, 6, 7],
    access: "readWrite",
    kind: "property",
    write: { verify: "readBack" },
  }),
  aPoint("reset", 8, { table: "coil", type: "bool", access: "write", kind: "none", write: { verify: "echo" } }),
];

function setUp(writes: WritePolicy = "declared") {
  const clock = createManualClock();
  const access = createFakeAccess(
    aDevice("boiler", POINTS),
    aDevice("chiller", POINTS, { unitId: 2, enabled: false }),
    aDevice("constructor", POINTS, { unitId: 3 }),
  );
  access.now = clock.epoch();
  access.held.set("boiler/temperature", 61.5).set("boiler/setpoint", 20).set("boiler/counter", 1);
  access.held.set("boiler/energy", { coefficient: 18446744073709551615n, scale: 0 });
  access.held.set("constructor/temperature", 5);
  const log = createMemoryLog();
  const audits: WriteAudit[] = [];
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  const call = createCommands({
    ...restOfPorts,
    access,
    writes: () => writes,
    clock,
    log,
    signal: controller.signal,
    runner: () => undefined,
    onAudit: (record) => void audits.push(record),
    config: () => ({ connections: new Map(), devices: access.devices, module: {} }),
    plan: () => undefined,
    polling: { pause: () => undefined, resume: () => undefined },
    status: (payload) => ({ status: 200, payload: { asked: payload } }),
  });
  return { clock, access, log, controller, call, audits };
}

/** `[status, message, path]` of a refusal. */
function refusalOf({ status, payload }: MethodAnswer): [number, string, string | undefined] {
  const error = payload["error"] as { code: number; message: string; path?: string };
  expect(error.code).toBe(status);
  return [status, error.message, error.path];
}

describe("a method", () => {
  test.each<[string, Json, number, string | RegExp, string | undefined]>([
    ["readPoint", {}, 404, 'there is no method "readPoint"; did you mean "readPoints"?', undefined],
    [
      "sing",
      {},
      404,
      /^there is no method "sing"; known: readPoints, writePoints, readRegisters, writeRegisters, identify, getStatus/,
      undefined,
    ],
    ["constructor", {}, 404, /^there is no method "constructor"/, undefined],
    ["__proto__", {}, 404, /^there is no method "__proto__"/, undefined],
    [
      "boiler*getStatus",
      {},
      404,
      'the device "boiler" has no command "getStatus"; known: readPoints, writePoints',
      undefined,
    ],
    ["boiler*readPoint", {}, 404, /did you mean "readPoints"/, undefined],
    ["biler*resetAlarm", {}, 404, 'there is no device "biler"; did you mean "boiler"?', undefined],
    ["chiller*resetAlarm", {}, 409, /disabled/, undefined],
    ["getTrace", {}, 400, '"connection" must name a connection', "/connection"],
    ["readPoints", [1], 400, "the payload of readPoints must be a JSON object", ""],
    ["readPoints", "boiler", 400, "the payload of readPoints must be a JSON object", ""],
    ["readPoints", null, 400, '"device" must name a device', "/device"],
    ["readPoints", { device: 7 }, 400, '"device" must name a device', "/device"],
    ["readPoints", { device: "boler" }, 404, 'there is no device "boler"; did you mean "boiler"?', "/device"],
    ["readPoints", { device: "toString" }, 404, 'there is no device "toString"', "/device"],
    ["readPoints", { device: "chiller" }, 409, 'the device "chiller" is disabled in the configuration', "/device"],
    ["boler*readPoints", {}, 404, 'there is no device "boler"; did you mean "boiler"?', "/device"],
    ["boiler*readPoints", { device: "chiller" }, 400, /another device/, "/device"],
    [
      "readPoints",
      { device: "boiler", point: [] },
      400,
      '"point" is not a key of this payload; did you mean "points"?',
      "/point",
    ],
    [
      "writePoints",
      { device: "boiler", values: { setpoint: 20 }, "time/out": 1 },
      400,
      '"time/out" is not a key of this payload; known: device, values, timeoutMs',
      "/time~1out",
    ],
  ])("%s %j is refused with %d", async (name, payload, status, message, path) => {
    const [code, text, place] = refusalOf(await setUp().call(name, payload));
    expect(code).toBe(status);
    expect(text).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
    expect(place).toBe(path);
  });

  test("getStatus gets its payload; null counts as {}", async () => {
    const { call } = setUp();
    expect(await call("getStatus", null)).toEqual({ status: 200, payload: { asked: {} } });
  });

  test("keys of Object's prototype in a payload are unknown keys, and nothing is polluted", async () => {
    const { call } = setUp();
    const payload = JSON.parse('{"device":"boiler","__proto__":{"points":["temperature"]}}') as Json;
    expect(refusalOf(await call("readPoints", payload))).toEqual([
      400,
      '"__proto__" is not a key of this payload; known: device, points, maxAgeMs',
      "/__proto__",
    ]);
    expect(({} as JsonObject)["points"]).toBeUndefined();
  });

  test("that trips over a bug answers 500 and says so in the log", async () => {
    const { access, log, call } = setUp();
    access.before = () => {
      throw new RangeError("bug");
    };
    expect(refusalOf(await call("boiler*readPoints", {}))[0]).toBe(500);
    expect(log.lines).toEqual(["error: the method boiler*readPoints failed"]);
  });

  test("many at once get their own answers", async () => {
    const { call } = setUp();
    const answers = await Promise.all([
      ...Array.from({ length: 40 }, () => call("boiler*readPoints", { points: ["temperature"] })),
      call("constructor*readPoints", { points: ["temperature"] }),
    ]);
    expect(answers.map(({ payload }) => (payload["values"] as JsonObject)["temperature"])).toEqual([
      ...Array<number>(40).fill(61.5),
      5,
    ]);
  });
});

describe("readPoints", () => {
  test("reads every point that can be read, as a twin can carry it", async () => {
    expect(await setUp().call("boiler*readPoints", {})).toEqual({
      status: 200,
      payload: {
        device: "boiler",
        at: "2026-01-01T00:00:00.000Z",
        values: { temperature: 61.5, energy: "18446744073709551615", setpoint: 20, counter: 1 },
        bad: {},
      },
    });
  });

  test("reads each named point once", async () => {
    const { access, call } = setUp();
    const reads: string[] = [];
    access.before = (_what, _device, point) => void reads.push(point);
    const answer = await call("readPoints", { device: "boiler", points: ["setpoint", "temperature", "setpoint"] });
    expect(reads).toEqual(["setpoint", "temperature"]);
    expect(answer.payload["values"]).toEqual({ setpoint: 20, temperature: 61.5 });
  });

  test("no point asked for: no value, and the time is now, not 1970", async () => {
    expect(await setUp().call("boiler*readPoints", { points: [] })).toEqual({
      status: 200,
      payload: { device: "boiler", at: "2026-01-01T00:00:00.000Z", values: {}, bad: {} },
    });
  });

  test.each<[JsonObject, number, string, string]>([
    [{ points: "temperature" }, 400, '"points" must be a list of point names', "/points"],
    [{ points: [7] }, 400, '"points" must be a list of point names', "/points"],
    [
      { points: ["temperature", "setpiont"] },
      404,
      'the device "boiler" has no point "setpiont"; did you mean "setpoint"?',
      "/points/1",
    ],
    [{ points: ["constructor"] }, 404, 'the device "boiler" has no point "constructor"', "/points/0"],
    [{ points: ["reset"] }, 403, 'the point "reset" of "boiler" can only be written', "/points/0"],
    [{ maxAgeMs: -1 }, 400, '"maxAgeMs" is -1; it must be a whole number from 0 to 86400000', "/maxAgeMs"],
    [{ maxAgeMs: "1" }, 400, '"maxAgeMs" is "1"; it must be a whole number from 0 to 86400000', "/maxAgeMs"],
  ])("%j is refused", async (payload, status, message, path) => {
    expect(refusalOf(await setUp().call("boiler*readPoints", payload))).toEqual([status, message, path]);
  });

  test("takes what is young enough as it is, and reads the rest", async () => {
    const { clock, access, call } = setUp();
    access.poll("boiler", ["temperature"]);
    access.held.set("boiler/temperature", 70).set("boiler/setpoint", 30);
    await clock.advance(1000);
    access.now = clock.epoch();
    const points = ["temperature", "setpoint"];
    const young = await call("boiler*readPoints", { points, maxAgeMs: 1000 });
    expect(young.payload["values"]).toEqual({ temperature: 61.5, setpoint: 30 });
    const old = await call("boiler*readPoints", { points, maxAgeMs: 999 });
    expect(old.payload["values"]).toMatchObject({ temperature: 70 });
  });

  test("a bad sample is not taken for a young value, nor is one from before the clock was set back", async () => {
    const { clock, access, call } = setUp();
    access.bad.set("boiler", "timeout");
    access.poll("boiler");
    access.bad.clear();
    const points = ["temperature"];
    expect((await call("boiler*readPoints", { points, maxAgeMs: 60_000 })).payload["values"]).toEqual({
      temperature: 61.5,
    });
    access.held.set("boiler/temperature", 70);
    clock.stepEpoch(-3_600_000);
    access.now = clock.epoch();
    expect((await call("boiler*readPoints", { points, maxAgeMs: 60_000 })).payload["values"]).toEqual({
      temperature: 70,
    });
  });

  test("points without a value say why beside those that have one", async () => {
    const { access, call } = setUp();
    access.bad.set("boiler/energy", "exception:2").set("boiler/setpoint", "timeout");
    expect(await call("boiler*readPoints", { points: ["temperature", "energy", "setpoint"] })).toMatchObject({
      status: 200,
      payload: { values: { temperature: 61.5 }, bad: { energy: "exception:2", setpoint: "timeout" } },
    });
  });

  test.each([
    [["timeout", "timeout"], 504, /gave no answer that can be trusted \(timeout\)$/],
    [["crc", "offline"], 504, /gave no answer that can be trusted \(crc, offline\)$/],
    [["exception:2", "exception:2"], 502, /answered with exception 2 \(illegal data address\)$/],
    [["exception:99", "exception:4"], 502, /answered with exception 99, exception 4 \(server device failure\)$/],
    [["exception:2", "timeout"], 504, /exception:2, timeout/],
  ] as const)("not one value, for %j: %d, the reasons always", async ([one, two], status, message) => {
    const { access, call } = setUp();
    access.bad.set("boiler/temperature", one).set("boiler/setpoint", two);
    const answer = await call("boiler*readPoints", { points: ["temperature", "setpoint"] });
    const [code, text] = refusalOf(answer);
    expect(code).toBe(status);
    expect(text).toMatch(message);
    expect(answer.payload).toMatchObject({ device: "boiler", values: {}, bad: { temperature: one, setpoint: two } });
  });

  test("not one value, for the device says that there is none: 200", async () => {
    const { access, call } = setUp();
    access.bad.set("boiler/temperature", "notAvailable");
    expect((await call("boiler*readPoints", { points: ["temperature"] })).status).toBe(200);
  });

  test("waits 20 s at most, and leaves no timer", async () => {
    const { clock, access, call } = setUp();
    const slow = deferred<void>();
    access.before = () => slow.promise;
    const spy = jest.spyOn(access, "read");
    const answer = call("boiler*readPoints", { points: ["temperature"] });
    await clock.advance(19_999);
    expect(spy.mock.calls[0]?.[2].aborted).toBe(false);
    await clock.advance(1);
    expect(spy.mock.calls[0]?.[2].aborted).toBe(true);
    slow.resolve();
    await answer;
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("writePoints", () => {
  const write = (call: ReturnType<typeof setUp>["call"], values: Json, more: JsonObject = {}) =>
    call("boiler*writePoints", { values, ...more });

  test("writes in the order of the payload and answers what became of each", async () => {
    const { access, call } = setUp();
    expect(await write(call, { setpoint: 22, counter: "18446744073709551615" })).toEqual({
      status: 200,
      payload: {
        device: "boiler",
        results: {
          setpoint: { outcome: "verified", requested: 22, readBack: 22, attempts: 1, ms: 12 },
          counter: {
            outcome: "verified",
            requested: "18446744073709551615",
            readBack: "18446744073709551615",
            attempts: 1,
            ms: 12,
          },
        },
      },
    });
    expect(access.writes[0]).toBe("boiler/setpoint=22");
  });

  test.each<[Json, number, RegExp, string]>([
    [{}, 400, /"values" must be an object/, "/values"],
    [[1], 400, /"values" must be an object/, "/values"],
    ["x", 400, /"values" must be an object/, "/values"],
    [{ setpoint: null }, 400, /setpoint/, "/values/setpoint"],
    [{ setpoint: [1] }, 400, /setpoint/, "/values/setpoint"],
    [{ setpoint: 22, temperature: 1 }, 403, /temperature/, "/values/temperature"],
    [{ setpoint: 22, setpiont: 1 }, 404, /did you mean "setpoint"\?/, "/values/setpiont"],
    [{ setpoint: 22, constructor: 1 }, 404, /no point "constructor"/, "/values/constructor"],
    [{ setpoint: 99 }, 422, /setpoint/, "/values/setpoint"],
    [{ setpoint: 22.5 }, 422, /setpoint/, "/values/setpoint"],
    [{ counter: 2 ** 60 }, 400, /digits/, "/values/counter"],
    [{ counter: "18446744073709551616" }, 422, /counter/, "/values/counter"],
  ])("%j is refused whole: %d, nothing is written", async (values, status, message, path) => {
    const { access, call } = setUp();
    const answer = await write(call, values);
    const [code, text, place] = refusalOf(answer);
    expect([code, place]).toEqual([status, path]);
    expect(text).toMatch(message);
    expect(access.writes).toEqual([]);
    if (path === "/values") return;
    const results = answer.payload["results"] as JsonObject;
    expect(Object.keys(results)).toEqual(Object.keys(values as JsonObject));
    for (const result of Object.values(results)) expect(result).toMatchObject({ outcome: "refused", attempts: 0 });
  });

  test("writing is switched off: 403 for everything", async () => {
    const { access, call } = setUp("off");
    const answer = await write(call, { setpoint: 22 });
    expect(refusalOf(answer)).toEqual([
      403,
      "writing is switched off on this gateway (MODBUS_EDGE_WRITES, or module.writes)",
      undefined,
    ]);
    expect(answer.payload["results"]).toEqual({
      setpoint: { outcome: "refused", requested: 22, attempts: 0, ms: 0 },
    });
    expect(access.writes).toEqual([]);
  });

  test.each<[object, number, string]>([
    [
      { outcome: "refused", status: 502, reason: "exception 3 (illegal data value)" },
      502,
      "setpoint: exception 3 (illegal data value)",
    ],
    [
      { outcome: "mismatch", status: 502, readBack: 21, reason: "the device holds another value" },
      502,
      "setpoint: the device holds another value",
    ],
    [{ outcome: "unknown", status: 504 }, 504, "setpoint: unknown"],
  ])("the outcome %j is told with its status, the result always", async (outcome, status, message) => {
    const { access, call } = setUp();
    access.outcome = outcome;
    const answer = await write(call, { setpoint: 22 });
    expect(refusalOf(answer).slice(0, 2)).toEqual([status, message]);
    const { status: _status, ...told } = outcome as JsonObject;
    expect((answer.payload["results"] as JsonObject)["setpoint"]).toMatchObject({
      ...told,
      requested: 22,
      attempts: 1,
    });
  });

  test("of several the worst status", async () => {
    const { access, call } = setUp();
    access.before = (_what, _device, point) => {
      access.outcome = { outcome: "refused", status: point === "setpoint" ? 502 : 504, reason: `${point} failed` };
    };
    const answer = await write(call, { setpoint: 22, counter: 5 });
    expect(refusalOf(answer).slice(0, 2)).toEqual([504, "setpoint: setpoint failed; counter: counter failed"]);
  });

  test.each([0, 99, 25_001, 1.5, "x", true])("timeoutMs %j is refused", async (timeoutMs) => {
    const { access, call } = setUp();
    expect(refusalOf(await write(call, { setpoint: 22 }, { timeoutMs }))[2]).toBe("/timeoutMs");
    expect(access.writes).toEqual([]);
  });

  test("timeoutMs bounds the writing, and the end of the module ends it", async () => {
    for (const end of ["time", "module"] as const) {
      const { clock, access, controller, call } = setUp();
      const slow = deferred<void>();
      access.before = () => slow.promise;
      const spy = jest.spyOn(access, "write");
      const answer = write(call, { setpoint: 22 }, { timeoutMs: 500 });
      await clock.settle();
      expect(spy.mock.calls[0]?.[2].aborted).toBe(false);
      if (end === "time") await clock.advance(500);
      else controller.abort();
      expect(spy.mock.calls[0]?.[2].aborted).toBe(true);
      slow.resolve();
      await answer;
      expect(clock.pendingTimers).toBe(0);
    }
  });
});

test.each([
  [undefined, "declared"],
  ["", "declared"],
  [" Off ", "off"],
  ["declared", "declared"],
  ["RAW", "raw"],
] as const)("MODBUS_EDGE_WRITES %j means %s", (text, policy) => {
  expect(parseWritePolicy(text)).toEqual({ ok: true, value: policy });
});

test("a word that nobody knows is refused, never guessed", () => {
  expect(parseWritePolicy("all")).toEqual({
    ok: false,
    error: 'MODBUS_EDGE_WRITES is "all"; it must be off, declared or raw',
  });
});

test("fields that a form sends as null count as absent", async () => {
  const { call } = setUp();
  expect(await call("getStatus", { device: null, connection: null })).toMatchObject({ payload: { asked: {} } });
  expect(await call("boiler*readPoints", { points: null, maxAgeMs: null })).toMatchObject({ status: 200 });
  expect(await call("writePoints", { device: "boiler", values: { setpoint: null } })).toMatchObject({ status: 400 });
});

test("writePoints that minWriteIntervalMs would hold up for longer than its caller waits is refused at once", async () => {
  const { access, call, audits } = setUp();
  access.writableInMs = () => 61_000;
  const answer = await call("writePoints", { device: "boiler", values: { setpoint: 22 } });
  expect(refusalOf(answer)).toEqual([
    409,
    "written a short time ago; minWriteIntervalMs lets it be written again in 61 s",
    "/values",
  ]);
  expect(answer.payload["results"]).toMatchObject({ setpoint: { outcome: "refused", attempts: 0 } });
  expect([access.writes, audits.map(({ outcome }) => outcome)]).toEqual([[], ["refused"]]);
});

describe("readPoints over a change of the configuration", () => {
  const other = (fingerprint: string): DeviceConfig => aDevice("boiler", POINTS, { unitId: 9, fingerprint });

  function changing(change: (devices: Map<string, DeviceConfig>, times: number) => void) {
    const { access, call } = setUp();
    const read = access.read.bind(access);
    let times = 0;
    access.read = async (...asked) => {
      const samples = await read(...asked);
      times += 1;
      change(access.devices, times);
      return samples;
    };
    const ask = () => call("readPoints", { device: "boiler", points: ["temperature"] });
    return { access, ask, times: () => times };
  }

  test("reads anew what the device is by then", async () => {
    const { access, ask, times } = changing((devices, count) => {
      if (count > 1) return;
      devices.set("boiler", other("another"));
      access.held.set("boiler/temperature", 77);
    });
    expect((await ask()).payload).toMatchObject({ values: { temperature: 77 } });
    expect(times()).toBe(2);
  });

  test.each<[string, (devices: Map<string, DeviceConfig>, times: number) => void, number, string]>([
    [
      "changed again and again",
      (devices, times) => devices.set("boiler", other(`another ${times}`)),
      409,
      'the configuration of "boiler", or of its connection, was changed while it was read; ask again',
    ],
    ["removed", (devices) => devices.delete("boiler"), 404, 'there is no device "boiler"'],
  ])("a device that is %s has no values of what it was", async (_what, change, status, message) => {
    const answer = await changing(change).ask();
    expect(refusalOf(answer)).toEqual([status, message, "/device"]);
    expect(answer.payload).not.toHaveProperty("values");
  });
});
