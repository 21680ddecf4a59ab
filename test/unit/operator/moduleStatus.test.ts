import type { OutboxStatus } from "../../../src/cloud/outbox";
import type { DeviceConfig } from "../../../src/core/config/gatewayConfig";
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
          },
        },
        noData: [],
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
  const reasons = (more: Partial<ModuleStatusPorts>, devices?: readonly DeviceConfig[]) =>
    setUp(more, devices).whole()["noData"];

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
      reasons({ health, connection: () => ({ ...open, state: "closed", reason: "ECONNREFUSED" }) }, devices),
    ).toEqual([
      "connection line is not open: ECONNREFUSED",
      "device boiler (unit 1 on line) is offline: gives no answer",
      "device off is disabled in the configuration",
      "device empty has no points",
    ]);
    expect(reasons({ connection: () => ({ ...open, state: "connecting" }) })).toEqual([
      "connection line is not open: connecting",
    ]);
  });

  test("twenty reasons at most", () => {
    const many = Array.from({ length: 500 }, (_, at) => aDevice(`d${at}`, [], { enabled: false }));
    expect(reasons({}, many)).toHaveLength(20);
  });
});
