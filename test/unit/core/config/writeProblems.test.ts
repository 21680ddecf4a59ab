import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";
import type { WriteRule } from "../../../../src/core/points/point";

const rw = { access: "readWrite" } as const;

function resolve(points: object, profile?: object) {
  return resolveDocument(
    {
      connections: { plant: { transport: "tcp", host: "plc.local" } },
      ...(profile === undefined ? {} : { profiles: { p: profile } }),
      devices: {
        boiler: { connection: "plant", unitId: 1, points, ...(profile === undefined ? {} : { profile: "p" }) },
      },
    },
    builtInProfiles,
  );
}

function problems(points: object, profile?: object): Record<string, string> {
  return Object.fromEntries(resolve(points, profile).problems.map(({ path, text }) => [path, text]));
}

/** The rules by which the points are written. */
function rules(points: object, profile?: object): Record<string, WriteRule | undefined> {
  const { devices, problems: wrong } = resolve(points, profile);
  expect(wrong).toEqual([]);
  const device = devices.get("boiler");
  return Object.fromEntries(device?.ok ? device.value.points.map(({ name, write }) => [name, write]) : []);
}

function holding(more: object): object {
  return { table: "holding", address: 1, type: "uint16", ...more };
}

const X = "/devices/boiler/points/x";

describe("a repeated point", () => {
  const witnesses = (points: object, profile?: object) =>
    Object.fromEntries(Object.entries(rules(points, profile)).map(([name, rule]) => [name, rule?.verifyPoint]));

  it("is verified by the point of its own number", () => {
    const x = holding({ ...rw, verifyPoint: "y", repeat: { count: 3, stride: 10 } });
    const y = holding({ address: 2, repeat: { count: 3, stride: 10 } });
    expect(witnesses({ x, y })).toMatchObject({ x01: "y01", x02: "y02", x03: "y03", y01: undefined });
  });

  it("also where the numbers have more digits, or the other is a bit of a repeated word", () => {
    const many = holding({ ...rw, verifyPoint: "y", repeat: { count: 100 } });
    const y = holding({ address: 200, repeat: { count: 120 } });
    expect(witnesses({ x: many, y })).toMatchObject({ x001: "y001", x100: "y100" });
    const some = holding({ ...rw, verifyPoint: "y", repeat: { count: 9 } });
    expect(witnesses({ x: some, y })).toMatchObject({ x01: "y001", x09: "y009" });
    const on = holding({ ...rw, bit: 0, verifyPoint: "runs", repeat: { count: 2 } });
    const word = holding({ address: 50, bits: { 3: "runs", 4: "fails" }, repeat: { count: 2 } });
    expect(witnesses({ on, word })).toMatchObject({ on01: "runs01", on02: "runs02" });
  });

  it("brings its witness along where a device uses it alone", () => {
    const profile = {
      points: {
        x: holding({ ...rw, verifyPoint: "y", repeat: { count: 2 } }),
        y: holding({ address: 9, repeat: { count: 2 } }),
      },
    };
    const document = {
      connections: { plant: { transport: "tcp", host: "plc.local" } },
      profiles: { p: profile },
      devices: { boiler: { connection: "plant", unitId: 1, profile: "p", use: ["x02"] } },
    };
    const device = resolveDocument(document, builtInProfiles).devices.get("boiler");
    const points = device?.ok ? device.value.points : [];
    expect(points.map(({ name, kind, write }) => [name, kind, write?.verifyPoint])).toEqual([
      ["x02", "property", "y02"],
      ["y02", "none", undefined],
    ]);
  });
});

describe("keys of writing", () => {
  it("resolves them, leaving out what is as by default", () => {
    expect(
      rules({
        plain: holding(rw),
        full: holding({
          ...rw,
          writeMin: 1,
          writeFunction: "multiple",
          verifyPoint: "plain",
          verifyDelayMs: 50,
          verifyTolerance: 2,
          minWriteIntervalMs: 1000,
        }),
        low: holding({ ...rw, address: 4, type: "uint8Low", writeFunction: "mask" }),
        blind: holding({ access: "write", address: 5, bit: 3 }),
        shown: holding({ access: "write", address: 6, verifyPoint: "plain" }),
        pulse: { table: "coil", address: 1, access: "write", writeFunction: "single" },
      }),
    ).toEqual({
      plain: { verify: "readBack" },
      full: {
        min: { coefficient: 1n, scale: 0 },
        verify: "readBack",
        function: "multiple",
        verifyPoint: "plain",
        verifyDelayMs: 50,
        verifyTolerance: 2,
        minIntervalMs: 1000,
      },
      low: { verify: "readBack", function: "mask" },
      blind: { verify: "echo", function: "mask" },
      shown: { verify: "readBack", verifyPoint: "plain" },
      pulse: { verify: "echo", function: "single" },
    });
  });

  it("makes every bit of a word writable by itself", () => {
    const bits = { "0": "pump", "1": "fan" };
    expect(rules({ x: holding({ bits, ...rw, writeFunction: "mask" }) })).toEqual({
      pump: { verify: "readBack", function: "mask" },
      fan: { verify: "readBack", function: "mask" },
    });
  });

  it("passes over a default that does not suit", () => {
    const profile = { defaults: { ...rw, table: "holding", writeFunction: "mask", verifyTolerance: 1 } };
    const points = { x: { address: 1, type: "uint16" }, y: { address: 2, type: "float32" } };
    expect(rules(points, { ...profile, points: {} })).toEqual({
      x: { verify: "readBack", verifyTolerance: 1 },
      y: { verify: "readBack" },
    });
  });

  it.each<[string, object, string, string]>([
    [
      "a mask for a whole register",
      { x: holding({ ...rw, writeFunction: "mask" }) },
      `${X}/writeFunction`,
      '"mask" (FC 22) is for a part of a register: bit, mask or an 8-bit type',
    ],
    [
      "a mask over two registers",
      { x: holding({ ...rw, type: "uint32", mask: "0x00018000", writeFunction: "mask" }) },
      `${X}/writeFunction`,
      "FC 22 changes one register, and this part stands in 2",
    ],
    [
      "a part over two registers that is never read",
      { x: holding({ access: "write", type: "uint32", mask: "0x00018000" }) },
      `${X}/writeFunction`,
      "FC 22 changes one register, and this part stands in 2",
    ],
    [
      "FC 6 for two registers",
      { x: holding({ ...rw, type: "float32", writeFunction: "single" }) },
      `${X}/writeFunction`,
      '"single" (FC 6) writes one register, and this takes 2',
    ],
    [
      "a part that is never read, without FC 22",
      { x: holding({ access: "write", bit: 1, writeFunction: "single" }) },
      `${X}/writeFunction`,
      'a part of a register that is never read ("access": "write") can only be written by FC 22: "mask"',
    ],
    [
      "a mask with a hole",
      { x: holding({ ...rw, mask: 5 }) },
      `${X}/access`,
      "a mask with a hole in it can't be written: one point for each run",
    ],
    [
      "bits of one register twice",
      { a: holding({ ...rw, mask: "0x000E" }), x: holding({ ...rw, bit: 3 }) },
      `${X}/access`,
      'shares bits 0x0008 of holding 1 (400002) with "a", which can be written too: only one may write a bit',
    ],
    [
      "one bit by two types",
      { a: holding({ ...rw, type: "uint32", bit: 0 }), x: holding({ ...rw, address: 2, type: "uint8Low" }) },
      `${X}/access`,
      'shares bits 0x0001 of holding 2 (400003) with "a", which can be written too: only one may write a bit',
    ],
    [
      "verifying by nothing",
      { x: holding({ ...rw, verifyPoint: "actal" }), actual: holding({ address: 2 }) },
      `${X}/verifyPoint`,
      'there is no point "actal"; did you mean "actual"?',
    ],
    [
      "verifying by itself",
      { x: holding({ ...rw, verifyPoint: "x" }) },
      `${X}/verifyPoint`,
      "the point itself is read back anyway: leave it out",
    ],
    [
      "verifying by what is never read",
      { x: holding({ ...rw, verifyPoint: "y" }), y: holding({ address: 2, access: "write" }) },
      `${X}/verifyPoint`,
      'the point "y" is never read',
    ],
    [
      "verifying by another kind of value",
      { x: holding({ ...rw, verifyPoint: "y" }), y: holding({ address: 2, bit: 0 }) },
      `${X}/verifyPoint`,
      '"y" is a boolean, and "x" is a number: they can\'t be equal',
    ],
    [
      "verifying many by one",
      { x: holding({ ...rw, verifyPoint: "y", repeat: { count: 3 } }), y: holding({ address: 9 }) },
      `${X}/verifyPoint`,
      '"y" is one point, and "x" is repeated 3 times: it can\'t tell what each of them holds',
    ],
    [
      "verifying many by the first of them",
      {
        x: holding({ ...rw, verifyPoint: "y01", repeat: { count: 3 } }),
        y: holding({ address: 9, repeat: { count: 3 } }),
      },
      `${X}/verifyPoint`,
      '"y01" is one point, and "x" is repeated 3 times: it can\'t tell what each of them holds',
    ],
    [
      "verifying more than there is to verify by",
      {
        x: holding({ ...rw, verifyPoint: "y", repeat: { count: 3 } }),
        y: holding({ address: 9, repeat: { count: 2 } }),
      },
      `${X}/verifyPoint`,
      '"x" is repeated 3 times and "y" 2 times: each needs one of its own number',
    ],
    [
      "a rest before reading nothing back",
      { x: holding({ access: "write", verifyDelayMs: 5 }) },
      `${X}/verifyDelayMs`,
      "nothing is read back here: leave it out",
    ],
    [
      "a tolerance of a float",
      { x: holding({ ...rw, type: "float32", verifyTolerance: 1 }) },
      `${X}/verifyTolerance`,
      "only an integer has raw steps",
    ],
    [
      "an interval of what is never written",
      { x: holding({ minWriteIntervalMs: 5 }) },
      `${X}/minWriteIntervalMs`,
      '"minWriteIntervalMs" is for points that can be written: give "access": "readWrite"',
    ],
  ])("refuses %s", (_what, points, path, text) => {
    expect(problems(points)).toEqual({ [path]: text });
  });

  it("lets a bit be read twice, and a whole word stand beside its bits", () => {
    expect(
      problems({ a: holding({ bit: 1 }), b: holding({ ...rw, bit: 1 }), c: holding(rw), d: holding({ mask: 3 }) }),
    ).toEqual({});
  });
});
