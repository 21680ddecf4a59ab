import { assessDocument } from "../../../../src/core/assess/assess";
import { problemsByPath } from "../../../../src/core/config/problem";
import { builtInProfiles } from "../../../../src/core/config/profiles";
import type { Json } from "../../../../src/kernel/json";
import { contractExample } from "../../../support/contractExample";

const assess = (document: unknown) => assessDocument(document, builtInProfiles);
const warningsOf = (document: unknown) => problemsByPath(assess(document).warnings);

function site(
  points: Json,
  more: { readonly [key: string]: Json } = {},
  connection: Json = { transport: "tcp", host: "h" },
) {
  return {
    connections: { c: connection },
    devices: { d: { connection: "c", unitId: 1, points, ...more } },
  };
}

test("the example of the product needs no warning, and its figures are there", () => {
  const found = assess(contractExample());
  expect(found.problems).toEqual([]);
  expect(found.warnings).toEqual([]);
  expect(found.connections).toEqual([
    expect.objectContaining({ name: "hall", endpoint: "serial 19200 8E1", devices: 1, points: 6 }),
    expect.objectContaining({ name: "plant", endpoint: "tcp plc.local:502", devices: 1, points: 52 }),
  ]);
  for (const { loadPercent } of found.connections) expect(loadPercent).toBeGreaterThan(0);
  expect(found.twin.desiredBytes).toBeGreaterThan(500);
  expect(found.twin.reportedBytes).toBeGreaterThan(300);
});

describe("what the cloud could write", () => {
  test("names points with place, limits and verification, and commands", () => {
    const { writes } = assess(contractExample());
    expect(writes).toEqual({
      configured: undefined,
      input: false,
      legacyInput: false,
      points: [
        {
          device: "boiler",
          point: "setpoint",
          table: "holding",
          address: 200,
          place: "holding 200 (400201)",
          limits: "10 … 80 degreeCelsius",
          verify: "read back",
          desired: true,
        },
        {
          device: "boiler",
          point: "alarmReset",
          table: "coil",
          address: 8,
          place: "coil 8 (000009)",
          limits: "false | true",
          verify: "echo",
          desired: false,
        },
      ],
      commands: ["boiler*resetAlarm"],
    });
  });

  test("is nothing where the configuration says off, or the device is disabled", () => {
    const points = { x: { address: "40001", type: "uint16", access: "readWrite", writeMin: 0, writeMax: 9 } };
    expect(assess({ ...site(points), module: { writes: "off" } }).writes.points).toEqual([]);
    expect(assess(site(points, { enabled: false })).writes.points).toEqual([]);
    expect(assess(site(points)).writes.points).toHaveLength(1);
  });
});

describe("what an expert would ask", () => {
  test("writing without a limit, and without reading back", () => {
    const points = {
      a: { address: "40001", type: "uint16", access: "readWrite", verify: "echo" },
      mode: { address: "40002", type: "uint16", access: "readWrite", enum: { "0": "off" } },
      coil: { address: "00001", access: "write" },
      b: { address: "40003", type: "uint16", access: "readWrite", writeMin: 0, writeMax: 9 },
    };
    const text = warningsOf(site(points))["/devices/d/points/a"] ?? "";
    expect(Object.keys(warningsOf(site(points)))).toEqual(["/devices/d/points/a"]);
    expect(text).toContain('a: can be written without a limit ("writeMin", "writeMax")');
    expect(text).toContain('"verify": "echo"');
  });

  test("64-bit numbers that readers round, unless they leave as texts", () => {
    const points = { energy: { address: "30001", type: "uint64" } };
    expect(warningsOf(site(points))["/devices/d/points/energy"]).toContain('"bigIntegers": "string"');
    const asText = { ...site(points), outputs: { telemetry: { bigIntegers: "string" } } };
    expect(warningsOf(asText)).toEqual({});
  });

  test("a model is warned of once, for all its devices", () => {
    const device = { connection: "c", unitId: 1, profile: "p" };
    const document = {
      connections: { c: { transport: "tcp", host: "h" } },
      profiles: { p: { points: { x: { address: "40001", type: "uint16", access: "readWrite" } } } },
      devices: { a: device, b: { ...device, unitId: 2 }, "n{i}": { ...device, for: { i: "1-3" }, unitId: "{10+i}" } },
    };
    expect(Object.keys(warningsOf(document))).toEqual(["/profiles/p/points/x"]);
  });

  test("a group that is faster than the line", () => {
    const points = Object.fromEntries(
      Array.from({ length: 60 }, (_, i) => [`p${i}`, { table: "input", address: i, type: "uint16", group: "fast" }]),
    );
    const groups = { fast: { intervalMs: 100 } };
    const slow = { transport: "serial", path: "/dev/ttyS0", line: "9600 8N1" };
    const text = warningsOf(site(points, { groups }, slow))["/devices/d/groups/fast"];
    expect(text).toMatch(/takes about \d+ ms on serial 9600 8N1, but its interval is 100 ms/);
    expect(warningsOf(site(points, { groups }))["/devices/d/groups/fast"]).toBeUndefined();
  });

  test("many points on a slow line", () => {
    const points = { x: { table: "input", address: 0, type: "uint16", repeat: { count: 99, stride: 1 } } };
    const document = (line: string, devices: number) => ({
      connections: { c: { transport: "serial", path: "/dev/ttyS0", line } },
      profiles: { p: { groups: { default: { intervalMs: 60_000 } }, points } },
      devices: Object.fromEntries(
        Array.from({ length: devices }, (_, i) => [`d${i}`, { connection: "c", unitId: i + 1, profile: "p" }]),
      ),
    });
    expect(warningsOf(document("9600 8N1", 4))["/connections/c/line"]).toMatch(/^396 points at 9600 baud: .* [\d.]+ s/);
    expect(warningsOf(document("19200 8N1", 4))).toEqual({});
    expect(warningsOf(document("9600 8N1", 3))).toEqual({});
  });

  test.each([
    [{ transport: "tcp", host: "h", port: 802 }, "Modbus/TCP Security"],
    [{ transport: "tls", host: "h", port: 502 }, "listen at 802"],
    [{ transport: "tcp", host: "h", port: 4001 }, '"framing": "rtu"'],
  ])("the port of %j", (connection, text) => {
    const points = { x: { address: "00001" } };
    expect(warningsOf(site(points, {}, connection))["/connections/c/port"]).toContain(text);
  });
});

describe("the twin", () => {
  const points = Object.fromEntries(
    Array.from({ length: 150 }, (_, i) => [`point${i}`, { address: i, type: "uint16", title: "A point of the plant" }]),
  );
  const profile = { defaults: { table: "input" }, points };

  test("too big: says by how much, and what to move where", () => {
    const document = {
      connections: { c: { transport: "tcp", host: "h" } },
      profiles: {
        small: { points: { x: { address: "00001" } } },
        big: profile,
        bigger: { ...profile, model: "x".repeat(99) },
      },
      devices: Object.fromEntries(
        Array.from({ length: 4 }, (_, i) => [`d${i}`, { connection: "c", unitId: i + 1, points }]),
      ),
    };
    const { twin, warnings } = assess(document);
    expect(twin.desiredBytes).toBeGreaterThan(twin.maxBytes);
    expect(twin.movable.map(({ path }) => path)).toEqual([
      "/devices/d0/points",
      "/profiles/bigger",
      "/profiles/big",
      "/profiles/small",
    ]);
    const text = problemsByPath(warnings)[""];
    expect(text).toContain("IoT Hub refuses it. Move out: /devices/d0/points");
    expect(text).toContain("for 4 devices with the same points");
    expect(text).not.toContain("/profiles/small");
  });

  test("what it would refuse or lose has its place", () => {
    const document = site(
      { x: { address: "00001", title: "t".repeat(4097), description: null } },
      { tags: { "room.no": "1" } },
    );
    expect(warningsOf(document)).toEqual({
      "/devices/d/points/x/title": expect.stringContaining("longer than the 4096 bytes"),
      "/devices/d/tags/room.no": expect.stringContaining("no name that is empty or has a dot"),
      "/devices/d/points/x/description": expect.stringContaining("null never arrives"),
    });
  });
});

test("a document that is deeper than the stack, or none at all, is assessed like any other faulty one", () => {
  let deep: Json = {};
  for (let level = 0; level < 100_000; level++) deep = { devices: deep };
  for (const document of [deep, null, 7, "text", []]) expect(assess(document).problems).not.toEqual([]);
});
