import type { DeviceConfig } from "../../../../src/core/config/gatewayConfig";
import { builtInProfiles, profileLookup } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";
import type { Point } from "../../../../src/core/points/point";
import { contractExample } from "../../../support/contractExample";

function deviceOf(document: unknown, name = "boiler", lookup = builtInProfiles): DeviceConfig {
  const { problems, devices } = resolveDocument(document, lookup);
  expect(problems).toEqual([]);
  const device = devices.get(name);
  if (device?.ok !== true) throw new TypeError(`no device ${name}`);
  return device.value;
}

const PLANT = { plant: { transport: "tcp", host: "plc.local" } };

/** The points of a device with these keys, by name. */
function pointsOf(keys: object, profile?: object): Readonly<Record<string, Point>> {
  const document = {
    connections: PLANT,
    devices: { boiler: { connection: "plant", unitId: 1, ...(profile && { profile: "p" }), ...keys } },
    ...(profile && { profiles: { p: profile } }),
  };
  return Object.fromEntries(deviceOf(document).points.map((point) => [point.name, point]));
}

function pointOf(keys: object, device: object = {}): Point | undefined {
  return pointsOf({ ...device, points: { x: keys } })["x"];
}

describe("the example of the documentation", () => {
  it("is valid", () => {
    const { problems, warnings } = resolveDocument(contractExample(), builtInProfiles);
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it("means this command", () => {
    expect([...(deviceOf(contractExample()).commands ?? [])]).toEqual([
      [
        "resetAlarm",
        {
          name: "resetAlarm",
          title: "Reset alarm",
          request: [],
          when: [],
          steps: [
            { kind: "write", items: [{ point: "alarmReset", value: { constant: true } }] },
            { kind: "wait", waitMs: 500 },
            { kind: "write", items: [{ point: "alarmReset", value: { constant: false } }] },
          ],
        },
      ],
    ]);
  });

  it("means these connections", () => {
    const { connections } = resolveDocument(contractExample(), builtInProfiles);
    const common = {
      responseTimeoutMs: 1000,
      requestGapMs: 0,
      connectDelayMs: 0,
      readRetries: 1,
      failuresBeforeReopen: 5,
    };
    expect(connections.get("hall")).toMatchObject({
      value: {
        ...common,
        name: "hall",
        transport: "serial",
        framing: "rtu",
        path: "/dev/ttyUSB0",
        line: { baudRate: 19200, dataBits: 8, parity: "even", stopBits: 1 },
      },
    });
    expect(connections.get("plant")).toMatchObject({
      value: {
        ...common,
        name: "plant",
        transport: "tcp",
        framing: "mbap",
        host: "plc.local",
        port: 502,
        connectTimeoutMs: 5000,
      },
    });
  });

  it("means these connections of the other transports, defaults filled in", () => {
    const { connections, problems } = resolveDocument(
      {
        connections: {
          safe: { transport: "tls", host: "[::1]", tls: { caPath: "/ca.pem", serverName: "plc" } },
          plain: { transport: "tls", host: "plc" },
          quick: { transport: "udp", host: "fe80::1%eth0", framing: "rtu" },
          gate: { transport: "tcp", host: "gw", maxInFlight: 4, idleCloseMs: 5000 },
          old: { transport: "serial", path: "/dev/a", line: "9600 7E1", framing: "ascii", echo: true, rs485: false },
        },
      },
      builtInProfiles,
    );
    expect(problems).toEqual([]);
    expect(connections.get("safe")).toMatchObject({
      value: {
        transport: "tls",
        framing: "mbap",
        host: "::1",
        port: 802,
        tls: { caPath: "/ca.pem", serverName: "plc" },
      },
    });
    expect(connections.get("plain")).toMatchObject({ value: { port: 802, tls: {}, maxInFlight: 1, idleCloseMs: 0 } });
    expect(connections.get("quick")).toMatchObject({
      value: { transport: "udp", framing: "rtu", host: "fe80::1%eth0", port: 502 },
    });
    expect(connections.get("gate")).toMatchObject({ value: { framing: "mbap", maxInFlight: 4, idleCloseMs: 5000 } });
    expect(connections.get("old")).toMatchObject({
      value: { framing: "ascii", echo: true, line: { baudRate: 9600, dataBits: 7, parity: "even", stopBits: 1 } },
    });
  });

  it("means these points", () => {
    const boiler = deviceOf(contractExample());
    expect(boiler).toMatchObject({
      name: "boiler",
      connection: "hall",
      unitId: 7,
      enabled: true,
      profile: "acme-boiler",
    });
    expect(boiler.points.map(({ name, group }) => `${name} ${group}`)).toEqual([
      "supplyTemperature fast",
      "energy fast",
      "doorOpen default",
      "lowWater default",
      "setpoint default",
      "alarmReset default",
    ]);
    expect([...boiler.groups.values()]).toEqual([
      { name: "default", intervalMs: 10_000, priority: "normal" },
      { name: "fast", intervalMs: 1000, priority: "normal" },
    ]);
    const [, energy, doorOpen, , setpoint, alarmReset] = boiler.points;
    expect(energy).toEqual({
      name: "energy",
      table: "input",
      address: 110,
      count: 4,
      type: "uint64",
      order: [6, 7, 4, 5, 2, 3, 0, 1],
      scale: { coefficient: 1n, scale: 3 },
      unit: "kilowattHour",
      group: "fast",
      access: "read",
      kind: "telemetry",
    });
    expect(doorOpen).toMatchObject({ table: "input", address: 7, count: 1, type: "uint16", bit: 0, kind: "telemetry" });
    expect(setpoint).toMatchObject({
      scale: { coefficient: 5n, scale: 1 },
      kind: "property",
      write: { min: { coefficient: 10n, scale: 0 }, max: { coefficient: 80n, scale: 0 }, verify: "readBack" },
    });
    expect(alarmReset).toMatchObject({
      table: "coil",
      address: 8,
      count: 1,
      type: "bool",
      kind: "none",
      write: { verify: "echo" },
    });
  });
});

describe("addresses", () => {
  it.each([
    [{ table: "holding", address: 199 }, {}, "holding", 199],
    [{ table: "holding", address: 200 }, { addressBase: 1 }, "holding", 199],
    [{ table: "holding", address: 65536 }, { addressBase: 1 }, "holding", 65535],
    [{ table: "holding", address: "0x1F" }, {}, "holding", 31],
    [{ table: "holding", address: "0x1F" }, { addressBase: 1 }, "holding", 30],
    [{ address: "40001" }, { addressBase: 0 }, "holding", 0],
    [{ address: "40001" }, { addressBase: 1 }, "holding", 0],
    [{ address: "400001" }, {}, "holding", 0],
    [{ address: "465536" }, {}, "holding", 65535],
    [{ address: "49999" }, {}, "holding", 9998],
    [{ address: "30010" }, {}, "input", 9],
  ])("%j with %j is %s %d", (keys, device, table, address) => {
    expect(pointOf({ ...keys, type: "uint16" }, device)).toMatchObject({ table, address });
  });

  it.each([
    ["10001", "discrete", 0],
    ["00017", "coil", 16],
    ["000017", "coil", 16],
  ])("%s is %s %d", (address, table, wire) => {
    expect(pointOf({ address })).toMatchObject({ table, address: wire, type: "bool", count: 1 });
  });
});

describe("byte orders", () => {
  it.each([
    ["ABCD", "float64", [0, 1, 2, 3, 4, 5, 6, 7]],
    ["CDAB", "uint16", [0, 1]],
    ["CDAB", "float32", [2, 3, 0, 1]],
    ["CDAB", "uint64", [6, 7, 4, 5, 2, 3, 0, 1]],
    ["BADC", "int16", [1, 0]],
    ["BADC", "int32", [1, 0, 3, 2]],
    ["DCBA", "uint32", [3, 2, 1, 0]],
    ["DCBA", "string", [1, 0]],
    ["CDAB", "string", [0, 1]],
    ["CDAB", "int8High", undefined],
  ])("the switches %s of a device, on %s", (order, type, expected) => {
    const length = type === "string" ? { length: 3 } : {};
    expect(pointOf({ table: "input", address: 0, type, ...length }, { order })?.order).toEqual(expected);
  });

  it("takes the point's letters, then the device's, the defaults', the profile's", () => {
    const point = { table: "input", address: 0, type: "float32" };
    const orders = (device: object, defaults: object, profile: object, own: object) =>
      pointsOf(device, { ...profile, defaults, points: { x: { ...point, ...own } } })["x"]?.order;
    const [abcd, cdab, badc, dcba] = [{}, { order: "CDAB" }, { order: "BADC" }, { order: "DCBA" }];
    expect(orders(cdab, badc, dcba, { order: "BDAC" })).toEqual([1, 3, 0, 2]);
    expect(orders(cdab, badc, dcba, {})).toEqual([2, 3, 0, 1]);
    expect(orders({}, badc, dcba, {})).toEqual([1, 0, 3, 2]);
    expect(orders({}, {}, dcba, {})).toEqual([3, 2, 1, 0]);
    expect(orders({}, {}, abcd, {})).toEqual([0, 1, 2, 3]);
  });
});

describe("meaning", () => {
  const base = { table: "input", address: 0 };

  it.each([
    ["int8Low", -128n],
    ["uint8High", 255n],
    ["int16", -32768n],
    ["uint16", 65535n],
    ["int32", -2147483648n],
    ["uint32", 4294967295n],
    ["int64", -9223372036854775808n],
    ["uint64", 18446744073709551615n],
  ])("auto: %s is not available at %s", (type, raw) => {
    expect(pointOf({ ...base, type, notAvailable: "auto" })?.notAvailable).toEqual(new Set([raw]));
  });

  it("reads bit patterns of signed types as the values they are", () => {
    const found = pointOf({ ...base, type: "int16", notAvailable: ["0x8000", 32767, -1] });
    expect(found?.notAvailable).toEqual(new Set([-32768n, 32767n, -1n]));
    expect(pointOf({ ...base, type: "int16", enum: { "0xFFFF": "off", "1": "on" } })?.enum).toEqual(
      new Map([
        ["-1", "off"],
        ["1", "on"],
      ]),
    );
  });

  it("keeps decimals exact, whether numbers or texts", () => {
    const found = pointOf({
      ...base,
      type: "uint64",
      scale: "0.001",
      offset: -0.1,
      max: "18446744073709551615",
      decimals: 2,
    });
    expect(found).toMatchObject({
      scale: { coefficient: 1n, scale: 3 },
      offset: { coefficient: -1n, scale: 1 },
      max: { coefficient: 18446744073709551615n, scale: 0 },
      decimals: 2,
    });
    expect(pointOf({ ...base, type: "uint16", scale: 1, offset: 0 })).not.toHaveProperty("scale");
  });

  it("takes masks as numbers or hexadecimal", () => {
    expect(pointOf({ ...base, type: "uint16", mask: "0x0F00" })?.mask).toBe(0x0f00n);
    expect(pointOf({ ...base, type: "uint64", mask: "0xFFFFFFFFFFFFFFFF" })?.mask).toBe(0xffff_ffff_ffff_ffffn);
  });

  it("gives the bits of a word its group, kind and description, and their own titles", () => {
    const points = pointsOf({
      groups: { fast: { intervalMs: 100 } },
      points: {
        alarms: {
          ...base,
          bits: { "15": "pump", "3": "door" },
          group: "fast",
          kind: "property",
          title: "Alarms",
          description: "of the hall",
        },
      },
    });
    expect(Object.keys(points).sort()).toEqual(["door", "pump"]);
    expect(points["pump"]).toMatchObject({
      bit: 15,
      group: "fast",
      kind: "property",
      title: "Alarms: pump",
      description: "of the hall",
    });
    expect(points["door"]).toMatchObject({ bit: 3, address: 0, count: 1, type: "uint16" });
  });

  it("makes an integer of a bool with a bit", () => {
    expect(pointOf({ ...base, type: "bool", bit: 4 })).toMatchObject({ type: "uint16", bit: 4 });
  });

  it("passes over defaults that do not suit a point", () => {
    const profile = {
      defaults: { table: "holding", type: "uint16", scale: 0.1, writeMin: 1, verify: "echo", notAvailable: "auto" },
      points: {
        number: { address: 0 },
        coil: { table: "coil", address: 0 },
        text: { address: 1, type: "string", length: 2 },
      },
    };
    const points = pointsOf({}, profile);
    expect(points["number"]).toMatchObject({ scale: { coefficient: 1n, scale: 1 }, notAvailable: new Set([65535n]) });
    expect(points["number"]).not.toHaveProperty("write");
    expect(points["coil"]).toEqual({
      name: "coil",
      table: "coil",
      address: 0,
      count: 1,
      type: "bool",
      group: "default",
      access: "read",
      kind: "telemetry",
      report: { atLeastMs: 900_000 },
    });
    expect(points["text"]).not.toHaveProperty("scale");
  });
});

describe("layers", () => {
  const profile = {
    groups: { slow: { intervalMs: 60_000, priority: "low" } },
    maxReadRegisters: 80,
    requestGapMs: 20,
    points: {
      a: { table: "input", address: 0, type: "uint16", scale: 0.1, unit: "V", group: "slow" },
      b: { table: "input", address: 1, type: "uint16" },
      c: { table: "input", address: 2, type: "uint16" },
    },
  };

  it("merges points by key; null takes a key or a point away", () => {
    const points = pointsOf(
      { points: { a: { scale: null, unit: "mV" }, b: null, c: { enabled: false }, d: { table: "coil", address: 0 } } },
      profile,
    );
    expect(Object.keys(points)).toEqual(["a", "d"]);
    expect(points["a"]).toMatchObject({ address: 0, unit: "mV", group: "slow" });
    expect(points["a"]).not.toHaveProperty("scale");
  });

  it("lets a reference bring its own table", () => {
    expect(pointsOf({ points: { a: { address: "40010" } } }, profile)["a"]).toMatchObject({
      table: "holding",
      address: 9,
    });
  });

  it("merges groups by key, and lets the device's quirks win", () => {
    const device = deviceOf({
      connections: PLANT,
      profiles: { p: profile },
      devices: {
        boiler: {
          connection: "plant",
          unitId: 1,
          profile: "p",
          groups: { slow: { intervalMs: 5000 } },
          requestGapMs: 5,
        },
      },
    });
    expect(device.groups.get("slow")).toEqual({ name: "slow", intervalMs: 5000, priority: "low" });
    expect(device).toMatchObject({ requestGapMs: 5, limits: { maxReadRegisters: 80, maxReadBits: 2000, maxGap: 16 } });
  });

  it("counts neverRead like the addresses", () => {
    const ranges = (addressBase: number) =>
      deviceOf({
        connections: PLANT,
        devices: {
          boiler: {
            connection: "plant",
            unitId: 1,
            addressBase,
            neverRead: [[10, 20]],
            points: { x: { address: "00001" } },
          },
        },
      }).limits.neverRead;
    expect(ranges(0)).toEqual([[10, 20]]);
    expect(ranges(1)).toEqual([[9, 19]]);
  });
});

describe("profiles", () => {
  const text = JSON.stringify({ title: "mine", points: { x: { address: "00001" } } });
  const device = { connections: PLANT, devices: { boiler: { connection: "plant", unitId: 1, profile: "wb-mr6c" } } };
  const names = (document: object, lookup = builtInProfiles) =>
    deviceOf(document, "boiler", lookup).points.map(({ name }) => name);

  it("are looked up in the document, the folder, then built in, whole", () => {
    const folder = profileLookup(new Map([["wb-mr6c", { ok: true, value: text }]]));
    expect(names(device)).toContain("relayK1");
    expect(names(device, folder)).toEqual(["x"]);
    const inline = { ...device, profiles: { "wb-mr6c": { points: { y: { address: "00001" } } } } };
    expect(names(inline, folder)).toEqual(["y"]);
  });

  it.each([
    [
      "no JSON",
      '{ "points": { "x": 1, } }',
      'the profile "wb-mr6c" can\'t be used: line 1, column 23: a name in double quotes is expected (no comma before the closing brace)',
    ],
    [
      "a fault",
      '{ "points": { "x": { "adress": 1 } } }',
      '"wb-mr6c" at /points/x/adress: "adress" is not a key of a point; did you mean "address"?',
    ],
    [
      "a name twice",
      '{ "points": {}, "points": {} }',
      'the profile "wb-mr6c" can\'t be used: line 1, column 17: names "points" twice (first in line 1): keep one',
    ],
    [
      "a fault that shows when it is used",
      '{ "points": { "x": { "address": "00001", "group": "g" } } }',
      '"wb-mr6c" at /points/x/group: there is no group "g": default',
    ],
  ])("of the folder with %s are a problem where they are named", (_what, file, problem) => {
    const folder = profileLookup(new Map([["wb-mr6c", { ok: true, value: file }]]));
    expect(resolveDocument(device, folder).problems).toEqual([{ path: "/devices/boiler/profile", text: problem }]);
  });

  it("share one list of points among the devices that do not change it", () => {
    const entries = Array.from({ length: 50 }, (_, i) => [
      `meter${i}`,
      { connection: "plant", unitId: i, profile: "eastron-sdm630" },
    ]);
    const changed = {
      connection: "plant",
      unitId: 99,
      profile: "eastron-sdm630",
      points: { frequency: { group: "energy" } },
    };
    const document = { connections: PLANT, devices: { ...Object.fromEntries(entries), changed } };
    const lists = new Set(entries.map(([name]) => deviceOf(document, String(name)).points.length));
    expect(lists).toEqual(new Set([52]));
    const { devices } = resolveDocument(document, builtInProfiles);
    const points = [...devices.values()].flatMap((device) => (device.ok ? [device.value.points] : []));
    expect(new Set(points).size).toBe(2);
    expect(new Set(points.flat()).size).toBe(53);
  });
});

describe("fingerprints", () => {
  const device = (keys: object) =>
    deviceOf({
      connections: PLANT,
      profiles: {
        p: { title: "t", points: { x: { table: "input", address: 1, type: "uint16", scale: 0.1, ...keys } } },
      },
      devices: { boiler: { profile: "p", unitId: 1, connection: "plant" } },
    }).fingerprint;

  it("are equal for equal definitions, however written", () => {
    expect(device({})).toBe(device({ scale: "0.10", order: "AB", offset: 0, access: "read" }));
    expect(device({ enum: { "1": "a", "2": "b" }, scale: undefined })).toBe(
      device({ enum: { "0x2": "b", "1": "a" }, scale: undefined }),
    );
  });

  it("differ with the place that the connection leads to, and with nothing else of it", () => {
    const of = (connection: object): string =>
      deviceOf({
        connections: { plant: { transport: "tcp", host: "plc.local", ...connection } },
        devices: { boiler: { unitId: 1, connection: "plant", points: {} } },
      }).fingerprint;
    const places = [{}, { host: "other.local" }, { port: 503 }, { transport: "udp" }];
    expect(new Set(places.map(of)).size).toBe(places.length);
    expect(of({ port: 502, requestGapMs: 5, responseTimeoutMs: 300, maxInFlight: 2 })).toBe(of({}));
  });

  it("differ with what is in lists and tables of a point", () => {
    const variants = [
      { notAvailable: [1] },
      { notAvailable: [2] },
      { notAvailable: [1, 2] },
      { enum: { "1": "a" }, scale: undefined },
      { enum: { "1": "b" }, scale: undefined },
    ];
    expect(new Set(variants.map(device)).size).toBe(variants.length);
    expect(device({ notAvailable: [2, 1] })).toBe(device({ notAvailable: [1, 2] }));
  });

  it.each([
    { address: 2 },
    { type: "int16" },
    { scale: 0.2 },
    { unit: "V" },
    { min: 1 },
    { notAvailable: [1] },
    { enabled: false },
    { order: "BA" },
  ])("differ with the content of the profile: %j", (keys) => {
    expect(device(keys)).not.toBe(device({}));
  });
});

describe("further types", () => {
  const sentinels = (type: string, notAvailable: unknown = "auto", more: object = {}) => {
    const found = pointOf({ table: "holding", address: 1, type, notAvailable, ...more })?.notAvailable;
    return found === undefined ? undefined : [...found];
  };

  it("`auto` is the most negative of signed types, all ones of others", () => {
    expect(sentinels("int24")).toEqual([-8_388_608n]);
    expect(sentinels("uint24")).toEqual([0xff_ffffn]);
    expect(sentinels("bcd32")).toEqual([0xffff_ffffn]);
    expect(sentinels("signMagnitude16")).toEqual([-32_767n]);
    expect(sentinels("mod10k", "auto", { length: 3 })).toEqual([0xffff_ffff_ffffn]);
    expect(sentinels("ymdhms")).toEqual([0xffff_ffff_ffffn]);
    expect(sentinels("float16")).toBeUndefined();
  });

  it("raw values are numbers of the type or patterns", () => {
    expect(sentinels("bcd16", [9999, "0xFFFF", "0x2710"])).toEqual([9999n, 0xffffn, 2710n]);
    expect(sentinels("signMagnitude16", ["0x8000", "0x8001"])).toEqual([0x8000n, -1n]);
    expect(sentinels("unix32", [0])).toEqual([0n]);
  });

  it("switches: whole registers of some types, bytes of texts", () => {
    const order = (type: string, switches: string, length?: number) =>
      pointOf({ table: "holding", address: 1, type, ...(length === undefined ? {} : { length }) }, { order: switches })
        ?.order;
    expect(order("mod10k", "DCBA", 2)).toEqual([2, 3, 0, 1]);
    expect(order("ymdhms", "CDAB")).toEqual([4, 5, 2, 3, 0, 1]);
    expect(order("ti081", "BADC")).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(order("stringLow", "DCBA", 4)).toEqual([1, 0]);
    expect(order("int24", "CDAB")).toEqual([2, 3, 0, 1]);
    expect(order("int8Low", "DCBA")).toBeUndefined();
  });
});

test("points by repeat are counted before they are made; those of a profile once", () => {
  const many = Object.fromEntries(
    Array.from({ length: 60 }, (_, at) => [`p${at}x`, { address: "40001", type: "uint16", repeat: { count: 999 } }]),
  );
  const device = (unitId: number, more: object) => ({ connection: "plant", unitId, ...more });
  const document = {
    connections: { plant: { transport: "tcp", host: "plc" } },
    profiles: { many: { points: many } },
    devices: {
      a: device(1, { profile: "many" }),
      b: device(2, { profile: "many" }),
      c: device(3, {
        points: {
          ...many,
          ...Object.fromEntries(
            Array.from({ length: 9 }, (_, at) => [
              `q${at}x`,
              { address: "40001", type: "uint16", repeat: { count: 999 } },
            ]),
          ),
        },
      }),
    },
  };
  const { devices, problems } = resolveDocument(document, () => undefined);
  expect(problems).toEqual([
    {
      path: "/devices/c/points",
      text: "its 68931 points are too much: a configuration has at most 120000, those of a profile counted once",
    },
  ]);
  expect([...devices].map(([name, { ok }]) => [name, ok])).toEqual([
    ["a", true],
    ["b", true],
    ["c", false],
  ]);
});
