import type { DeviceConfig } from "../../../../src/core/config/gatewayConfig";
import { outputOf } from "../../../../src/core/config/outputs";
import { resolveDocument } from "../../../../src/core/config/resolve";
import type { Point } from "../../../../src/core/points/point";

type Keys = Readonly<Record<string, unknown>>;

/** One device with the points x (uint16), b (coil), e (enum) and t (text). */
function resolve(device: Keys = {}, root: Keys = {}, x: Keys = {}) {
  const points = {
    x: { table: "holding", address: 0, type: "uint16", ...x },
    b: { table: "coil", address: 0 },
    e: { table: "holding", address: 1, type: "uint16", enum: { "0": "off" } },
    t: { table: "holding", address: 2, type: "string", length: 2 },
  };
  return resolveDocument(
    {
      connections: { plant: { transport: "tcp", host: "h" } },
      devices: { a: { connection: "plant", unitId: 1, points, ...device } },
      ...root,
    },
    () => undefined,
  );
}

function problems(...args: Parameters<typeof resolve>): Record<string, string> {
  return Object.fromEntries(resolve(...args).problems.map(({ path, text }) => [path, text]));
}

function deviceOf(...args: Parameters<typeof resolve>): DeviceConfig {
  const resolved = resolve(...args);
  expect(resolved.problems).toEqual([]);
  const device = resolved.devices.get("a");
  if (device?.ok !== true) throw new TypeError("the device is not good");
  return device.value;
}

const reportOf = (name: string, ...args: Parameters<typeof resolve>): Point["report"] =>
  deviceOf(...args).points.find((point) => point.name === name)?.report;

describe("report", () => {
  test("booleans and enums by change, numbers and texts always", () => {
    expect(reportOf("x")).toBeUndefined();
    expect(reportOf("t")).toBeUndefined();
    expect(reportOf("b")).toEqual({ atLeastMs: 900_000 });
    expect(reportOf("e")).toEqual({ atLeastMs: 900_000 });
  });

  test("as the point says", () => {
    expect(reportOf("x", {}, {}, { report: "change", reportAtLeastMs: 60_000 })).toEqual({ atLeastMs: 60_000 });
    expect(reportOf("x", {}, {}, { bits: { "0": "b0" }, report: "always" })).toBeUndefined();
    expect(reportOf("b0", {}, {}, { bits: { "0": "b0" }, report: "always" })).toBeUndefined();
    expect(reportOf("b0", {}, {}, { bits: { "0": "b0" } })).toEqual({ atLeastMs: 900_000 });
  });

  test("a deadband means by change", () => {
    const width = { coefficient: 5n, scale: 1 };
    expect(reportOf("x", {}, {}, { deadband: 0.5 })).toEqual({ deadband: { by: "unit", width }, atLeastMs: 900_000 });
    expect(reportOf("x", {}, {}, { deadband: "0.5%" })?.deadband).toEqual({ by: "percent", width });
    expect(reportOf("x", {}, {}, { deadband: "0.5" })?.deadband).toEqual({ by: "unit", width });
  });

  test.each([
    [{ type: "string", length: 2, deadband: 1 }, "deadband", 'only a number has "deadband", and this value is a text'],
    [{ bit: 3, deadband: 1 }, "deadband", 'only a number has "deadband", and this value is a boolean'],
    [{ deadband: -1 }, "deadband", "a deadband is not negative: it is the width of what is not worth sending"],
    [
      { deadband: "2 percent" },
      "deadband",
      '"2 percent" is not a deadband: a number in the unit of the point, or a share of the value last sent such as "2%"',
    ],
    [{ report: "always", deadband: 1 }, "deadband", '"report": "always" sends every value: leave one of the two out'],
    [{ reportAtLeastMs: 5000 }, "reportAtLeastMs", 'it is for points with "report": "change"'],
    [
      { kind: "property", deadband: 1 },
      "deadband",
      'only telemetry is sent in messages, and this point is "kind": "property"',
    ],
  ])("%j is refused", (x, key, text) => {
    expect(problems({}, {}, x)).toEqual({ [`/devices/a/points/x/${key}`]: text });
  });

  test("defaults pass over points that they do not suit", () => {
    const profiles = {
      p: { defaults: { deadband: 1, table: "holding" }, points: { n: { address: 9, type: "uint16" } } },
    };
    const device = { profile: "p", points: { b: { table: "coil", address: 0 } } };
    expect(reportOf("n", device, { profiles })?.deadband).toBeDefined();
    expect(reportOf("b", device, { profiles })?.deadband).toBeUndefined();
  });
});

describe("groups", () => {
  test("publish less often than they poll, to an output", () => {
    const groups = { default: { publishMs: 60_000, aggregate: "mean", output: "archive" } };
    const group = deviceOf({ groups }, { outputs: { archive: { format: "records" } } }).groups.get("default");
    expect(group).toMatchObject({ publish: { everyMs: 60_000, aggregate: "mean" }, output: "archive" });
    const last = deviceOf({ groups: { default: { publishMs: 60_000, output: "telemetry" } } }).groups.get("default");
    expect(last).toEqual({
      name: "default",
      intervalMs: 10_000,
      priority: "normal",
      publish: { everyMs: 60_000, aggregate: "last" },
    });
  });

  test.each([
    [
      { publishMs: 5000 },
      "publishMs",
      "5000 ms is less than the interval of 10000 ms: nothing can be published more often than it is read",
    ],
    [{ aggregate: "mean" }, "aggregate", '"aggregate" says what is made of the values of a "publishMs": give both'],
    [{ output: "archiv" }, "output", 'there is no output "archiv"; did you mean "archive"?'],
    [
      { intervalMs: "connect", publishMs: 5000 },
      "publishMs",
      '"connect" has no interval: leave "publishMs" out, or give milliseconds',
    ],
  ])("%j is refused", (group, key, text) => {
    const root = { outputs: { archive: {} } };
    expect(problems({ groups: { default: group } }, root)).toEqual({ [`/devices/a/groups/default/${key}`]: text });
  });

  test("an output that is not there is shown where it is named", () => {
    const group = { default: { output: "nowhere" } };
    expect(Object.keys(problems({}, { groups: group }))).toEqual(["/groups/default/output"]);
    const profiles = { p: { groups: group, points: { n: { table: "holding", address: 9, type: "uint16" } } } };
    expect(Object.keys(problems({ profile: "p" }, { profiles }))).toEqual(["/profiles/p/groups/default/output"]);
  });
});

describe("outputs", () => {
  test("have their defaults; telemetry exists by itself", () => {
    const { outputs } = resolve({}, { outputs: { archive: { format: "records", maxDelayMs: 1000 }, gone: null } });
    expect(outputOf(outputs, "archive")).toEqual({
      name: "archive",
      format: "records",
      maxBytes: 245_760,
      maxDelayMs: 1000,
      maxSkewMs: 1000,
      bigIntegers: "number",
    });
    expect(outputOf(outputs)?.format).toBe("pnp");
    expect(outputOf(outputs, "gone")).toBeUndefined();
    expect(outputOf(resolve({}, { outputs: { telemetry: { format: "records" } } }).outputs)?.format).toBe("records");
  });

  test.each([
    [{ events: {} }, "/outputs/events", `"events" is the output of the module's own events`],
    [{ a: { format: "record" } }, "/outputs/a/format", '"record" is not a format; did you mean "records"?'],
    [
      { a: { maxBytes: 300_000 } },
      "/outputs/a/maxBytes",
      "300000 is out of range: maxBytes is a whole number from 1024 to 245760",
    ],
  ])("%j is refused", (outputs, path, text) => {
    expect(problems({}, { outputs })).toEqual({ [path]: text });
  });
});

describe("a device", () => {
  test("has tags and no identity where its values are not in pnp messages", () => {
    const root = { outputs: { telemetry: { format: "records" } } };
    expect(deviceOf({ identity: "none", tags: { site: "north" } }, root)).toMatchObject({
      identity: "none",
      tags: { site: "north" },
    });
    expect(deviceOf({ identity: "component" }).identity).toBeUndefined();
  });

  test("without identity in pnp messages is refused", () => {
    expect(problems({ identity: "none" })["/devices/a/identity"]).toContain(
      'its group "default" goes to the output "telemetry"',
    );
    expect(problems({ identity: "device" })["/devices/a/identity"]).toContain("not supported yet");
  });

  test.each(["$.sub", "iothub-creation-time-utc", "content-type"])("has no tag %s", (name) => {
    expect(problems({ tags: { [name]: "x" } })).toEqual({
      [`/devices/a/tags/${name}`]: `"${name}" is a property that messages have already: choose another name`,
    });
  });

  test("has no more tags than a message can carry", () => {
    const tags = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, "ü".repeat(1024)]));
    expect(problems({ tags: tags(2) })).toEqual({});
    expect(problems({ tags: tags(3) })).toEqual({
      "/devices/a/tags":
        "the tags take 18444 bytes in every message of the device, percent-encoded; at most 16384: leave some out or shorten them",
    });
    expect(problems({ tags: { site: "\ud83d" } })).toEqual({
      "/devices/a/tags/site": expect.stringContaining("has half of a character: messages can't carry it"),
    });
  });
});
