import { applyDocument } from "../../../src/core/config/apply";
import type { DeviceConfig, GatewayConfig } from "../../../src/core/config/gatewayConfig";
import type { Problem } from "../../../src/core/config/problem";
import { builtInProfiles } from "../../../src/core/config/profiles";
import type { PointValue } from "../../../src/core/points/point";
import { cycleOf } from "../../../src/core/telemetry/sample";
import type { JsonObject } from "../../../src/kernel/json";
import { epochMs } from "../../../src/kernel/units";
import { type ConfigurationOutcome, createReportedState } from "../../../src/operator/reportedState";
import type { Acknowledgement } from "../../../src/operator/setPoints";
import type { DeviceHealth } from "../../../src/runtime/health";
import { aDevice, aPoint } from "../../support/points";

const T = epochMs(Date.UTC(2026, 10, 23, 10, 15, 30, 123));
const POINTS = [
  aPoint("temperature", 100),
  aPoint("serialNumber", 1, { kind: "property" }),
  aPoint("setpoint", 200, { kind: "property", access: "readWrite", write: { verify: "readBack" } }),
];
const BOILER = aDevice("boiler", POINTS);
const online: DeviceHealth = { state: "online", reason: "", since: T, bad: new Map() };

function setUp(...devices: readonly DeviceConfig[]) {
  const state = {
    config: configOf(devices),
    outcome: undefined as ConfigurationOutcome | undefined,
    health: new Map<string, DeviceHealth>(),
    acks: new Map<string, Acknowledgement>(),
    module: { version: "1.2.3" } as JsonObject,
    desiredWarnings: [] as readonly Problem[],
    changes: 0,
  };
  const reported = createReportedState({
    config: () => state.config,
    configuration: () => state.outcome,
    health: (device) => state.health.get(device),
    acknowledgement: (device, point) => state.acks.get(`${device}/${point}`),
    desiredWarnings: () => state.desiredWarnings,
    changed: () => {
      state.changes += 1;
    },
    module: () => state.module,
  });
  const sampled = (device: string, name: string, value: PointValue): void => {
    const point = state.config.devices.get(device)?.points.find((candidate) => candidate.name === name);
    if (point !== undefined) reported.cycle(cycleOf(device, [{ point, at: T, reading: { value } }]));
  };
  return { state, reported, sampled };
}

function configOf(devices: readonly DeviceConfig[]): GatewayConfig {
  return { connections: new Map(), devices: new Map(devices.map((device) => [device.name, device])), module: {} };
}

function outcome(more: Partial<ConfigurationOutcome> = {}): ConfigurationOutcome {
  return { state: "applied", version: 7, at: T, problems: [], warnings: [], ...more };
}

/** Null anywhere would delete at the hub what it should say. */
function expectNoNull(json: unknown): void {
  expect(json).not.toBeNull();
  if (typeof json === "object" && json !== null) for (const part of Object.values(json)) expectNoNull(part);
}

describe("the whole", () => {
  test("is not known before a document has been taken", () => {
    const { reported } = setUp(BOILER);
    reported.adopt({ boiler: { __t: "c", serialNumber: "A1" } });
    expect(reported.compose()).toBeUndefined();
  });

  test("module, configuration and one component a device", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    state.health.set("boiler", {
      state: "degraded",
      reason: "1 of 3 points has no value",
      since: T,
      bad: new Map([["temperature", "exception:2"]]),
    });
    state.acks.set("boiler/setpoint", { value: 21.5, ac: 203, av: 0, ad: "value of the device" });
    sampled("boiler", "serialNumber", "A123");
    sampled("boiler", "temperature", 61.5);
    const composed = reported.compose();
    expect(composed).toEqual({
      module: { version: "1.2.3" },
      configurationStatus: {
        state: "applied",
        version: 7,
        at: "2026-11-23T10:15:30.123Z",
        devices: 1,
        points: 3,
        problems: {},
        warnings: {},
      },
      boiler: {
        __t: "c",
        modbus: {
          state: "degraded",
          reason: "1 of 3 points has no value",
          since: "2026-11-23T10:15:30.123Z",
          bad: { temperature: "exception:2" },
        },
        serialNumber: "A123",
        setpoint: { value: 21.5, ac: 203, av: 0, ad: "value of the device" },
      },
    });
    expectNoNull(composed);
  });

  test("a device of which nothing is known has no component yet", () => {
    const { state, reported } = setUp(BOILER);
    state.outcome = outcome();
    expect(reported.compose()).not.toHaveProperty("boiler");
    state.health.set("boiler", online);
    expect(reported.compose()).toHaveProperty("boiler", {
      __t: "c",
      modbus: { state: "online", since: "2026-11-23T10:15:30.123Z" },
    });
  });

  test("a device may be called constructor", () => {
    const { state, reported, sampled } = setUp(aDevice("constructor", POINTS));
    state.outcome = outcome();
    expect(Object.hasOwn(reported.compose() ?? {}, "constructor")).toBe(false);
    sampled("constructor", "serialNumber", "A1");
    expect(reported.compose()?.["constructor"]).toEqual({ __t: "c", serialNumber: "A1" });
  });

  test("digits beyond what a twin carries are a text", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    sampled("boiler", "serialNumber", { coefficient: 18446744073709551615n, scale: 0 });
    expect(reported.compose()).toMatchObject({ boiler: { serialNumber: "18446744073709551615" } });
  });

  test("a change is told once", () => {
    const { state, sampled } = setUp(BOILER);
    sampled("boiler", "serialNumber", "A1");
    sampled("boiler", "serialNumber", "A1");
    sampled("boiler", "temperature", 5);
    expect(state.changes).toBe(1);
    sampled("boiler", "serialNumber", "A2");
    expect(state.changes).toBe(2);
  });
});

describe("properties", () => {
  test("a bad reading keeps the last good value", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    sampled("boiler", "serialNumber", "A1");
    const [, point] = POINTS;
    if (point !== undefined) reported.cycle(cycleOf("boiler", [{ point, at: T, reading: { bad: "timeout" } }]));
    expect(reported.compose()).toMatchObject({ boiler: { serialNumber: "A1" } });
  });

  test("a writable one is always the acknowledgement object, a read-only one bare; what the hub holds stands until then", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    reported.adopt({
      boiler: {
        __t: "c",
        modbus: { state: "offline" },
        serialNumber: "A0",
        setpoint: { value: 1, ac: 200, av: 3, ad: "" },
      },
    });
    expect(reported.compose()).toHaveProperty("boiler", {
      __t: "c",
      modbus: { state: "offline" },
      serialNumber: "A0",
      setpoint: { value: 1, ac: 200, av: 3, ad: "" },
    });
    sampled("boiler", "setpoint", 5);
    sampled("boiler", "serialNumber", "A1");
    expect(reported.compose()).toMatchObject({ boiler: { serialNumber: "A1", setpoint: { value: 1 } } });
  });

  test("what the hub holds in the other form is not kept: a point that became writable, or read-only", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    reported.adopt({ boiler: { __t: "c", serialNumber: { value: "A0", ac: 200, av: 1, ad: "" }, setpoint: 20 } });
    expect(reported.compose()).not.toHaveProperty("boiler");
    sampled("boiler", "setpoint", 5);
    expect(reported.compose()).not.toHaveProperty("boiler.setpoint");
  });

  test("a read-only one that somebody tried to set bears the refusal and what the device says now", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    state.acks.set("boiler/serialNumber", { value: "A0", ac: 403, av: 5, ad: "can only be read" });
    expect(reported.compose()).toMatchObject({ boiler: { serialNumber: { value: "A0", ac: 403 } } });
    sampled("boiler", "serialNumber", "A1");
    expect(reported.compose()).toMatchObject({
      boiler: { serialNumber: { value: "A1", ac: 403, av: 5, ad: "can only be read" } },
    });
    state.acks.clear();
    expect(reported.compose()).toMatchObject({ boiler: { serialNumber: "A1" } });
  });

  test("telemetry is not reported", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    sampled("boiler", "temperature", 61.5);
    expect(reported.compose()).not.toHaveProperty("boiler");
  });
});

describe("no value of another device", () => {
  test("after a device has been pointed to another unit", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    reported.adopt({ boiler: { __t: "c", serialNumber: "A1" } });
    sampled("boiler", "serialNumber", "A1");
    state.config = configOf([aDevice("boiler", POINTS, { unitId: 2 })]);
    expect(reported.compose()).not.toHaveProperty("boiler");
    sampled("boiler", "serialNumber", "B1");
    expect(reported.compose()).toMatchObject({ boiler: { serialNumber: "B1" } });
  });

  test("after its connection leads to another host", () => {
    const { state, reported, sampled } = setUp(BOILER);
    const leadingTo = (host: string): GatewayConfig => {
      const document = { schemaVersion: 1, connections: { hall: { transport: "tcp", host } }, devices: {} };
      const { connections } = applyDocument(undefined, document, builtInProfiles).config;
      return {
        ...configOf([BOILER]),
        connections: new Map([[BOILER.connection, connections.get("hall") as never]]),
      };
    };
    state.outcome = outcome();
    state.config = leadingTo("one.local");
    reported.adopt({ boiler: { __t: "c", serialNumber: "A1" } });
    sampled("boiler", "serialNumber", "A1");
    state.config = leadingTo("two.local");
    expect(reported.compose()).not.toHaveProperty("boiler");
  });

  test("but another interval, title or unit of measure changes nothing", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    sampled("boiler", "serialNumber", "A1");
    state.config = configOf([
      aDevice(
        "boiler",
        POINTS.map((point) => ({ ...point, title: "T", group: "fast" })),
        { fingerprint: "2" },
      ),
    ]);
    expect(reported.compose()).toMatchObject({ boiler: { serialNumber: "A1" } });
  });

  test("after a device was removed and one of the same name has come", () => {
    const { state, reported, sampled } = setUp(BOILER);
    state.outcome = outcome();
    reported.adopt({ boiler: { __t: "c", serialNumber: "A0" } });
    sampled("boiler", "serialNumber", "A1");
    state.config = configOf([]);
    expect(reported.compose()).not.toHaveProperty("boiler");
    state.config = configOf([BOILER]);
    expect(reported.compose()).not.toHaveProperty("boiler");
  });
});

describe("configurationStatus", () => {
  test("problems stand by their place, in names that a twin bears", () => {
    const { state, reported } = setUp();
    state.outcome = outcome({
      state: "partial",
      problems: [
        { path: "", text: "root" },
        { path: "/devices/boiler/points/x/type", text: '"flaot32" is not a type; did you mean "float32"?' },
        { path: "/devices/a.b $c#d", text: "odd" },
        { path: "/devices/a.b $c#d", text: "twice" },
      ],
      warnings: [{ path: "/connections/hall", text: "predicted load 85 %" }],
    });
    expect(reported.compose()?.["configurationStatus"]).toMatchObject({
      state: "partial",
      problems: {
        "/": "root",
        "/devices/boiler/points/x/type": '"flaot32" is not a type; did you mean "float32"?',
        "/devices/a%2Eb%20%24c%23d": "odd; twice",
      },
      warnings: { "/connections/hall": "predicted load 85 %" },
    });
  });

  test("twenty problems at most, then their number; a long one is cut", () => {
    const { state, reported } = setUp();
    const problems = Array.from({ length: 5000 }, (_, at) => ({ path: `/devices/d${at}`, text: "x".repeat(5000) }));
    state.outcome = outcome({ state: "rejected", problems });
    const status = reported.compose()?.["configurationStatus"] as { problems: Record<string, string> };
    expect(Object.keys(status.problems)).toHaveLength(21);
    expect(status.problems["more"]).toBe("5000 in all; the first 20 are shown");
    for (const text of Object.values(status.problems)) expect(text.length).toBeLessThanOrEqual(400);
    expect(JSON.stringify(status).length).toBeLessThan(12_000);
  });
});
