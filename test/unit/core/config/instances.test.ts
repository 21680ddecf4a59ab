import { applyDocument } from "../../../../src/core/config/apply";
import type { DeviceConfig } from "../../../../src/core/config/gatewayConfig";
import { expandInstances } from "../../../../src/core/config/instances";
import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";

const POINTS = { x: { table: "input", address: 0, type: "uint16" } };
const GATEWAY = { transport: "tcp", host: "10.20.0.{100+c}", for: { c: "01-03" } };
const RTU = { for: { c: "01-03", u: "1-2" }, connection: "gw{c}", unitId: "{u}", points: POINTS };

function site(devices: object = { "rtu{c}u{u}": RTU }, connections: object = { "gw{c}": GATEWAY }) {
  return { connections, devices };
}

function problemsOf(document: unknown): Readonly<Record<string, string>> {
  const { problems } = resolveDocument(document, builtInProfiles);
  return Object.fromEntries(problems.map(({ path, text }) => [path, text]));
}

function devicesOf(document: unknown): ReadonlyMap<string, DeviceConfig> {
  expect(problemsOf(document)).toEqual({});
  return applyDocument(undefined, document, builtInProfiles).config.devices;
}

describe("instances", () => {
  it("are made of devices and connections, in the order of the numbers, the last variable fastest", () => {
    const { connections, devices } = applyDocument(undefined, site(), builtInProfiles).config;
    expect([...connections.values()].map((one) => [one.name, "host" in one && one.host])).toEqual([
      ["gw01", "10.20.0.101"],
      ["gw02", "10.20.0.102"],
      ["gw03", "10.20.0.103"],
    ]);
    expect([...devices.values()].map((one) => [one.name, one.connection, one.unitId])).toEqual([
      ["rtu01u1", "gw01", 1],
      ["rtu01u2", "gw01", 2],
      ["rtu02u1", "gw02", 1],
      ["rtu02u2", "gw02", 2],
      ["rtu03u1", "gw03", 1],
      ["rtu03u2", "gw03", 2],
    ]);
  });

  it("share their points", () => {
    const [first, second] = [...devicesOf(site()).values()];
    expect(first?.points).toBe(second?.points);
  });

  it("compute numbers, where one is expected and in texts", () => {
    const points = { x: { ...POINTS.x, address: "{(c - 1) * 10 + 40001}", title: "{c}", description: "{2*c}/{c}" } };
    const [, second] = [
      ...devicesOf(site({ "rtu{c}": { ...RTU, for: { c: "01-02" }, unitId: "{c}", points } })).values(),
    ];
    expect(second?.points[0]).toMatchObject({ address: 40011, title: "02", description: "4/02" });
    expect(second?.unitId).toBe(2);
  });

  it("are changed, or left out, by what stands under their very name", () => {
    const devices = {
      "rtu{c}u{u}": RTU,
      rtu02u1: { unitId: 9, points: { y: { ...POINTS.x, address: 7 } } },
      rtu03u2: null,
    };
    const made = devicesOf(site(devices));
    expect([...made.keys()]).toEqual(["rtu01u1", "rtu01u2", "rtu02u1", "rtu02u2", "rtu03u1"]);
    expect(made.get("rtu02u1")).toMatchObject({ connection: "gw02", unitId: 9 });
    expect(made.get("rtu02u1")?.points.map(({ name }) => name)).toEqual(["x", "y"]);
  });

  it("are configured one by one: a change of one disturbs no other", () => {
    const before = applyDocument(undefined, site(), builtInProfiles);
    const after = applyDocument(before.config, site({ "rtu{c}u{u}": RTU, rtu02u1: { unitId: 9 } }), builtInProfiles);
    const same = [...after.config.devices].filter(([name, device]) => before.config.devices.get(name) === device);
    expect(same.map(([name]) => name)).toEqual(["rtu01u1", "rtu01u2", "rtu02u2", "rtu03u1", "rtu03u2"]);
  });

  it("leave braces of commands alone, unless they name a variable", () => {
    const commands = { setLevel: { steps: [{ write: { level: "{level}", bay: "{c}" } }] } };
    const { document } = expandInstances(site({ "rtu{c}": { ...RTU, for: { c: "3" }, unitId: 1, commands } }));
    expect((document as { devices: object }).devices).toMatchObject({
      rtu3: { commands: { setLevel: { steps: [{ write: { level: "{level}", bay: 3 } }] } } },
    });
  });

  it("leave a document without any as it is", () => {
    const document = { connections: {}, devices: { a: { note: "{x}" } } };
    expect(expandInstances(document).document).toBe(document);
  });
});

describe("problems of instances", () => {
  it("are shown once in the template, with the first instance and the number of the others", () => {
    const points = { x: { ...POINTS.x, type: "flaot32" } };
    expect(problemsOf(site({ "rtu{c}u{u}": { ...RTU, points } }))).toEqual({
      "/devices/rtu{c}u{u}/points/x/type":
        'rtu01u1: "flaot32" is not a type; did you mean "float32"? (and 5 more instances of it)',
    });
  });

  it("are shown under the very name where that says them", () => {
    const devices = { "rtu{c}u{u}": RTU, rtu02u1: { unitId: 256 }, rtu02u2: { connection: "gw9" } };
    expect(problemsOf(site(devices))).toEqual({
      "/devices/rtu02u1/unitId":
        "256 is out of range: a unit id is a whole number from 0 to 255 on tcp, 1 to 247 on serial",
      "/devices/rtu02u2/connection": expect.stringContaining('there is no connection "gw9"'),
    });
  });

  const device = (more: object, name = "rtu{c}u{u}") => site({ [name]: { ...RTU, ...more } });

  it.each<[string, object, string, string]>([
    [
      "no range",
      site({ "rtu{c}": { ...RTU, for: undefined } }),
      "/devices/rtu{c}/for",
      'nothing does not fit: ranges by name, such as { "c": "01-40" }',
    ],
    [
      "braces without for",
      site({ "rtu{c}": { connection: "gw01", unitId: 1, points: POINTS } }),
      "/devices/rtu{c}",
      'the name "rtu{c}" has braces: it needs "for", such as { "c": "01-40" }',
    ],
    [
      "for without braces",
      device({}, "rtu"),
      "/devices/rtu/for",
      '"for" makes many, and all would be called "rtu": put its variables into the name, as in "rtu{n}"',
    ],
    [
      "a range that falls",
      device({ for: { c: "1-2", u: "5-1" } }),
      "/devices/rtu{c}u{u}/for/u",
      '"5-1" is not a range: a text such as "1-8", or "01-40" for two digits, smaller number first',
    ],
    [
      "a variable that the name does not bear",
      device({}, "rtu{c}"),
      "/devices/rtu{c}/for/u",
      '{u} is not in the name "rtu{c}": instances would share a name',
    ],
    [
      "an unknown variable",
      device({ unitId: "{v}" }),
      "/devices/rtu{c}u{u}/unitId",
      '"{v}": there is no variable "v"; did you mean "c"?',
    ],
    [
      "what is no sum",
      device({ unitId: "{u+}" }),
      "/devices/rtu{c}u{u}/unitId",
      '"{u+}": {u+} is no sum that can be read',
    ],
    [
      "a brace alone",
      device({ connection: "gw{c" }),
      "/devices/rtu{c}u{u}/connection",
      '"gw{c": each { needs its }, and none stands in another',
    ],
    [
      "too many",
      device({ for: { c: "1-200", u: "1-51" } }),
      "/devices/rtu{c}u{u}/for",
      "it makes 10200 instances: at most 10000 are possible in one configuration",
    ],
    ["a template that is no object", site({ "rtu{c}": 5 }), "/devices/rtu{c}", "an object is expected"],
    [
      "a name that is none",
      device({}, "9rtu{c}u{u}"),
      "/devices/9rtu{c}u{u}",
      '9rtu01u1: "9rtu01u1" is not a name for a device: letters, digits and _, first a letter, last no _, at most 64 (and 5 more instances of it)',
    ],
    [
      "a point of a template",
      site({ a: { connection: "gw01", unitId: 1, points: { "x{n}": POINTS.x } } }),
      "/devices/a/points/x{n}",
      '"x{n}" is not a name: only devices and connections have instances',
    ],
  ])("%s", (_what, document, path, text) => {
    expect(problemsOf(document)).toEqual({ [path]: text });
  });

  it("a name made twice stays as it was", () => {
    const good = applyDocument(
      undefined,
      site({ "rtu{c}u{u}": RTU, "bay{c}": { ...RTU, for: { c: "1-2" }, unitId: 5, connection: "gw0{c}" } }),
      builtInProfiles,
    );
    const document = site({
      "rtu{c}u{u}": RTU,
      "rtu0{c}u{u}": { ...RTU, for: { c: "3-4", u: "1" }, connection: "gw01" },
    });
    const after = applyDocument(good.config, document, builtInProfiles);
    expect(after.problems.map(({ path, text }) => [path, text])).toContainEqual([
      "/devices/rtu0{c}u{u}",
      'it makes "rtu03u1", which "rtu{c}u{u}" makes already',
    ]);
    expect(after.config.devices.get("rtu03u1")).toBe(good.config.devices.get("rtu03u1"));
    expect(after.config.devices.has("rtu04u1")).toBe(true);
  });

  it("a template that can't be carried out leaves what it made before, and takes nothing else", () => {
    const good = applyDocument(undefined, site(), builtInProfiles);
    const broken = applyDocument(good.config, site({ "rtu{c}u{u}": { ...RTU, for: { c: "1-3" } } }), builtInProfiles);
    expect(broken.state).toBe("partial");
    expect([...broken.config.devices.values()]).toEqual([...good.config.devices.values()]);
    const gone = applyDocument(good.config, site({ "bay{c}": { ...RTU, for: "x" } }), builtInProfiles);
    expect(gone.config.devices.size).toBe(0);
  });

  it("devices on connections of a broken template stay on what they had", () => {
    const good = applyDocument(undefined, site(), builtInProfiles);
    const document = site({ "rtu{c}u{u}": RTU }, { "gw{c}": { ...GATEWAY, for: { c: "3-1" } } });
    const after = applyDocument(good.config, document, builtInProfiles);
    expect(after.problems.map(({ path }) => path)).toEqual(["/connections/gw{c}/for/c"]);
    expect(after.config.devices).toEqual(good.config.devices);
    expect(after.config.connections).toEqual(good.config.connections);
  });
});
