import type { OutboxStatus } from "../../../src/cloud/outbox";
import type { DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { moduleContents } from "../../../src/core/model/moduleInterface";
import { epochMs } from "../../../src/kernel/units";
import { createModuleStatus, type ModuleStatusPorts } from "../../../src/operator/moduleStatus";
import type { ConnectionStatus } from "../../../src/runtime/connectionRunner";
import { aConnection, aDevice, aPoint } from "../../support/points";

const T = epochMs(Date.UTC(2026, 10, 23, 10, 15, 30, 123));
const AT = "2026-11-23T10:15:30.123Z";
const boiler = aDevice("boiler", [aPoint("temperature", 1)]);

const open: ConnectionStatus = {
  state: "open",
  reason: "",
  since: T,
  opens: 3,
  loadPercent: 41.26,
  stretch: { high: 1.04, low: 3.96 },
  devices: new Map([
    ["boiler", { requests: 10, failures: 1, overruns: 2, latencyMs: 12.345, lastError: "no answer", lastErrorAt: T }],
  ]),
};

const messages: OutboxStatus = {
  offered: 97,
  recovered: 0,
  queued: 4,
  inFlight: 1,
  acknowledged: 90,
  dropped: 2,
  quarantined: 0,
  spool: { state: "open", reason: "", written: 1234 },
};

function setUp(more: Partial<ModuleStatusPorts> = {}, devices: readonly DeviceConfig[] = [boiler]) {
  return createModuleStatus({
    version: "1.2.3",
    writes: () => "declared",
    startedAt: T,
    outbox: { status: () => messages },
    config: () => ({
      connections: new Map([["line", aConnection()]]),
      devices: new Map(devices.map((device) => [device.name, device])),
      module: {},
    }),
    cost: () => ({ messagesADay: 8640 }),
    configuration: () => ({ state: "applied", version: 7, at: T, problems: [], warnings: [] }),
    connection: () => open,
    health: () => ({ state: "online", reason: "", since: T, bad: new Map() }),
    hub: () => ({ state: "connected", reason: "", since: T }),
    sentAt: () => T,
    now: () => T,
    ...more,
  });
}

test("a spool that fails and messages put aside stand in the module property", () => {
  const failing = { state: "failing", reason: "the disk is full", written: 0 } as const;
  const status = setUp({ outbox: { status: () => ({ ...messages, quarantined: 1, spool: failing }) } });
  expect(status.property()).toMatchObject({
    quarantined: 1,
    spool: { state: "failing", reason: "the disk is full" },
  });
  // The model of the module knows every key that may be reported.
  const modelled = moduleContents().find(({ name }) => name === "module") as { schema: { fields: { name: string }[] } };
  const names = modelled.schema.fields.map(({ name }) => name);
  expect(Object.keys(status.property()).filter((key) => !names.includes(key))).toEqual([]);
});

test("the reported module property", () => {
  expect(setUp().property()).toEqual({
    version: "1.2.3",
    schema: 1,
    online: 1,
    offline: 0,
    spooled: 5,
    dropped: 2,
    writes: "declared",
    connections: { line: { state: "open", loadPercent: 41 } },
  });
});

describe("getStatus", () => {
  test("tells everything", () => {
    expect(setUp().getStatus({})).toEqual({
      status: 200,
      payload: {
        version: "1.2.3",
        cost: { messagesADay: 8640 },
        startedAt: AT,
        writes: "declared",
        hub: { state: "connected", reason: "", since: AT },
        messages: { ...messages },
        configuration: { state: "applied", version: 7, at: AT, problems: 0, warnings: 0 },
        connections: {
          line: {
            state: "open",
            reason: "",
            since: AT,
            opens: 3,
            loadPercent: 41.3,
            predictedLoadPercent: 0.5,
            stretch: { high: 1, low: 4 },
            overload: "there is more to poll than the connection can carry: low priority every 4.0 intervals",
          },
        },
        devices: {
          boiler: {
            connection: "line",
            unitId: 1,
            points: 1,
            state: "online",
            reason: "",
            since: AT,
            bad: {},
            requests: 10,
            failures: 1,
            overruns: 2,
            latencyMs: 12.3,
            lastError: "no answer",
            lastErrorAt: AT,
            lastSentAt: AT,
          },
        },
        noData: [
          "connection line is late: there is more to poll than the connection can carry: low priority every 4.0 intervals",
        ],
      },
    });
  });

  test("of one device, or one connection", () => {
    const status = setUp();
    expect(status.getStatus({ device: "boiler" })).toMatchObject({
      status: 200,
      payload: { device: "boiler", connection: "line", state: "online" },
    });
    expect(status.getStatus({ connection: "line" })).toMatchObject({
      status: 200,
      payload: { connection: "line", state: "open" },
    });
  });

  test.each<[object, number, string, string]>([
    [{ devise: "boiler" }, 400, '"devise" is not a key of this payload; did you mean "device"?', "/devise"],
    [{ "a/b": 1 }, 400, '"a/b" is not a key of this payload; known: device, connection', "/a~1b"],
    [{ device: 7 }, 400, '"device" must be a name', "/device"],
    [{ device: "boiller" }, 404, 'there is no device "boiller"; did you mean "boiler"?', "/device"],
    [{ device: "constructor" }, 404, 'there is no device "constructor"', "/device"],
    [{ connection: "lime" }, 404, 'there is no connection "lime"; did you mean "line"?', "/connection"],
    [
      { device: "boiler", connection: "line" },
      400,
      'ask for a "device" or for a "connection", not for both',
      "/connection",
    ],
  ])("refuses %j", (payload, code, message, path) => {
    expect(setUp().getStatus(payload as never)).toEqual({
      status: code,
      payload: { error: { code, message, path } },
    });
  });
});

describe("why there is no data", () => {
  const calm: ConnectionStatus = { ...open, stretch: { normal: 1 } };
  const reasons = (more: Partial<ModuleStatusPorts>, devices?: readonly DeviceConfig[]) =>
    setUp({ connection: () => calm, ...more }, devices).whole()["noData"];

  test("it flows", () => {
    expect(reasons({})).toEqual([]);
  });

  test("the hub is away", () => {
    expect(reasons({ hub: () => ({ state: "disconnected", reason: "refused", since: T }) })).toEqual([
      "the hub is not connected (refused); 5 messages wait",
    ]);
  });

  test("no configuration, or one that was rejected", () => {
    expect(reasons({ configuration: () => undefined })).toEqual(["no configuration has arrived yet"]);
    const rejected = {
      state: "rejected",
      version: 7,
      at: T,
      problems: [{ path: "/devices", text: "must be an object" }],
      warnings: [],
    } as const;
    expect(reasons({ configuration: () => rejected }, [])).toEqual([
      "the configuration was rejected: /devices must be an object",
      "no device is configured",
    ]);
  });

  test("a connection that is not open, a device that is offline, disabled or empty", () => {
    const devices = [boiler, aDevice("off", [aPoint("a", 1)], { enabled: false }), aDevice("empty", [], { unitId: 3 })];
    const health: ModuleStatusPorts["health"] = (name) =>
      name === "boiler" ? { state: "offline", reason: "gives no answer", since: T, bad: new Map() } : undefined;
    expect(
      reasons({ health, connection: () => ({ ...calm, state: "closed", reason: "ECONNREFUSED" }) }, devices),
    ).toEqual([
      "connection line is not open: ECONNREFUSED",
      "device boiler (unit 1 on line) is offline: gives no answer",
      "device off is disabled in the configuration",
      "device empty has no points",
    ]);
    expect(reasons({ connection: () => ({ ...calm, state: "connecting" }) })).toEqual([
      "connection line is not open: connecting",
    ]);
  });

  const HOUR_LATER = () => epochMs(T + 3_600_000);
  const report = { atLeastMs: 900_000 };
  const group = (name: string, more: object) =>
    new Map([[name, { name, intervalMs: 1000, priority: "normal", ...more }]]);
  const device = (points: DeviceConfig["points"], groups?: object) =>
    aDevice("boiler", points, groups === undefined ? {} : { groups: groups as DeviceConfig["groups"] });

  test.each<[string, DeviceConfig, Partial<ModuleStatusPorts>, string[]]>([
    [
      "the filter of what has not changed",
      device([aPoint("a", 1, { report }), aPoint("b", 2, { report })]),
      { now: HOUR_LATER },
      ["device boiler is sent by change alone, and nothing has changed: sent last at 2026-11-23T10:15:30.123Z"],
    ],
    ["a point without a filter", device([aPoint("a", 1, { report }), aPoint("b", 2)]), { now: HOUR_LATER }, []],
    ["a change just now", device([aPoint("a", 1, { report })]), {}, []],
    [
      "on demand alone",
      device([aPoint("a", 1)], group("default", { poll: "onDemand", intervalMs: Number.POSITIVE_INFINITY })),
      {},
      ["device boiler is read on demand alone (readPoints): its groups are onDemand"],
    ],
    [
      "once after each connect",
      device([aPoint("a", 1)], group("default", { poll: "connect", intervalMs: Number.POSITIVE_INFINITY })),
      { now: HOUR_LATER },
      ["device boiler is read once after each connect alone; sent last at 2026-11-23T10:15:30.123Z"],
    ],
    [
      "properties alone",
      device([aPoint("a", 1, { kind: "property" })]),
      {},
      ["device boiler has nothing to send: its points are properties, write-only or read for others (kind)"],
    ],
    [
      "a device that answers with exceptions alone",
      device([aPoint("a", 1)]),
      {
        health: () => ({
          state: "degraded",
          reason: "1 of 1 points have no value: 1 exception:2",
          since: T,
          bad: new Map([["a", "exception:2"]]),
        }),
      },
      ["device boiler answers, but gives no value: 1 of 1 points have no value: 1 exception:2"],
    ],
    [
      "nothing read yet",
      device([aPoint("a", 1)]),
      { health: () => undefined },
      ["device boiler has not been read yet"],
    ],
    [
      "polling switched off for a while",
      device([aPoint("a", 1)]),
      {
        health: () => ({
          state: "disabled",
          reason: "polling is switched off until 12:00 (setPolling)",
          since: T,
          bad: new Map(),
        }),
      },
      ["device boiler is silent: polling is switched off until 12:00 (setPolling)"],
    ],
  ])("%s", (_what, config, more, expected) => {
    expect(reasons(more, [config])).toEqual(expected);
  });

  test("a partial configuration, a spool that can't be written, a backlog", () => {
    const partial = {
      state: "partial",
      version: 7,
      at: T,
      problems: [{ path: "/devices/x", text: "is wrong" }],
      warnings: [],
    } as const;
    const status = (): OutboxStatus => ({
      ...messages,
      queued: 500,
      spool: { state: "failing", reason: "the disk is full", written: 0 },
    });
    expect(reasons({ configuration: () => partial, outbox: { status } })).toEqual([
      "501 messages wait though the hub is connected: it acknowledges slowly, or what gathered while it was away is being delivered",
      "the spool can't be written (the disk is full): what waits is in memory alone",
      "the configuration has a fault; what is concerned stays as it was, or absent: /devices/x is wrong",
    ]);
  });

  test("a connection is asked once, however many devices it has", () => {
    let asked = 0;
    const many = Array.from({ length: 50 }, (_, at) => aDevice(`d${at}`, [aPoint("a", 1)], { unitId: at + 1 }));
    setUp({ connection: () => (asked++ < 0 ? undefined : calm) }, many).whole();
    expect(asked).toBe(1);
  });

  test("twenty reasons at most", () => {
    const many = Array.from({ length: 500 }, (_, at) => aDevice(`d${at}`, [], { enabled: false }));
    expect(reasons({}, many)).toHaveLength(20);
  });
});
