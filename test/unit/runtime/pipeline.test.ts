import type { OutgoingMessage } from "../../../src/cloud/edgeHub";
import { fitsHub } from "../../../src/cloud/wireSize";
import type { DeviceConfig, OutputConfig } from "../../../src/core/config/gatewayConfig";
import { OUTPUT_DEFAULTS } from "../../../src/core/config/outputs";
import type { BadReason, Point, PointValue } from "../../../src/core/points/point";
import { withCurrentTimes } from "../../../src/core/telemetry/messageTimes";
import { cycleOf, type Sample } from "../../../src/core/telemetry/sample";
import { epochMs } from "../../../src/kernel/units";
import { createPipeline } from "../../../src/runtime/pipeline";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

const T = Date.UTC(2026, 10, 23, 10, 15, 30, 123);

function anOutput(name: string, more: Partial<OutputConfig> = {}): OutputConfig {
  return { name, ...OUTPUT_DEFAULTS, ...more };
}

function setUp(
  devices: readonly DeviceConfig[] = [aDevice("boiler", [])],
  outputs: readonly OutputConfig[] = [],
  start = T,
) {
  const clock = createManualClock(start);
  const offered: [lane: string, message: OutgoingMessage][] = [];
  const config = { devices: byName(devices), outputs: byName(outputs), connections: byName([aConnection()]) };
  const pipeline = createPipeline({
    clock,
    outbox: { offer: (lane, message) => void offered.push([lane, message]) },
    bootId: "b00t",
    config: () => config,
  });
  /** What a device yields now. */
  const cycle = (device: string, samples: readonly Sample[]) => pipeline.cycle(cycleOf(device, samples));
  const value = (point: Point, given: PointValue): Sample => ({ point, at: clock.epoch(), reading: { value: given } });
  const bad = (point: Point, reason: BadReason): Sample => ({ point, at: clock.epoch(), reading: { bad: reason } });
  const bodies = () => offered.map(([, { body }]) => body);
  return { clock, offered, config, pipeline, cycle, value, bad, bodies };
}

function byName<N extends { readonly name: string }>(parts: readonly N[]): Map<string, N> {
  return new Map(parts.map((part) => [part.name, part]));
}

const good = (name: string, value: PointValue, at = T): Sample => ({
  point: aPoint(name, 1),
  at: epochMs(at),
  reading: { value },
});

describe("pnp", () => {
  test("what a device yields in a cycle is one message, in its own lane", () => {
    const { offered, cycle } = setUp();
    const energy = { coefficient: 18446744073709551615n, scale: 3 };
    cycle("boiler", [good("supplyTemperature", 61.5, T - 40), good("energy", energy)]);
    expect(offered).toEqual([
      [
        "boiler",
        {
          output: "telemetry",
          messageId: "b00t-1",
          body: '{"supplyTemperature":61.5,"energy":18446744073709551.615}',
          contentType: "application/json",
          contentEncoding: "utf-8",
          properties: { "$.sub": "boiler", "iothub-creation-time-utc": "2026-11-23T10:15:30.123Z" },
          times: { boot: "b00t", shift: 0, places: [] },
        },
      ],
    ]);
  });

  test("values further apart than maxSkewMs go in messages of their own, in order", () => {
    const { offered, cycle } = setUp();
    cycle("boiler", [good("a", 1), good("b", 2, T + 1000), good("c", 3, T + 1001)]);
    expect(offered.map(([, { body, properties }]) => [body, properties["iothub-creation-time-utc"]])).toEqual([
      ['{"a":1,"b":2}', "2026-11-23T10:15:31.123Z"],
      ['{"c":3}', "2026-11-23T10:15:31.124Z"],
    ]);
    const wide = setUp(undefined, [anOutput("telemetry", { maxSkewMs: 5000 })]);
    wide.cycle("boiler", [good("a", 1), good("c", 3, T + 4000)]);
    expect(wide.bodies()).toEqual(['{"a":1,"c":3}']);
  });

  test("no good value, no message; a property is no telemetry", () => {
    const { offered, cycle, bad } = setUp();
    cycle("boiler", []);
    cycle("boiler", [bad(aPoint("a", 1), "timeout")]);
    cycle("boiler", [{ point: aPoint("s", 1, { kind: "property" }), at: epochMs(T), reading: { value: "A1" } }]);
    expect(offered).toEqual([]);
  });

  test("message ids are unique over devices and name the start of the process", () => {
    const { offered, cycle } = setUp([aDevice("a", []), aDevice("b", [])]);
    for (const device of ["a", "b", "a"]) cycle(device, [good("x", 1)]);
    expect(offered.map(([lane, { messageId }]) => [lane, messageId])).toEqual([
      ["a", "b00t-1"],
      ["b", "b00t-2"],
      ["a", "b00t-3"],
    ]);
  });

  test("tags are properties; with them no message is larger than maxBytes", () => {
    const tags = { site: "Köln", line: "7".repeat(300) };
    const { offered, cycle } = setUp([aDevice("a", [], { tags })], [anOutput("telemetry", { maxBytes: 1024 })]);
    cycle(
      "a",
      Array.from({ length: 100 }, (_, i) => good(`value${i}`, i)),
    );
    expect(offered.length).toBeGreaterThan(2);
    for (const [, { body, properties, messageId }] of offered) {
      expect(properties).toMatchObject(tags);
      const texts = [body, messageId, "application/json", "utf-8", ...Object.entries(properties).flat()];
      expect(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThanOrEqual(1024);
    }
    expect(Object.keys(Object.assign({}, ...offered.map(([, { body }]) => JSON.parse(body))))).toHaveLength(100);
  });

  test("groups of one device go to the outputs that they name", () => {
    const groups = new Map([
      ["default", aGroup("default", 1000)],
      ["slow", aGroup("slow", 1000, { output: "archive" })],
    ]);
    const { offered, cycle, value } = setUp([aDevice("a", [], { groups })], [anOutput("archive")]);
    cycle("a", [value(aPoint("x", 1), 1), value(aPoint("y", 2, { group: "slow" }), 2), value(aPoint("z", 3), 3)]);
    expect(offered.map(([, { output, body }]) => [output, body])).toEqual([
      ["telemetry", '{"x":1,"z":3}'],
      ["archive", '{"y":2}'],
    ]);
  });

  test("a device that is not configured any more sends nothing", () => {
    const { offered, cycle } = setUp();
    cycle("gone", [good("a", 1)]);
    expect(offered).toEqual([]);
  });
});

describe("report by change", () => {
  const report = { atLeastMs: 60_000 };
  const door = aPoint("door", 1, { report });
  const level = aPoint("level", 2, {
    report: { ...report, deadband: { by: "unit", width: { coefficient: 1n, scale: 0 } } },
  });
  const device = aDevice("a", [door, level]);

  test("is measured from what was sent last, not from what was read last", async () => {
    const { clock, cycle, value, bodies } = setUp([device]);
    for (const read of [10, 10.6, 11.2, 11.9, 12.3]) {
      cycle("a", [value(level, read)]);
      await clock.advance(1000);
    }
    expect(bodies()).toEqual(['{"level":10}', '{"level":11.2}', '{"level":12.3}']);
  });

  test("without change a value is sent again when it has not been for so long", async () => {
    const { clock, cycle, value, bodies } = setUp([device]);
    for (let second = 0; second <= 130; second++) {
      cycle("a", [value(door, true)]);
      await clock.advance(1000);
    }
    expect(bodies()).toHaveLength(3);
  });

  test("a new definition of the device sends everything once, other devices are not disturbed", () => {
    const { config, cycle, value, bodies } = setUp([device, aDevice("b", [door])]);
    const both = () => {
      cycle("a", [value(door, true)]);
      cycle("b", [value(door, false)]);
    };
    both();
    both();
    expect(bodies()).toEqual(['{"door":true}', '{"door":false}']);
    config.devices = byName([aDevice("a", [door, level], { fingerprint: "a 2" }), aDevice("b", [door])]);
    both();
    expect(bodies().slice(2)).toEqual(['{"door":true}']);
  });

  test("a bad reading that the format has no place for changes nothing", () => {
    const { cycle, value, bad, bodies } = setUp([device]);
    cycle("a", [value(door, true)]);
    cycle("a", [bad(door, "timeout")]);
    cycle("a", [value(door, true)]);
    expect(bodies()).toEqual(['{"door":true}']);
  });
});

describe("records", () => {
  const x = aPoint("x", 1);
  const door = aPoint("door", 2, { report: { atLeastMs: 900_000 } });
  const records = anOutput("telemetry", { format: "records", maxDelayMs: 5000 });
  const devices = [aDevice("a", [x, door]), aDevice("b", [x])];

  test("gather what several devices yield until maxDelayMs", async () => {
    const { clock, offered, cycle, value } = setUp(devices, [records]);
    cycle("a", [value(x, 1), value(door, true)]);
    await clock.advance(2000);
    cycle("b", [value(x, 2)]);
    await clock.advance(2999);
    expect(offered).toEqual([]);
    await clock.advance(1);
    expect(offered.map(([lane, { body, properties }]) => [lane, properties, body])).toEqual([
      [
        "output:telemetry",
        { "iothub-creation-time-utc": "2026-11-23T10:15:35.123Z" },
        '[{"device":"a","at":"2026-11-23T10:15:30.123Z","values":{"x":1,"door":true},"bad":{}},' +
          '{"device":"b","at":"2026-11-23T10:15:32.123Z","values":{"x":2},"bad":{}}]',
      ],
    ]);
    await clock.advance(60_000);
    expect(offered).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  test("go before a message is larger than maxBytes, and at the end", () => {
    const small = anOutput("telemetry", { format: "records", maxBytes: 1024 });
    const { offered, cycle, value, pipeline, clock } = setUp(devices, [small]);
    for (let i = 0; i < 30; i++) cycle("a", [value(x, i)]);
    pipeline.flush();
    for (const [, { body }] of offered) expect(body.length).toBeLessThan(1024);
    const seen = offered.flatMap(([, { body }]) =>
      (JSON.parse(body) as { values: { x: number } }[]).map(({ values }) => values.x),
    );
    expect(seen).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(clock.pendingTimers).toBe(0);
  });

  test("a full message fits the hub on the wire too, where more than its size for IoT Hub counts", () => {
    const tags = { [`größe-${"x".repeat(60)}`]: "ü".repeat(100) };
    const { offered, cycle, value, pipeline } = setUp([aDevice("a", [x], { tags })], [records]);
    for (let i = 0; i < 8000; i++) cycle("a", [value(x, i)]);
    pipeline.flush();
    expect(offered.length).toBeGreaterThan(1);
    expect(offered.filter(([, message]) => !fitsHub(message))).toEqual([]);
  });

  test("leave at once when nothing can come to them any more: the tags or the output are gone", () => {
    const tagged = (site: string, more: Partial<DeviceConfig> = {}) =>
      aDevice("a", [x], { tags: { site }, fingerprint: `a ${site}`, ...more });
    const other = aDevice("b", [x]);
    const { offered, config, cycle, value, pipeline, clock } = setUp([tagged("old"), other], [records]);
    cycle("a", [value(x, 1)]);
    cycle("b", [value(x, 2)]);
    config.devices = byName([tagged("new"), other]);
    cycle("a", [value(x, 3)]);
    expect(offered.map(([, { body, properties }]) => [properties["site"], valuesOf(body)])).toEqual([["old", [1]]]);
    config.devices = byName([tagged("new"), other]);
    config.outputs = byName([anOutput("telemetry")]);
    cycle("b", [value(x, 4)]);
    expect(offered.map(([, { body }]) => valuesOf(body))).toEqual([[1], [2], [3], [4]]);
    pipeline.flush();
    expect(offered).toHaveLength(4);
    expect(clock.pendingTimers).toBe(0);
  });

  test("say what is bad once per change of the reason, and what is good again", () => {
    const { pipeline, cycle, value, bad, bodies } = setUp(devices, [records]);
    const readings = [
      value(door, true),
      bad(door, "timeout"),
      bad(door, "timeout"),
      bad(door, "crc"),
      value(door, true),
      value(door, true),
    ];
    for (const reading of readings) cycle("a", [reading]);
    pipeline.flush();
    const parsed = JSON.parse(bodies()[0] ?? "") as { values: object; bad: object }[];
    expect(parsed.map(({ values, bad: faults }) => ({ ...values, ...faults }))).toEqual([
      { door: true },
      { door: "timeout" },
      { door: "crc" },
      { door: true },
    ]);
  });

  test("so do points that are always reported", () => {
    const { pipeline, cycle, value, bad, bodies } = setUp(devices, [records]);
    for (const reading of [bad(x, "timeout"), bad(x, "timeout"), value(x, 1), bad(x, "timeout")]) cycle("a", [reading]);
    pipeline.flush();
    expect(JSON.parse(bodies()[0] ?? "")).toHaveLength(3);
  });

  test("devices without identity are in them with their properties; those with tags have messages of their own", () => {
    const serial = aPoint("serial", 5, { kind: "property" });
    const tagged = aDevice("c", [x], { tags: { site: "n" } });
    const { pipeline, offered, cycle, value } = setUp(
      [aDevice("a", [x, serial], { identity: "none" }), aDevice("b", [serial]), tagged],
      [records],
    );
    for (const device of ["a", "b", "c"]) cycle(device, [value(x, 1), value(serial, "A1")]);
    pipeline.flush();
    expect(offered.map(([, { properties, body }]) => [properties["site"], JSON.parse(body)])).toMatchObject([
      [
        undefined,
        [
          { device: "a", values: { x: 1, serial: "A1" } },
          { device: "b", values: { x: 1 } },
        ],
      ],
      ["n", [{ device: "c" }]],
    ]);
  });
});

describe("publishMs", () => {
  const publish = (everyMs: number, aggregate: "mean" | "last" | "delta", more = {}) =>
    new Map([["default", aGroup("default", 1000, { publish: { everyMs, aggregate }, ...more })]]);
  const x = aPoint("x", 1);

  test("periods are counted from the first poll; each has its polls, and closes with the last of them", async () => {
    const { clock, offered, cycle, value } = setUp([aDevice("a", [x], { groups: publish(5000, "mean") })]);
    for (let i = 0; i < 15; i++) {
      cycle("a", [value(x, i)]);
      await clock.advance(i % 2 === 0 ? 990 : 1010);
    }
    expect(
      offered.map(([, { body, properties }]) => [body, properties["iothub-creation-time-utc"]?.slice(17, 19)]),
    ).toEqual([
      ['{"x":2.5}', "35"],
      ['{"x":8}', "40"],
    ]);
  });

  test("as often as the interval: every poll is published at once", async () => {
    const { clock, bodies, cycle, value } = setUp([aDevice("a", [x], { groups: publish(1000, "last") })]);
    for (let i = 0; i < 4; i++) {
      cycle("a", [value(x, i)]);
      await clock.advance(1000 + (i % 2 === 0 ? -40 : 40));
    }
    expect(bodies()).toEqual(['{"x":0}', '{"x":1}', '{"x":2}', '{"x":3}']);
  });

  test("with align periods end on the grid of UTC", async () => {
    const start = Date.UTC(2026, 0, 1, 0, 0, 57, 20);
    const groups = publish(60_000, "last", { align: true });
    const { clock, offered, cycle, value } = setUp([aDevice("a", [x], { groups })], [], start);
    for (let i = 57; i < 200; i++) {
      cycle("a", [value(x, i)]);
      await clock.advance(1000);
    }
    expect(offered.map(([, { body }]) => body)).toEqual(['{"x":60}', '{"x":120}', '{"x":180}']);
  });

  test("a period that is cut short is sent as far as it came: at the end, and by a change of its device", async () => {
    const before = aDevice("a", [x], { groups: publish(60_000, "mean") });
    const after = { ...before, fingerprint: "a 2" };
    const other = aDevice("other", [x]);
    const { clock, offered, config, pipeline, cycle, value, bad } = setUp([before, other]);
    const told = () =>
      offered
        .splice(0)
        .filter(([lane]) => lane === "a")
        .map(([, { body, properties }]) => [body, properties["iothub-creation-time-utc"]?.slice(17, 19)]);
    cycle("a", [value(x, 1)]);
    await clock.advance(1000);
    cycle("a", [value(x, 2)]);
    await clock.advance(1000);
    cycle("a", [bad(x, "timeout")]);
    expect(told()).toEqual([]);
    config.devices = byName([after, other]);
    cycle("a", [value(x, 30)]);
    expect(told()).toEqual([['{"x":1.5}', "31"]]);
    config.devices = byName([{ ...after, enabled: false }, other]);
    cycle("other", [value(x, 5)]);
    expect(told()).toEqual([['{"x":30}', "32"]]);
    config.devices = byName([before, other]);
    cycle("a", [value(x, 7)]);
    pipeline.flush();
    expect(told()).toEqual([['{"x":7}', "32"]]);
    pipeline.flush();
    expect(told()).toEqual([]);
  });

  describe("delta over a change of the configuration", () => {
    const y = aPoint("y", 2);
    const groups = publish(3000, "delta");
    const before = aDevice("a", [x, y], { groups });

    /** A counter that counts one a second; `change` comes in the middle of the second period. */
    async function counted(change: (config: ReturnType<typeof setUp>["config"]) => void, points: readonly Point[]) {
      const { clock, bodies, config, cycle, value } = setUp([before]);
      for (let i = 0; i < 12; i++) {
        if (i === 5) change(config);
        cycle(
          "a",
          [...(i < 5 ? [x, y] : points)].map((point) => value(point, 100 + i)),
        );
        await clock.advance(1000);
      }
      return bodies().map((body) => JSON.parse(body) as { x?: number; y?: number });
    }

    const sumOf = (bodies: readonly { x?: number }[]) => bodies.reduce((sum, body) => sum + (body.x ?? 0), 0);

    test("goes on, of points that are the same: nothing that a counter has counted is lost", async () => {
      const narrower = { ...y, max: { coefficient: 1n, scale: 0 } };
      const after = aDevice("a", [x, narrower], { groups, fingerprint: "a 2" });
      const told = await counted(
        (config) => {
          config.devices = byName([after]);
        },
        [x, narrower],
      );
      expect(sumOf(told)).toBe(11);
      // What its values mean is another matter now: it begins anew.
      expect(told.reduce((sum, body) => sum + (body.y ?? 0), 0)).toBeLessThan(11);
    });

    test("another timeout of its connection changes nothing", async () => {
      const told = await counted(
        (config) => {
          config.connections = byName([aConnection({ responseTimeoutMs: 7, fingerprint: "line 2" })]);
        },
        [x, y],
      );
      expect(told.map((body) => body.x)).toEqual([3, 3, 3]);
    });

    test.each<[string, (config: ReturnType<typeof setUp>["config"]) => void]>([
      [
        "another host",
        (config) => {
          config.connections = byName([aConnection({ host: "192.0.2.7", fingerprint: "line 2" })]);
        },
      ],
      [
        "another unit",
        (config) => {
          config.devices = byName([{ ...before, unitId: 9, fingerprint: "a 9" }]);
        },
      ],
    ])("begins anew with %s: the difference of two counters is none", async (_what, change) => {
      const told = await counted(change, [x, y]);
      expect(sumOf(told)).toBe(10);
    });
  });

  test("a mean is not made of the values of two hosts", async () => {
    const { clock, bodies, config, cycle, value } = setUp([aDevice("a", [x], { groups: publish(10_000, "mean") })]);
    cycle("a", [value(x, 10)]);
    await clock.advance(1000);
    config.connections = byName([aConnection({ host: "192.0.2.7", fingerprint: "line 2" })]);
    for (let i = 0; i < 11; i++) {
      cycle("a", [value(x, 1000)]);
      await clock.advance(1000);
    }
    expect(bodies()).toEqual(['{"x":10}', '{"x":1000}']);
  });

  test("a period without a good reading is bad in records, and filtered like any other", async () => {
    const output = anOutput("telemetry", { format: "records" });
    const { clock, pipeline, cycle, bad, bodies } = setUp(
      [aDevice("a", [x], { groups: publish(2000, "mean") })],
      [output],
    );
    for (let i = 0; i < 6; i++) {
      cycle("a", [bad(x, "timeout")]);
      await clock.advance(1000);
    }
    pipeline.flush();
    expect(JSON.parse(bodies()[0] ?? "")).toMatchObject([{ device: "a", values: {}, bad: { x: "timeout" } }]);
  });
});

describe("a gateway that wakes in 1970", () => {
  const WOKEN = 10_000;
  const YEARS = T - WOKEN;
  const x = aPoint("x", 1);

  test("what waits leaves with the time that the clock has been set to", async () => {
    const output = anOutput("telemetry", { format: "records", maxDelayMs: 60_000 });
    const { clock, offered, cycle, value } = setUp([aDevice("a", [x])], [output], WOKEN);
    cycle("a", [value(x, 1)]);
    await clock.advance(1000);
    clock.stepEpoch(YEARS);
    cycle("a", [value(x, 2)]);
    await clock.advance(60_000);
    const sent = offered.map(([, message]) => withCurrentTimes(message, "b00t", clock.shift()));
    const records = sent.flatMap(({ body }) => JSON.parse(body) as { at: string }[]);
    expect(records.map(({ at }) => at)).toEqual(["2026-11-23T10:15:30.123Z", "2026-11-23T10:15:31.123Z"]);
  });

  test("a cycle across the step bears one time, and what a period gathered before it too", async () => {
    const groups = new Map([["default", aGroup("default", 1000, { publish: { everyMs: 3000, aggregate: "last" } })]]);
    const { clock, offered, cycle, value } = setUp([aDevice("a", [x]), aDevice("b", [x], { groups })], [], WOKEN);
    cycle("b", [value(x, 7)]);
    const before = value(aPoint("y", 2), 1);
    await clock.advance(400);
    clock.stepEpoch(YEARS);
    cycle("a", [before, value(x, 2)]);
    await clock.advance(600);
    cycle("b", [{ point: x, at: clock.epoch(), reading: { bad: "timeout" } }]);
    await clock.advance(2000);
    cycle("b", [{ point: x, at: clock.epoch(), reading: { bad: "timeout" } }]);
    expect(offered.map(([, { body, properties }]) => [body, properties["iothub-creation-time-utc"]])).toEqual([
      ['{"y":1,"x":2}', "2026-11-23T10:15:30.523Z"],
      ['{"x":7}', "2026-11-23T10:15:30.123Z"],
    ]);
  });
});

test("legacy: what has come in maxDelayMs, as the archived module sent it", async () => {
  const output = anOutput("modbusOutput", { format: "legacy", maxDelayMs: 2000 });
  const groups = new Map([["default", aGroup("default", 1000, { output: "modbusOutput" })]]);
  const { clock, offered, cycle, value, bad } = setUp(
    [aDevice("b", [], { groups }), aDevice("a", [], { groups })],
    [output],
  );
  cycle("a", [value(aPoint("x", 0), 1840), bad(aPoint("y", 1), "timeout")]);
  cycle("b", [value(aPoint("x", 0), 7)]);
  await clock.advance(2000);
  const [lane, message] = offered[0] ?? [];
  expect(lane).toBe("output:modbusOutput");
  expect(message?.properties["content-type"]).toBe("application/edge-modbus-json");
  expect(JSON.parse(message?.body ?? "")).toMatchObject({
    Content: [
      {
        HwId: "b",
        Data: [
          { CorrelationId: "DefaultCorrelationId", Values: [{ DisplayName: "x", Address: "400001", Value: "7" }] },
        ],
      },
      { HwId: "a", Data: [{ Values: [{ DisplayName: "x", Address: "400001", Value: "1840" }] }] },
    ],
  });
});

test("what has been handed over is counted as the hub meters it", () => {
  const { cycle, pipeline, offered } = setUp();
  cycle("boiler", [good("a", 1)]);
  cycle("boiler", [good("a", "x".repeat(5000))]);
  const size = offered.reduce((sum, [, { body, properties, messageId }]) => {
    const texts = [body, messageId, "application/json", "utf-8", ...Object.entries(properties).flat()];
    return sum + Buffer.byteLength(texts.join(""));
  }, 0);
  expect(pipeline.traffic()).toEqual({ messages: 2, bytes: size, chunks: 3 });
});

/** Of point x, in the order of the records; or of a message of format `pnp`. */
function valuesOf(body: string): readonly number[] {
  const read = JSON.parse(body) as { x: number } | { values: { x: number } }[];
  return Array.isArray(read) ? read.map(({ values }) => values.x) : [read.x];
}
