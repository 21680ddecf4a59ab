import { decode, deviceWith, layoutOf } from "./profilePoints";

const PHASES = ["L1", "L2", "L3"];

/** Input registers in the numbering of the maker (0-based), each a float32: first of three phases, or alone. */
const THREE: Readonly<Record<string, number>> = {
  voltage: 0,
  current: 6,
  activePower: 12,
  apparentPower: 18,
  reactivePower: 24,
  powerFactor: 30,
  voltageDistortion: 234,
  importedEnergy: 346,
  exportedEnergy: 352,
  totalEnergy: 358,
  importedReactiveEnergy: 364,
  exportedReactiveEnergy: 370,
  totalReactiveEnergy: 376,
};
const ALONE: Readonly<Record<string, number>> = {
  activePower: 52,
  apparentPower: 56,
  reactivePower: 60,
  powerFactor: 62,
  phaseAngle: 66,
  frequency: 70,
  importedEnergy: 72,
  exportedEnergy: 74,
  importedReactiveEnergy: 76,
  exportedReactiveEnergy: 78,
  voltageDistortion: 248,
  totalEnergy: 342,
  totalReactiveEnergy: 344,
};

describe("eastron-sdm630", () => {
  const meter = deviceWith("eastron-sdm630");

  it("has every value of the maker's table at its address", () => {
    const phases = Object.entries(THREE).flatMap(([name, first]) =>
      PHASES.map((phase, i) => `${name}${phase} input ${first + 2 * i} 2`),
    );
    const alone = Object.entries(ALONE).map(([name, address]) => `${name} input ${address} 2`);
    expect([...layoutOf(meter)].sort()).toEqual([...phases, ...alone].sort());
    expect(meter.points).toHaveLength(52);
  });

  // IEEE 754 single precision, worked out by hand: sign, 127 + exponent, 23 bits of fraction.
  it.each<[string, number[], unknown]>([
    ["voltageL1", [0x4366, 0x199a], 230.1],
    ["frequency", [0x4247, 0xeb85], 49.98],
    ["activePower", [0xbfc0, 0x0000], -1.5],
    ["powerFactorL2", [0x3f80, 0x0000], 1],
    ["totalEnergy", [0x4640, 0xe6b6], 12345.678],
    ["reactivePower", [0x0000, 0x0000], 0],
  ])("%s from %j is %d", (name, registers, value) => {
    expect(decode(meter, name, registers)).toEqual({ value });
  });

  it("knows no value for NaN and infinity", () => {
    expect(decode(meter, "voltageL1", [0x7fc0, 0x0000])).toEqual({ bad: "notAvailable" });
    expect(decode(meter, "currentL3", [0x7f80, 0x0000])).toEqual({ bad: "notAvailable" });
  });

  it("asks for at most 40 values at once, and for energy once a minute", () => {
    expect(meter.limits.maxReadRegisters).toBe(80);
    expect([...meter.groups.values()].map(({ name, intervalMs }) => `${name} ${intervalMs}`).sort()).toEqual([
      "energy 60000",
      "fast 5000",
      "slow 60000",
    ]);
    expect(meter.points.find(({ name }) => name === "importedEnergyL1")).toMatchObject({
      unit: "kWh",
      group: "energy",
    });
    expect(meter.points.every(({ access, title }) => access === "read" && title !== undefined)).toBe(true);
  });
});
