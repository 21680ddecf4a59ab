import { type Applied, applyDocument } from "../../../../src/core/config/apply";
import { isLegacyDocument, translateLegacy } from "../../../../src/core/config/legacy/translateLegacy";
import { problemsByPath } from "../../../../src/core/config/problem";
import { builtInProfiles } from "../../../../src/core/config/profiles";
import type { Json, JsonObject } from "../../../../src/kernel/json";

const operation = (more: JsonObject = {}): JsonObject => ({
  PollingInterval: "1000",
  UnitId: "1",
  StartAddress: "40001",
  Count: "1",
  ...more,
});

const slave = (more: JsonObject = {}, op: JsonObject = {}): JsonObject => ({
  SlaveConnection: "192.0.2.1",
  HwId: "PM-1",
  Operations: { Op01: operation(op) },
  ...more,
});

const serial = (more: JsonObject = {}, op: JsonObject = {}): JsonObject =>
  slave({ SlaveConnection: "/dev/ttyUSB0", BaudRate: "9600", ...more }, op);

const site = (...slaves: JsonObject[]): JsonObject => ({
  SlaveConfigs: Object.fromEntries(slaves.map((one, at) => [`S${at + 1}`, one])),
});

function apply(document: JsonObject, before?: Applied): Applied {
  return applyDocument(before?.config, document, builtInProfiles);
}

function problemsOf(document: JsonObject) {
  return problemsByPath(apply(document).problems);
}

test("a document is a legacy one by SlaveConfigs at its root, in any case", () => {
  expect([{ SlaveConfigs: {} }, { slaveconfigs: null }, { devices: {} }, [], null].map(isLegacyDocument)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

describe("keys", () => {
  test("are read without regard to case, values as texts or numbers", () => {
    const written = apply(site(slave({}, { DisplayName: "Voltage" })));
    const other = apply({
      slaveCONFIGS: {
        S1: {
          slaveconnection: " 192.0.2.1 ",
          hwid: "PM-1",
          OPERATIONS: {
            Op01: { pollinginterval: 1000, unitID: 1, startAddress: 40001, count: 1, displayname: "Voltage" },
          },
        },
      },
    });
    expect(other.problems).toEqual([]);
    expect(other.warnings).toEqual([]);
    expect(other.config).toEqual(written.config);
  });

  test("that nobody knows are warned of, and the rest stands", () => {
    const { state, warnings } = apply({ ...site(slave({ BaudRat: 1 }, { ValueType: "Float" })), LogLevel: "debug" });
    expect(state).toBe("applied");
    expect(Object.keys(problemsByPath(warnings))).toEqual([
      "/LogLevel",
      "/SlaveConfigs/S1/BaudRat",
      "/SlaveConfigs/S1/Operations/Op01/ValueType",
    ]);
    expect(problemsByPath(warnings)["/SlaveConfigs/S1/BaudRat"]).toBe(
      '"BaudRat" is no key of a slave; did you mean "BaudRate"?',
    );
  });

  test("that stand twice are a problem", () => {
    expect(problemsOf(site(slave({ hwid: "PM-2" })))).toEqual({
      "/SlaveConfigs/S1/hwid": '"HwId" says the same key already: keep one',
    });
  });
});

describe("connections", () => {
  test.each<[string, JsonObject, JsonObject]>([
    ["an address", slave(), { transport: "tcp", host: "192.0.2.1", port: 502 }],
    ["a host name", slave({ SlaveConnection: "plc.local", TcpPort: "1502" }), { host: "plc.local", port: 1502 }],
    ["IPv6", slave({ SlaveConnection: "::1" }), { transport: "tcp", host: "::1" }],
    ["a port of Windows", serial({ SlaveConnection: "COM3" }), { transport: "serial", path: "COM3" }],
    ["a bare tty", serial({ SlaveConnection: "ttyS0" }), { transport: "serial", path: "/dev/ttyS0" }],
    ["a link by id", serial({ SlaveConnection: "/dev/serial/by-id/usb-A" }), { path: "/dev/serial/by-id/usb-A" }],
  ])("%s", (_title, one, expected) => {
    const { config, problems } = apply(site(one));
    expect(problems).toEqual([]);
    expect([...config.connections.values()]).toMatchObject([expected]);
  });

  test.each<[JsonObject, string]>([
    [{ Parity: "odd", DataBits: 8, StopBits: "Two" }, "odd 2"],
    [{ Parity: "EVEN", StopBits: "1" }, "even 1"],
    [{ Parity: 2, StopBits: "ONE" }, "even 1"],
    [{ Parity: "None", FlowControl: "RTSCTS" }, "none 1"],
    [{}, "none 1"],
  ])("a line with %j", (keys, expected) => {
    const [connection] = apply(site(serial(keys))).config.connections.values();
    if (connection?.transport !== "serial") throw new Error("no serial line");
    const { baudRate, dataBits, parity, stopBits } = connection.line;
    expect([baudRate, dataBits, `${parity} ${stopBits}`]).toEqual([9600, 8, expected]);
  });

  test("one for all slaves of a port or an endpoint, each with its own timeout", () => {
    const { config, problems } = apply(
      site(
        serial({ HwId: "A", RetryCount: "4", RetryInterval: "500" }),
        serial({ HwId: "B" }, { UnitId: 2 }),
        slave({ HwId: "C", SlaveConnection: "plc" }),
        slave({ HwId: "D", SlaveConnection: "PLC", RetryCount: 1, RetryInterval: 1 }, { UnitId: 2 }),
        slave({ HwId: "E", SlaveConnection: "plc", TcpPort: 503 }),
      ),
    );
    expect(problems).toEqual([]);
    expect([...config.connections.values()].map(({ name, responseTimeoutMs }) => [name, responseTimeoutMs])).toEqual([
      ["ttyUSB0", 2000],
      ["plc", 500],
      ["plc503", 500],
    ]);
    const devices = [...config.devices.values()];
    expect(devices.map(({ name, connection, responseTimeoutMs }) => [name, connection, responseTimeoutMs])).toEqual([
      ["A", "ttyUSB0", undefined],
      ["B", "ttyUSB0", 500],
      ["C", "plc", undefined],
      ["D", "plc", undefined],
      ["E", "plc503", undefined],
    ]);
  });

  test("two speeds on one port are a problem of the second slave alone", () => {
    const { config, problems } = apply(site(serial({ HwId: "A" }), serial({ HwId: "B", BaudRate: 19200 })));
    expect([...config.devices.keys()]).toEqual(["A"]);
    expect(problemsByPath(problems)).toEqual({
      "/SlaveConfigs/S2/BaudRate":
        '"S1" has /dev/ttyUSB0 open with "9600 8N1", not "19200 8N1": one line has one speed and framing',
    });
  });
});

describe("addresses", () => {
  test.each<[string, number, string, number, string[]]>([
    ["40001", 2, "holding", 0, ["40001", "40002"]],
    ["400001", 1, "holding", 0, ["400001"]],
    ["49999", 2, "holding", 9998, ["49999", "410000"]],
    ["465536", 1, "holding", 65535, ["465536"]],
    ["30010", 1, "input", 9, ["30010"]],
    ["100001", 1, "discrete", 0, ["100001"]],
    ["00017", 2, "coil", 16, ["00017", "00018"]],
  ])("%s x %i", (text, count, table, first, written) => {
    const [device] = apply(site(slave({}, { StartAddress: text, Count: count }))).config.devices.values();
    expect(device?.points.map((point) => [point.table, point.address - first, point.legacy?.address])).toEqual(
      written.map((address, at) => [table, at, address]),
    );
  });

  test.each<[Json, RegExp]>([
    ["40000", /^"40000" is not an address: they count from 1, so from 40001 to 49999$/],
    ["400000", /from 400001 to 465536$/],
    ["465537", /is not an address/],
    ["4001", /is not a start address/],
    ["4000001", /is not a start address/],
    ["20001", /is not a start address/],
    ["4 001", /is not a start address/],
    [17, /is not a start address/],
    ["", /is empty/],
  ])("%j is refused", (text, message) => {
    expect(problemsOf(site(slave({}, { StartAddress: text })))).toEqual({
      "/SlaveConfigs/S1/Operations/Op01/StartAddress": expect.stringMatching(message),
    });
  });

  test("a range beyond the table is refused", () => {
    expect(problemsOf(site(slave({}, { StartAddress: "465536", Count: 2 })))).toEqual({
      "/SlaveConfigs/S1/Operations/Op01/Count": "2 from 465536 on go beyond the last address, 65536",
    });
  });
});

describe("what is wrong", () => {
  test.each<[string, JsonObject, string, string]>([
    ["no connection", slave({ SlaveConnection: null }), "/SlaveConnection", '"SlaveConnection" is missing'],
    ["an odd host", slave({ SlaveConnection: "a b" }), "/SlaveConnection", '"a b" does not fit'],
    ["no speed", serial({ BaudRate: null }), "/BaudRate", '"BaudRate" is missing'],
    ["a parity", serial({ Parity: "mark" }), "/Parity", '"mark" does not fit: NONE, ODD or EVEN'],
    ["no operations", slave({ Operations: null }), "/Operations", '"Operations" is missing'],
    ["a list", slave({ Operations: [] }), "/Operations", "a list does not fit"],
    ["an operation", slave({ Operations: { Op01: 1 } }), "/Operations/Op01", "1 does not fit"],
    ["a unit of a line", serial({}, { UnitId: 0 }), "/Operations/Op01/UnitId", "0 does not fit"],
    ["no unit of a line", serial({}, { UnitId: null }), "/Operations/Op01/UnitId", '"UnitId" is missing'],
    ["a unit", slave({}, { UnitId: 256 }), "/Operations/Op01/UnitId", "256 does not fit"],
    ["no count", slave({}, { Count: null }), "/Operations/Op01/Count", '"Count" is missing'],
    ["a count", slave({}, { Count: "2.5" }), "/Operations/Op01/Count", '"2.5" does not fit'],
    ["a type", slave({}, { DataType: "flaot32" }), "/Operations/Op01/DataType", 'did you mean "float32"?'],
    ["half a value", slave({}, { DataType: "float32", Count: 3 }), "/Operations/Op01/Count", "do not hold a whole"],
    ["an order", slave({}, { Order: "CDAB" }), "/Operations/Op01/Order", "CDAB"],
    ["a scale", slave({}, { Scale: "0,1" }), "/Operations/Op01/Scale", "decimal number"],
    ["a name", slave({}, { Point: "a b" }), "/Operations/Op01/Point", "is not a name for a point"],
  ])("%s", (_title, one, path, text) => {
    expect(problemsOf(site(one))).toEqual({ [`/SlaveConfigs/S1${path}`]: expect.stringContaining(text) });
  });

  test("with the whole changes nothing", () => {
    const before = apply(site(slave()));
    for (const document of [{ SlaveConfigs: [] }, { ...site(slave()), PublishInterval: "soon" }]) {
      const { state, config } = apply(document as JsonObject, before);
      expect(state).toBe("rejected");
      expect(config).toBe(before.config);
    }
  });

  test("more values than a module has memory for", () => {
    const operations = Object.fromEntries(
      Array.from({ length: 450 }, (_, at) => [`o${at}`, operation({ StartAddress: "00001", Count: 2000 })]),
    );
    expect(problemsOf(site(slave({ Operations: operations })))).toEqual({
      "/SlaveConfigs": "its operations read 900000 values: at most 40000 are carried out",
    });
  });

  test("with one slave leaves that slave as it was, and the others alone", () => {
    const other = slave({ HwId: "PM-2", SlaveConnection: "192.0.2.2" });
    const before = apply(site(slave(), other));
    const after = apply(site(slave({}, { StartAddress: "40000" }), other), before);
    expect(after.state).toBe("partial");
    for (const name of ["PM1", "PM2"]) expect(after.config.devices.get(name)).toBe(before.config.devices.get(name));
    const gone = apply(site(other), before);
    expect([...gone.config.devices.keys()]).toEqual(["PM2"]);
  });
});

describe("a changed document", () => {
  test("touches the slaves that changed, no others", () => {
    const other = slave({ HwId: "PM-2", SlaveConnection: "192.0.2.2" });
    const before = apply(site(slave({}, { DisplayName: "Voltage" }), other));
    const after = apply(site(slave({}, { DisplayName: "Voltage L1" }), other), before);
    expect(after.config.devices.get("PM2")).toBe(before.config.devices.get("PM2"));
    const { fingerprint, points } = after.config.devices.get("PM1") ?? {};
    expect(fingerprint).not.toBe(before.config.devices.get("PM1")?.fingerprint);
    expect(points?.[0]?.legacy?.displayName).toBe("Voltage L1");
  });
});

describe("names", () => {
  test("are given once each, whatever the document says", () => {
    const operations = Object.fromEntries(
      ["Voltage", "Voltage", "Δ!", "3. Phase", "read points", "modbus", null].map((name, at) => [
        `Op ${at}`,
        operation({ DisplayName: name, StartAddress: `4000${at + 1}` }),
      ]),
    );
    const { config, problems } = apply(
      site(
        slave({ HwId: "constructor", Operations: operations }),
        slave({ HwId: "configuration" }, { UnitId: 2 }),
        slave({ HwId: null }, { UnitId: 3 }),
        slave({ HwId: "Same" }, { UnitId: 4 }),
        slave({ HwId: "same", Operations: { A: operation({ UnitId: 5 }), B: operation({ UnitId: 6 }) } }),
      ),
    );
    expect(problems).toEqual([]);
    expect([...config.devices.keys()]).toEqual(["constructor", "configuration2", "S3", "S4", "S5Unit5", "S5Unit6"]);
    expect(config.devices.get("constructor")?.points.map(({ name }) => name)).toEqual([
      "voltage",
      "voltage2",
      "Op2",
      "p3Phase",
      "readPoints2",
      "modbus2",
      "Op6",
    ]);
  });
});

test("added keys give values a meaning; each keeps its first address", () => {
  const { config } = apply(
    site(slave({}, { Count: 4, DataType: "Float32", Order: "cdab", Scale: 0.1, Offset: "1", Unit: "V", Point: "u" })),
  );
  expect(config.devices.get("PM1")?.points).toMatchObject([
    { name: "u01", type: "float32", order: [2, 3, 0, 1], unit: "V", legacy: { address: "40001" } },
    { name: "u02", type: "float32", address: 2, legacy: { address: "40003" } },
  ]);
});

test("bits are sent with every poll, not by change", () => {
  const { config } = apply(site(slave({}, { StartAddress: "00017" })));
  const [point] = config.devices.get("PM1")?.points ?? [];
  expect(point).toMatchObject({ type: "bool", kind: "telemetry" });
  expect(point?.report).toBeUndefined();
});

test.each<[JsonObject, string, number]>([
  [{}, "legacy", 5000],
  [{ PublishInterval: "2000", Version: "2" }, "legacy", 2000],
  [{ Interval: 3000, Version: 1 }, "legacyV1", 3000],
  [{ PublishInterval: 0, Version: "1" }, "legacyV1", 5000],
])("the output with %j", (root, format, maxDelayMs) => {
  const { config } = apply({ ...root, ...site(slave()) });
  expect(config.outputs?.get("modbusOutput")).toMatchObject({ format, maxDelayMs });
});

test("operations of one unit and interval are read together, and nothing between them", () => {
  const { document } = translateLegacy(site(slave()));
  expect(document["devices"]).toMatchObject({ PM1: { maxGap: 0, identity: "none" } });
});
