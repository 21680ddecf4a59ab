import type { Group } from "../../../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";

const PLANT = { plant: { transport: "tcp", host: "plc.local" } };
const POINT = { table: "holding", address: 0, type: "uint16", group: "fast" };

interface Parts {
  readonly root?: object;
  readonly profile?: object;
  readonly device?: object;
  readonly points?: object;
  readonly keys?: object;
}

function resolve({ root, profile, device, points = { x: POINT }, keys = {} }: Parts) {
  return resolveDocument(
    {
      connections: PLANT,
      ...(root && { groups: root }),
      profiles: { p: { points, ...(profile && { groups: profile }) } },
      devices: { d: { connection: "plant", unitId: 1, profile: "p", ...(device && { groups: device }), ...keys } },
    },
    builtInProfiles,
  );
}

function groupOf(parts: Parts, name = "fast"): Group | undefined {
  const { devices, problems } = resolve(parts);
  expect(problems).toEqual([]);
  const device = devices.get("d");
  return device?.ok === true ? device.value.groups.get(name) : undefined;
}

function problemsOf(parts: Parts) {
  return resolve(parts).problems;
}

describe("groups", () => {
  it("come from root, profile and device, the nearest wins key by key", () => {
    const root = { fast: { intervalMs: 1000, priority: "high" } };
    expect(groupOf({ root })).toEqual({ name: "fast", intervalMs: 1000, priority: "high" });
    expect(groupOf({ root, profile: { fast: { intervalMs: 500 } } })).toEqual({
      name: "fast",
      intervalMs: 500,
      priority: "high",
    });
    const device = { fast: { priority: "low" } };
    expect(groupOf({ root, profile: { fast: { intervalMs: 500 } }, device })).toEqual({
      name: "fast",
      intervalMs: 500,
      priority: "low",
    });
  });

  it("of the root change `default` for every device", () => {
    const points = { x: { ...POINT, group: "default" } };
    expect(groupOf({ root: { default: { intervalMs: 2000 } }, points }, "default")?.intervalMs).toBe(2000);
  });

  it("are due at a connect, or on demand, or on the grid of UTC", () => {
    expect(groupOf({ root: { fast: { intervalMs: "connect" } } })).toEqual({
      name: "fast",
      intervalMs: Number.POSITIVE_INFINITY,
      poll: "connect",
      priority: "normal",
    });
    expect(groupOf({ root: { fast: { intervalMs: "onDemand" } } })?.poll).toBe("onDemand");
    expect(groupOf({ root: { fast: { intervalMs: 900_000, align: true } } })?.align).toBe(true);
    expect(groupOf({ root: { fast: { intervalMs: 900_000, align: false } } })).not.toHaveProperty("align");
  });

  it("of an interval and of the same interval in words have different fingerprints", () => {
    const marks = ["connect", "onDemand", 1000].map((intervalMs) => {
      const device = resolve({ root: { fast: { intervalMs } } }).devices.get("d");
      return device?.ok === true ? device.value.fingerprint : "";
    });
    expect(new Set(marks).size).toBe(3);
  });

  it("without an interval are a problem where the nearest definition stands", () => {
    const problem = { text: '"intervalMs" is missing: an interval is 10 to 86400000 ms, "connect" or "onDemand"' };
    expect(problemsOf({ root: { fast: { priority: "low" } } })).toEqual([
      { path: "/groups/fast/intervalMs", ...problem },
    ]);
  });

  it("that a schema refuses at the root change nothing", () => {
    const { root } = resolve({ root: { fast: { intervalMs: 3 } } });
    expect(root.map(({ path }) => path)).toEqual(["/groups/fast/intervalMs"]);
  });
});

describe("a consistent group", () => {
  const root = { fast: { intervalMs: 1000, consistent: true } };
  const text = (parts: Parts): string | undefined => problemsOf({ root, ...parts })[0]?.text;

  it("is one whose points one request can carry", () => {
    const points = { a: POINT, b: { ...POINT, address: 10, type: "uint32" } };
    expect(groupOf({ root, points })?.consistent).toBe(true);
    const written = { a: POINT, c: { table: "coil", address: 1, access: "write", group: "fast" } };
    expect(groupOf({ root, points: written })?.consistent).toBe(true);
  });

  it.each<[string, Parts, string]>([
    [
      "two tables",
      { points: { a: POINT, b: { ...POINT, table: "input" } } },
      'one request can\'t carry the group: "a" is in the table holding, "b" in input',
    ],
    [
      "more registers than a request has",
      { points: { a: POINT, b: { ...POINT, address: 125 } }, keys: { maxGap: 200 } },
      "one request can't carry the group: it spans 126 holding addresses, and the device bears 125 (maxReadRegisters)",
    ],
    [
      "a gap",
      { points: { a: POINT, b: { ...POINT, address: 20 } } },
      'one request can\'t carry the group: 19 addresses before "b" (holding 20 (400021)) belong to no point of it, and "maxGap" is 16',
    ],
    [
      "a forbidden address",
      { points: { a: POINT, b: { ...POINT, address: 3 } }, keys: { neverRead: [[1, 1]] } },
      "one request can't carry the group: neverRead names 1 to 1 (0-based) between its points",
    ],
    [
      "single reads",
      { points: { a: POINT, b: { ...POINT, address: 3 } }, keys: { singlePointReads: true } },
      'one request can\'t carry the group: "singlePointReads" asks for one request a point',
    ],
  ])("is refused for %s", (_what, parts, expected) => {
    expect(text(parts)).toBe(expected);
    expect(problemsOf({ root, ...parts })[0]?.path).toBe("/groups/fast/consistent");
  });
});
