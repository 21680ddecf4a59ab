import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";
import type { Point } from "../../../../src/core/points/point";
import { scalingPoints } from "../../../../src/core/points/scaledBy";
import { decodePoint } from "../../../../src/core/points/transform";
import { valueToJsonText } from "../../../../src/core/points/valueText";

type Points = Readonly<Record<string, object>>;

const NUMBER = { table: "holding", address: 1, type: "uint16" };
const EXPONENT = { table: "holding", address: 9, type: "int16" };

function document(points: Points, device: object = {}, profile: object = {}) {
  return {
    connections: { plant: { transport: "tcp", host: "plc.local" } },
    profiles: { p: { points, ...profile } },
    devices: { meter: { connection: "plant", unitId: 1, profile: "p", ...device } },
  };
}

function resolved(points: Points, device: object = {}, profile: object = {}): Readonly<Record<string, Point>> {
  const { problems, devices } = resolveDocument(document(points, device, profile), builtInProfiles);
  expect(problems).toEqual([]);
  const meter = devices.get("meter");
  if (meter?.ok !== true) throw new TypeError("no device");
  return Object.fromEntries(meter.value.points.map((point) => [point.name, point]));
}

function problems(points: Points, device: object = {}, profile: object = {}): Record<string, string> {
  const found = resolveDocument(document(points, device, profile), builtInProfiles).problems;
  return Object.fromEntries(found.map(({ path, text }) => [path.replace("/profiles/p/", ""), text]));
}

describe("repeat", () => {
  it("makes points one behind the other", () => {
    const points = resolved({
      energy: { ...NUMBER, address: 100, type: "uint32", title: "Energy", repeat: { count: 3 } },
    });
    expect(Object.values(points).map(({ name, address, title }) => [name, address, title])).toEqual([
      ["energy01", 100, "Energy 1"],
      ["energy02", 102, "Energy 2"],
      ["energy03", 104, "Energy 3"],
    ]);
  });

  it("makes every bit of a word as often, with numbers wide enough", () => {
    const points = resolved({
      alarm: { ...NUMBER, bits: { 0: "hot", 3: "cold" }, repeat: { count: 120, stride: 10 } },
    });
    expect(Object.keys(points)).toHaveLength(240);
    expect(points["hot001"]).toMatchObject({ address: 1, bit: 0 });
    expect(points["cold120"]).toMatchObject({ address: 1191, bit: 3 });
  });

  it("goes with a scale that stands once, or as often", () => {
    const points = resolved({
      volt: { ...NUMBER, address: 100, scalePoint: "sf", repeat: { count: 2, stride: 20 } },
      amp: { ...NUMBER, address: 101, scalePoint: "own", repeat: { count: 2, stride: 20 } },
      own: { ...EXPONENT, address: 102, repeat: { count: 2, stride: 20 } },
      sf: EXPONENT,
    });
    const scale = (name: string) => points[name]?.scaledBy?.map(({ as, point }) => [as, point.name, point.address]);
    expect(scale("volt02")).toEqual([["power", "sf", 9]]);
    expect(scale("amp01")).toEqual([["power", "own01", 102]]);
    expect(scale("amp02")).toEqual([["power", "own02", 122]]);
    // One copy serves all that are scaled by it.
    expect(points["volt01"]?.scaledBy?.[0]?.point).toBe(points["volt02"]?.scaledBy?.[0]?.point);
  });

  it.each<[string, Points, object, string, string]>([
    [
      "beyond the table",
      { a: { ...NUMBER, address: 65_530, repeat: { count: 7 } } },
      {},
      "points/a/repeat",
      "the last of 7 would end at 65536: addresses go to 65535",
    ],
    [
      "over neverRead",
      { a: { ...NUMBER, repeat: { count: 7 } } },
      { neverRead: [[5, 5]] },
      "points/a/repeat",
      "a05 at holding 5 (400006) may not be read: neverRead names it",
    ],
    [
      "without a count",
      { a: { ...NUMBER, repeat: { stride: 7 } } },
      {},
      "points/a/repeat/count",
      '"count" is missing: a count is a whole number from 1 to 999',
    ],
    [
      "of a name that another point has",
      { a: { ...NUMBER, repeat: { count: 2 } }, a02: NUMBER },
      {},
      "points/a02",
      'another point is called "a02" already: call this one otherwise',
    ],
  ])("is refused %s", (_what, points, profile, path, text) => {
    expect(problems(points, {}, profile)).toEqual({ [path]: text });
  });
});

describe("range", () => {
  const shown = (range: object, raw: number, more: object = {}): string => {
    const point = resolved({ level: { ...NUMBER, type: "int16", range, ...more } })["level"];
    const reading = point === undefined ? undefined : decodePoint(point, Uint16Array.of(raw & 0xffff), 0);
    return reading !== undefined && "value" in reading ? valueToJsonText(reading.value) : "bad";
  };

  it.each<[number, string]>([
    [0, "0"],
    [27_648, "100"],
    [13_824, "50"],
    [1, "0.003616898"],
    [-27_648, "-100"],
    [32_511, "117.588975694"],
  ])("Siemens analog value %d of 27648 for 100 %%", (raw, text) => {
    expect(shown({ raw: [0, 27_648], value: [0, 100] }, raw)).toBe(text);
  });

  it("goes down, begins anywhere, and rounds once", () => {
    expect(shown({ raw: [800, 4000], value: [-40, 85] }, 2400)).toBe("22.5");
    expect(shown({ raw: [0, 3], value: [1, 0] }, 1)).toBe("0.666666667");
    expect(shown({ raw: [0, 3], value: [0, 1] }, 2, { decimals: 2 })).toBe("0.67");
    expect(shown({ raw: ["0.5", "2.5"], value: ["1e-3", "3e-3"] }, 2)).toBe("0.0025");
  });

  it("is a plain scale where the ratio has an end of digits", () => {
    const { level } = resolved({ level: { ...NUMBER, range: { raw: [0, 1000], value: [0, 50] } } });
    expect(level).toMatchObject({ scale: { coefficient: 5n, scale: 2 } });
    expect(level).not.toHaveProperty("divisor");
    expect(level).not.toHaveProperty("offset");
  });

  it("gives way to a scale nearer to the point, and takes the place of a default one", () => {
    const range = { raw: [0, 10], value: [0, 1] };
    const defaults = (keys: object) => ({ defaults: keys });
    expect(resolved({ a: { ...NUMBER, scale: 3 } }, {}, defaults({ range }))["a"]?.scale).toEqual({
      coefficient: 3n,
      scale: 0,
    });
    expect(resolved({ a: { ...NUMBER, range } }, {}, defaults({ scale: 3 }))["a"]?.scale).toEqual({
      coefficient: 1n,
      scale: 1,
    });
  });

  it.each<[string, object, string, string]>([
    [
      "of one raw value",
      { range: { raw: [5, 5], value: [0, 1] } },
      "points/a/range/raw",
      "both raw values are the same: nothing lies between them",
    ],
    [
      "of one value",
      { range: { raw: [0, 5], value: [1, 1] } },
      "points/a/range/value",
      "both values are the same: every value would be it",
    ],
    [
      "beside a scale",
      { range: { raw: [0, 5], value: [0, 1] }, scale: 2 },
      "points/a/scale",
      'either "range" or "scale"',
    ],
    [
      "of a text",
      { type: "string", length: 2, range: { raw: [0, 5], value: [0, 1] } },
      "points/a/range",
      'only a number has "range", and this value is a text',
    ],
    [
      "of three numbers",
      { range: { raw: [0, 5, 6], value: [0, 1] } },
      "points/a/range/raw",
      "a list does not fit: two raw values, such as [0, 27648]",
    ],
  ])("is refused %s", (_what, keys, path, text) => {
    expect(problems({ a: { ...NUMBER, ...keys } })).toEqual({ [path]: text });
  });
});

describe("scaleBy and scalePoint", () => {
  it("parameters are multiplied into the scale, the device's in place of the profile's", () => {
    const points = { a: { ...NUMBER, scale: 0.1, scaleBy: ["ct", "vt"] } };
    const profile = { parameters: { ct: 5, vt: "1.5" } };
    expect(resolved(points, {}, profile)["a"]?.scale).toEqual({ coefficient: 75n, scale: 2 });
    expect(resolved(points, { parameters: { ct: 400 } }, profile)["a"]?.scale).toEqual({ coefficient: 60n, scale: 0 });
  });

  it("points are read for it, also where the device does not use them, and nothing of their own meaning counts for a power", () => {
    const points = {
      a: { ...NUMBER, scaleBy: ["ratio"], scalePoint: "sf" },
      ratio: { ...NUMBER, address: 5, scale: 0.5, scalePoint: "sf", min: 1 },
      sf: { ...EXPONENT, scale: 7, notAvailable: "auto" },
    };
    const { a } = resolved(points, { use: ["a"] });
    expect(
      scalingPoints(a === undefined ? [] : [a]).map(({ name, kind, scale, min }) => [
        name,
        kind,
        scale?.scale,
        min?.scale,
      ]),
    ).toEqual([
      ["ratio", "none", 1, 0],
      ["sf", "none", undefined, undefined],
    ]);
  });

  it("a scale that is a default of all points does not scale itself", () => {
    const { a, sf } = resolved({ a: NUMBER, sf: EXPONENT }, {}, { defaults: { scalePoint: "sf" } });
    expect(a?.scaledBy).toHaveLength(1);
    expect(sf?.scaledBy).toBeUndefined();
  });

  it.each<[string, Points, string, string]>([
    [
      "nobody",
      { a: { ...NUMBER, scalePoint: "sff" }, sf: EXPONENT },
      "points/a/scalePoint",
      'there is no enabled point "sff"; did you mean "sf"?',
    ],
    [
      "nobody else",
      { a: { ...NUMBER, scaleBy: ["x"] } },
      "points/a/scaleBy/0",
      'there is no parameter and no enabled point "x"',
    ],
    [
      "a point that is off",
      { a: { ...NUMBER, scalePoint: "sf" }, sf: { ...EXPONENT, enabled: false } },
      "points/a/scalePoint",
      'there is no enabled point "sf"',
    ],
    ["itself", { a: { ...EXPONENT, scalePoint: "a" } }, "points/a/scalePoint", "a loop: a is scaled by a"],
    [
      "in a circle",
      { a: { ...NUMBER, scaleBy: ["b"] }, b: { ...NUMBER, scaleBy: ["c"] }, c: { ...NUMBER, scaleBy: ["a"] } },
      "points/c/scaleBy/0",
      "a loop: a is scaled by b is scaled by c is scaled by a",
    ],
    [
      "another type",
      { a: { ...NUMBER, scalePoint: "sf" }, sf: { ...EXPONENT, type: "uint16" } },
      "points/a/scalePoint",
      '"sf" is no whole int16, which a power of ten is',
    ],
    [
      "a part of a word",
      { a: { ...NUMBER, scalePoint: "sf" }, sf: { ...EXPONENT, mask: 15 } },
      "points/a/scalePoint",
      '"sf" is no whole int16, which a power of ten is',
    ],
    [
      "a text",
      { a: { ...NUMBER, scaleBy: ["t"] }, t: { ...NUMBER, enum: { 1: "x" } } },
      "points/a/scaleBy/0",
      '"t" is no number',
    ],
    [
      "what is never read",
      { a: { ...NUMBER, scaleBy: ["w"] }, w: { ...NUMBER, access: "write" } },
      "points/a/scaleBy/0",
      'the point "w" is never read ("access": "write")',
    ],
    [
      "as a text",
      { a: { ...NUMBER, type: "unix32", scalePoint: "sf" }, sf: EXPONENT },
      "points/a/scalePoint",
      'only a number has "scalePoint", and this value is a date',
    ],
  ])("by %s is refused", (_what, points, path, text) => {
    expect(problems(points)).toEqual({ [path]: text });
  });

  it("a parameter of 0, and a name that is a parameter and a point, are refused", () => {
    const points = { a: { ...NUMBER, scaleBy: ["x"] } };
    expect(problems(points, {}, { parameters: { x: 0 } })).toEqual({
      "points/a/scaleBy/0": 'the parameter "x" is 0: every value would be the same',
    });
    expect(problems({ ...points, x: NUMBER }, {}, { parameters: { x: 2 } })).toEqual({
      "points/a/scaleBy/0": '"x" is a parameter and a point: call one of them otherwise',
    });
  });
});
