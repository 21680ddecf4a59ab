import type { DeviceConfig } from "../../../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../../../src/core/config/profiles";
import { resolveDocument } from "../../../../src/core/config/resolve";
import { modelAddress, modelNumber, modelPlace } from "../../../../src/core/modbus/modelAddress";

const BLOCKS = {
  inverter: { sunspecModel: [101, 102, 103] },
  extra: { table: "input", address: 1000 },
  byReference: { address: "40101" },
};

function resolve(profile: object, device: object = {}) {
  return resolveDocument(
    {
      connections: { plant: { transport: "tcp", host: "plc.local" } },
      profiles: { p: { blocks: BLOCKS, ...profile } },
      devices: { d: { connection: "plant", unitId: 1, profile: "p", ...device } },
    },
    builtInProfiles,
  );
}

function deviceOf(profile: object, device: object = {}): DeviceConfig {
  const { devices, problems } = resolve(profile, device);
  expect(problems).toEqual([]);
  const made = devices.get("d");
  if (made?.ok !== true) throw new TypeError("no device");
  return made.value;
}

const point = (more: object) => ({ points: { x: { type: "int16", ...more } } });
const start = (profile: object, device: object = {}) => {
  const [first] = deviceOf(profile, device).points;
  return first && [first.table, first.address];
};

describe("blocks", () => {
  it("at an address: points count from its first register, whatever the base", () => {
    expect(start(point({ block: "extra", address: 5 }))).toEqual(["input", 1005]);
    expect(start(point({ block: "byReference", address: "0x10" }))).toEqual(["holding", 116]);
    expect(start({ addressBase: 1, ...point({ block: "extra", address: 5 }) })).toEqual(["input", 1004]);
    expect(start(point({ block: "extra", address: 5 }), { addressOffset: 100 })).toEqual(["input", 1105]);
  });

  it("at a SunSpec model: beyond every address of Modbus, until the chain has been walked", () => {
    const number = modelNumber([101, 102, 103]);
    const made = deviceOf(point({ block: "inverter", address: 14 }), { addressOffset: 100 });
    expect(made.points[0]).toMatchObject({ table: "holding", address: modelAddress(number, 14) });
    expect(made.models).toEqual(new Map([[number, [101, 102, 103]]]));
    expect(deviceOf(point({ block: "extra", address: 1 }))).not.toHaveProperty("models");
  });

  it("may stand in defaults, which say the table too", () => {
    const profile = { defaults: { block: "extra", table: "holding" }, ...point({ address: 3 }) };
    expect(start(profile)).toEqual(["input", 1003]);
  });

  it("are changed by a profile that extends", () => {
    const document = {
      connections: { plant: { transport: "tcp", host: "plc.local" } },
      profiles: {
        p: { blocks: BLOCKS, ...point({ block: "extra", address: 1 }) },
        q: { extends: "p", blocks: { extra: { address: 2000 }, inverter: null } },
      },
      devices: { d: { connection: "plant", unitId: 1, profile: "q" } },
    };
    const made = resolveDocument(document, builtInProfiles).devices.get("d");
    expect(made).toMatchObject({ ok: true, value: { points: [{ table: "input", address: 2001 }] } });
  });

  it.each<[string, object, string, string]>([
    [
      "an unknown block",
      point({ block: "inverted", address: 1 }),
      "points/x/block",
      'there is no block "inverted"; did you mean "inverter"?',
    ],
    [
      "a reference in a block",
      point({ block: "extra", address: "40001" }),
      "points/x/address",
      '"40001" says the table: in a block a number counts from its first register, 0',
    ],
    [
      "another table",
      point({ block: "inverter", address: 1, table: "input" }),
      "points/x/table",
      'the block "inverter" is in the table holding: leave "table" out',
    ],
    [
      "what no model reaches",
      point({ block: "inverter", address: 32768 }),
      "points/x/address",
      "32768 is behind the end of any model (32768)",
    ],
    [
      "beyond the last address",
      point({ block: "extra", address: 65000 }),
      "points/x/address",
      "65000 from input 1000 (301001) goes beyond the last address, 65535",
    ],
    [
      "a block of nothing",
      { blocks: { a: {} }, ...point({ table: "input", address: 1 }) },
      "blocks/a",
      'a block needs an "address", or a "sunspecModel": [101, 102, 103]',
    ],
    [
      "a block without a table",
      { blocks: { a: { address: 5 } }, ...point({ table: "input", address: 1 }) },
      "blocks/a/table",
      '"table" is missing: one of coil, discrete, input, holding',
    ],
    [
      "an address beside a model",
      { blocks: { a: { address: 5, sunspecModel: [1] } }, ...point({ table: "input", address: 1 }) },
      "blocks/a/address",
      'the chain of SunSpec models says where the block stands: leave "address" out',
    ],
    [
      "no model",
      { blocks: { a: { sunspecModel: [] } }, ...point({ table: "input", address: 1 }) },
      "blocks/a/sunspecModel",
      "the list is empty: a block is found by at least one model id",
    ],
    [
      "the end of the chain",
      { blocks: { a: { sunspecModel: [65535] } }, ...point({ table: "input", address: 1 }) },
      "blocks/a/sunspecModel/0",
      "65535 is out of range: the id of a SunSpec model is a whole number from 1 to 65534",
    ],
  ])("refuse %s", (_what, profile, path, text) => {
    const { problems } = resolve(profile);
    expect(problems).toEqual([{ path: `/profiles/p/${path}`, text }]);
  });

  it("of models can be consistent in one model, not in two", () => {
    const root = (blocks: readonly [string, string]) => ({
      groups: { fast: { intervalMs: 1000, consistent: true } },
      blocks: { a: { sunspecModel: [103] }, b: { sunspecModel: [160] } },
      points: {
        x: { type: "int16", block: blocks[0], address: 2, group: "fast" },
        y: { type: "int16", block: blocks[1], address: 9, group: "fast" },
      },
    });
    expect(resolve(root(["a", "a"])).problems).toEqual([]);
    expect(resolve(root(["a", "b"])).problems[0]?.text).toMatch(/are not in one SunSpec model$/);
  });
});

test("numbers of lists differ, are the same everywhere, and keep addresses exact", () => {
  const lists = Array.from({ length: 2000 }, (_, id) => (id < 1000 ? [id + 1] : [101, id + 1]));
  expect(new Set(lists.map(modelNumber)).size).toBe(2000);
  expect(modelNumber([65_534])).toBeLessThan(Math.min(...lists.slice(1000).map(modelNumber)));
  expect(modelNumber([101, 102, 103])).toBe(modelNumber([101, 102, 103]));
  expect(modelNumber([101, 102, 103])).not.toBe(modelNumber([102, 101, 103]));
  for (const list of lists) {
    const address = modelAddress(modelNumber(list), 32_767);
    expect(address).toBeGreaterThan(65_535);
    // The planner multiplies by at most 2001.
    expect(Number.isSafeInteger(address * 2001)).toBe(true);
    expect(modelPlace(address)).toEqual({ number: modelNumber(list), offset: 32_767 });
  }
  expect(modelPlace(65_535)).toBeUndefined();
});
