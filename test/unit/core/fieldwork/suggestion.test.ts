import { applyDocument } from "../../../../src/core/config/apply";
import { builtInProfiles, type ProfileLookup } from "../../../../src/core/config/profiles";
import { profileFor } from "../../../../src/core/fieldwork/profileMatch";
import { connectionNameFor, type FoundUnit, suggestDocument } from "../../../../src/core/fieldwork/suggestion";
import { identityLine, sunspecIdentity, type UnitIdentity } from "../../../../src/core/fieldwork/unitIdentity";
import { parseUnits, unitsText } from "../../../../src/core/fieldwork/unitList";
import { ok } from "../../../../src/kernel/result";

const known: Readonly<Record<string, object>> = {
  "eastron-sdm630": { manufacturer: "Eastron", model: "SDM630-Modbus", points: {} },
  "eastron-sdm72": { manufacturer: "Eastron", model: "SDM72, SDM72D-M v2", points: {} },
  "abb-b23": { manufacturer: "ABB", model: "B23, B24", points: {} },
  "sunspec-inverter": { blocks: { i: { sunspecModel: [101, 103] } }, points: {} },
  "sunspec-storage": { blocks: { i: { sunspecModel: [101, 103] }, s: { sunspecModel: [124] } }, points: {} },
};
const lookup: ProfileLookup = Object.assign(
  (name: string) => (known[name] === undefined ? undefined : ok(known[name] as unknown)),
  { names: Object.keys(known) },
);

const says = (vendorName: string, productCode: string): UnitIdentity => ({
  identification: { vendorName, productCode },
});
const sunspec = (...models: number[]): UnitIdentity => ({
  sunspec: { manufacturer: "", model: "", version: "", serialNumber: "", models },
});

describe("the profile for what a unit says it is", () => {
  test.each<[UnitIdentity, string | undefined]>([
    [says("Eastron", "SDM630-V2"), "eastron-sdm630"],
    [says("", "sdm 630"), "eastron-sdm630"],
    [says("EASTRON Ltd.", "SDM72D-M V2"), "eastron-sdm72"],
    [says("Eastron", "SDM720"), undefined],
    [says("ABB", "B23 112-100"), "abb-b23"],
    [says("Somebody", "B23"), undefined],
    [{ serverId: { hex: "00", text: "xx SDM630 1.2" } }, "eastron-sdm630"],
    [sunspec(1, 103), "sunspec-inverter"],
    [sunspec(1, 101, 124), "sunspec-storage"],
    [sunspec(1, 201), undefined],
    [{}, undefined],
  ])("%j → %s", (identity, name) => {
    expect(profileFor(identity, lookup)).toBe(name);
  });
});

test("texts of the common model end at their NUL", () => {
  const registers = new Array(64).fill(0);
  registers.splice(0, 2, 0x4163, 0x6d65);
  registers.splice(16, 1, 0x5821);
  registers.splice(48, 2, 0x3132, 0x3300);
  const identity = { sunspec: sunspecIdentity(registers, [1, 103]) };
  expect(identityLine(identity)).toBe("Acme X! serial 123");
});

describe("the suggested configuration", () => {
  const unit = (unitId: number, more: Partial<FoundUnit> = {}): FoundUnit => ({ unitId, identity: {}, ...more });

  test("is valid whatever was found", () => {
    const units = [
      unit(1, { profile: "eastron-sdm630" }),
      unit(2, { readable: "coil" }),
      unit(3, { readable: "input" }),
      unit(4),
      unit(247, { identity: sunspec(1, 701) }),
    ];
    const document = suggestDocument([
      { name: "net_10_0_0_1", keys: { transport: "tcp", host: "10.0.0.1" }, units },
      { name: "ttyUSB0", keys: { transport: "serial", path: "/dev/ttyUSB0", line: "9600 8N1" }, units: [unit(1)] },
      { name: "empty", keys: { transport: "tcp", host: "nobody" }, units: [] },
    ]);
    const { config, problems } = applyDocument(undefined, document, builtInProfiles);
    expect(problems).toEqual([]);
    expect([...config.connections.keys()]).toEqual(["net_10_0_0_1", "ttyUSB0"]);
    expect(config.devices.size).toBe(6);
    expect(config.devices.get("net_10_0_0_1_unit4")?.enabled).toBe(false);
    expect(config.devices.get("net_10_0_0_1_unit247")?.points.map(({ name }) => name)).toContain("serialNumber");
  });

  test("names of connections", () => {
    const names = new Set<string>();
    const endpoints = ["192.168.0.7:1502", "/dev/ttyUSB0", "/tmp/ttyUSB0", "[fe80::1]:502", "плк", "modbus-gw.local"];
    for (const endpoint of endpoints) names.add(connectionNameFor(endpoint, names));
    expect([...names]).toEqual([
      "net_192_168_0_7_1502",
      "ttyUSB0",
      "ttyUSB0_2",
      "fe80_1_502",
      "net",
      "modbus_gw_local",
    ]);
  });
});

test("lists of unit ids", () => {
  expect(parseUnits("1-3, 3,100", 1, 247)).toEqual(ok([1, 2, 3, 100]));
  expect(unitsText([1, 2, 3, 255, 0])).toBe("1 to 3, 255, 0");
  for (const text of ["", "0", "248", "3-1", "1,", "x", "1-2-3"]) expect(parseUnits(text, 1, 247).ok).toBe(false);
});
