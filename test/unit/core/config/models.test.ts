import type { DeviceConfig } from "../../../../src/core/config/gatewayConfig";
import { builtInProfiles, profileLookup } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";
import type { Point } from "../../../../src/core/points/point";
import { ok } from "../../../../src/kernel/result";

const POINTS = {
  a: { table: "holding", address: 0, type: "uint16", scale: 0.1 },
  b: { table: "holding", address: 10, type: "uint32", group: "slow" },
};
const BASE = { title: "base", maxReadRegisters: 50, groups: { slow: { intervalMs: 60_000 } }, points: POINTS };

interface Parts {
  readonly profiles?: object;
  readonly device?: object;
  readonly connection?: object;
  readonly folder?: Readonly<Record<string, object>>;
}

function resolve({ profiles = {}, device = {}, connection = {}, folder = {} }: Parts) {
  const texts = Object.entries(folder).map(([name, profile]) => [name, ok(JSON.stringify(profile))] as const);
  return resolveDocument(
    {
      connections: { plant: { transport: "tcp", host: "plc.local", ...connection } },
      profiles,
      devices: { d: { connection: "plant", unitId: 1, ...device } },
    },
    Object.keys(folder).length > 0 ? profileLookup(new Map(texts)) : builtInProfiles,
  );
}

function deviceOf(parts: Parts): DeviceConfig {
  const { devices, problems } = resolve(parts);
  expect(problems).toEqual([]);
  const device = devices.get("d");
  if (device?.ok !== true) throw new TypeError("no device");
  return device.value;
}

const names = (device: DeviceConfig): string[] => device.points.map(({ name }) => name);
const pointOf = (device: DeviceConfig, name: string): Point | undefined =>
  device.points.find((point) => point.name === name);

describe("extends", () => {
  const device = { profile: "child" };

  it("merges by name and key by key, null takes away", () => {
    const child = {
      extends: "base",
      maxReadRegisters: 20,
      groups: { slow: { priority: "low" } },
      points: { a: { scale: null, unit: "V" }, b: null, c: { table: "coil", address: 3 } },
    };
    const made = deviceOf({ profiles: { base: BASE, child }, device });
    expect(names(made)).toEqual(["a", "c"]);
    expect(pointOf(made, "a")).toMatchObject({ address: 0, unit: "V" });
    expect(pointOf(made, "a")).not.toHaveProperty("scale");
    expect(made.limits.maxReadRegisters).toBe(20);
    expect(made.profile).toBe("child");
  });

  it("finds the base wherever profiles are, under the own name the one that is hidden", () => {
    const child = { extends: "eastron-sdm630", points: { mine: POINTS.a } };
    expect(names(deviceOf({ profiles: { child }, device })).length).toBeGreaterThan(10);
    const hiding = { "eastron-sdm630": { extends: "eastron-sdm630", points: { mine: POINTS.a } } };
    const made = deviceOf({ profiles: hiding, device: { profile: "eastron-sdm630" } });
    expect(names(made)).toContain("mine");
    expect(names(made).length).toBeGreaterThan(10);
    const inFolder = { base: BASE, child: { extends: "base", points: { c: POINTS.a } } };
    expect(names(deviceOf({ folder: inFolder, device }))).toEqual(["a", "b", "c"]);
  });

  it("lets a reference bring its own table", () => {
    const child = { extends: "base", points: { a: { address: "30005" } } };
    expect(pointOf(deviceOf({ profiles: { base: BASE, child }, device }), "a")).toMatchObject({
      table: "input",
      address: 4,
    });
  });

  it.each<[string, Parts, string, string]>([
    [
      "two levels",
      { profiles: { base: BASE, middle: { extends: "base" }, child: { extends: "middle" } } },
      "/profiles/child/extends",
      '"middle" extends "base" itself: one level is possible, so extend that one',
    ],
    [
      "a base that is not there",
      { profiles: { base: BASE, child: { extends: "bass" } } },
      "/profiles/child/extends",
      'there is no profile "bass"; did you mean "base"?',
    ],
    [
      "itself, with none hidden",
      { profiles: { child: { extends: "child", points: POINTS } } },
      "/profiles/child/extends",
      'there is no profile "child": neither in the document, nor in the profile folder, nor built in',
    ],
    [
      "a fault of the change",
      { profiles: { base: BASE, child: { extends: "base", points: { a: { order: "ABCD" } } } } },
      "/profiles/child/points/a/order",
      '"ABCD" has 4 letters, but uint16 has 2 bytes: use AB or BA',
    ],
    [
      "what the change took away",
      { profiles: { base: BASE, child: { extends: "base", points: { a: { type: null } } } } },
      "/profiles/child/points/a/type",
      '"type" is missing: how the registers are read, such as uint16 or float32',
    ],
    [
      "a base outside with a fault",
      { folder: { base: { ...BASE, colour: 1 }, child: { extends: "base" } } },
      "/devices/d/profile",
      '"child" at /extends: "base" at /colour',
    ],
  ])("refuses %s", (_what, parts, path, text) => {
    const { problems } = resolve({ device, ...parts });
    expect(problems.map((problem) => problem.path)).toContain(path);
    expect(problems.find((problem) => problem.path === path)?.text).toContain(text);
  });
});

describe("a device of a profile", () => {
  const profiles = { p: { ...BASE, parameters: { ratio: 1 }, defaults: { description: "profile" } } };
  const device = (more: object): Parts => ({ profiles, device: { profile: "p", ...more } });

  it("has defaults of its own before those of the profile", () => {
    const made = deviceOf(device({ defaults: { description: "device", length: 3 } }));
    expect(pointOf(made, "b")?.description).toBe("device");
    const table = { defaults: { table: "input" }, points: { c: { address: 7, type: "int16" } } };
    expect(pointOf(deviceOf(device(table)), "c")).toMatchObject({ table: "input", description: "profile" });
  });

  it("uses only the points that it names", () => {
    expect(names(deviceOf(device({ use: ["b"] })))).toEqual(["b"]);
    expect([...deviceOf(device({ use: ["b"] })).groups.keys()]).toEqual(["slow"]);
    const bits = { w: { table: "holding", address: 1, type: "uint16", bits: { "0": "x", "1": "y" } } };
    const made = (use: readonly string[]): string[] => names(deviceOf({ device: { points: bits, use } }));
    expect(made(["w"])).toEqual(["x", "y"]);
    expect(made(["y"])).toEqual(["y"]);
    const { problems } = resolve(device({ use: ["a", "bb"] }));
    expect(problems).toEqual([{ path: "/devices/d/use/1", text: 'the device has no point "bb"; did you mean "b"?' }]);
  });

  it("moves every address by addressOffset", () => {
    const made = deviceOf(
      device({ addressOffset: 1000, neverRead: [[5, 6]], points: { c: { address: "40010", type: "int16" } } }),
    );
    expect(made.points.map(({ address }) => address)).toEqual([1000, 1010, 1009]);
    expect(made.limits.neverRead).toEqual([[1005, 1006]]);
    const { problems } = resolve(device({ addressOffset: -5, use: ["b"] }));
    expect(problems).toEqual([
      {
        path: "/profiles/p/points/a/address",
        text: 'holding 0 (400001) with "addressOffset": -5 is out of range: addresses go from 0 to 65535',
      },
    ]);
  });

  it("knows only the parameters of its profile", () => {
    expect(resolve(device({ parameters: { ratio: 40 } })).problems).toEqual([]);
    expect(resolve(device({ parameters: { ration: 40 } })).problems).toEqual([
      { path: "/devices/d/parameters/ration", text: 'the profile has no parameter "ration"; did you mean "ratio"?' },
    ]);
    expect(resolve({ device: { points: POINTS.a && { a: POINTS.a }, parameters: { own: "0.5" } } }).problems).toEqual(
      [],
    );
  });

  it("has the quirks of its link, the device's before the profile's", () => {
    const quirks = { p: { ...BASE, connectDelayMs: 500, lenientUnitId: true } };
    expect(deviceOf({ profiles: quirks, device: { profile: "p" } })).toMatchObject({
      connectDelayMs: 500,
      lenientUnitId: true,
    });
    const made = deviceOf({ profiles: quirks, device: { profile: "p", connectDelayMs: 0, lenientUnitId: false } });
    expect(made).not.toHaveProperty("connectDelayMs");
    expect(made).not.toHaveProperty("lenientUnitId");
  });

  it("can't be lenient where frames bear no transaction id; a profile for both kinds of line can say it", () => {
    const rtu = { connection: { framing: "rtu" } };
    expect(resolve({ ...device({ lenientUnitId: true }), ...rtu }).problems).toEqual([
      { path: "/devices/d/lenientUnitId", text: "rtu frames say by the unit id alone whose answer it is" },
    ]);
    const quirks = { p: { ...BASE, lenientUnitId: true } };
    expect(resolve({ profiles: quirks, device: { profile: "p" }, ...rtu }).problems).toEqual([]);
  });
});
