import { decode, deviceWith, layoutOf } from "./profilePoints";

const NUMBERS = [1, 2, 3, 4, 5, 6];

describe("wb-mr6c", () => {
  const relays = deviceWith("wb-mr6c");

  it("has every value of the maker's table at its address", () => {
    const expected = [
      ...[1, 2, 3, 4, 5].flatMap((k) => [
        `relayK${k} coil ${k - 1} 1`,
        `switchOffK${k} coil ${99 + k} 1`,
        `switchOnK${k} coil ${107 + k} 1`,
        `relayK${k}State discrete ${95 + k} 1`,
      ]),
      ...[1, 2, 3, 4].map((k) => `toggleK${k} coil ${115 + k} 1`),
      ...NUMBERS.flatMap((n) => [
        `input${n} discrete ${n - 1} 1`,
        `input${n}Count input ${31 + n} 1`,
        `input${n}Frequency input ${38 + 2 * n} 2`,
      ]),
      "input0 discrete 7 1",
      "input0Count input 39 1",
      "input0Frequency input 54 2",
    ];
    expect([...layoutOf(relays)].sort()).toEqual(expected.sort());
    expect(relays.points).toHaveLength(45);
  });

  // A frequency counts in steps of 2^-16 Hz: 0x00328000 = 3309568, and 3309568 / 65536 = 50.5.
  it.each<[string, number[], unknown]>([
    ["input1Frequency", [0x0032, 0x8000], 50.5],
    ["input0Frequency", [0x0001, 0x0000], 1],
    ["input6Frequency", [0x0000, 0x0001], 0.000015259],
    ["input2Frequency", [0xffff, 0xffff], 65535.999984741],
    ["input3Count", [0xffff], 65535],
  ])("%s from %j is %d", (name, registers, value) => {
    expect(decode(relays, name, registers)).toEqual({ value });
  });

  it.each([true, false])("takes bits as they are: %s", (value) => {
    expect(decode(relays, "relayK1", [value])).toEqual({ value });
    expect(decode(relays, "input0", [value])).toEqual({ value });
  });

  it("can be switched: relays are properties, momentary coils are written and never read", () => {
    const point = (name: string) => relays.points.find((one) => one.name === name);
    expect(point("relayK5")).toMatchObject({ access: "readWrite", kind: "property", write: { verify: "readBack" } });
    for (const name of ["switchOnK1", "switchOffK5", "toggleK4"]) {
      expect(point(name)).toMatchObject({ access: "write", kind: "none", write: { verify: "echo" } });
    }
    expect(point("relayK1State")).toMatchObject({ access: "read", kind: "telemetry" });
  });
});
