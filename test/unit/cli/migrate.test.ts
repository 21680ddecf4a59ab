import type { CliIo } from "../../../src/cli/io";
import { migrate } from "../../../src/cli/migrate";
import { applyDocument } from "../../../src/core/config/apply";
import { builtInProfiles } from "../../../src/core/config/profiles";
import { profileProblems } from "../../../src/core/config/resolve";
import type { JsonObject } from "../../../src/kernel/json";
import { err, ok } from "../../../src/kernel/result";

async function run(text: string | undefined, ...args: string[]) {
  const seen = { out: "", err: "", files: {} as Record<string, string> };
  const io: CliIo = {
    out: (more) => {
      seen.out += more;
    },
    err: (more) => {
      seen.err += more;
    },
    env: { MODBUS_EDGE_PROFILES: "/nowhere" },
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: async (path) => (text === undefined ? err(`${path}: no such file`) : ok(text)),
    writeFile: async (path, more) => {
      if (path === "full") return err("full: no space left on the device");
      seen.files[path] = more;
      return ok(undefined);
    },
    signal: new AbortController().signal,
  };
  return { code: await migrate(args, io), ...seen };
}

const LEGACY = {
  PublishInterval: "2000",
  SlaveConfigs: {
    S1: {
      SlaveConnection: "192.0.2.1",
      HwId: "PM-1",
      Operations: {
        A: { PollingInterval: 1000, UnitId: 1, StartAddress: "400001", Count: 2, DisplayName: "U", CorrelationId: "M" },
        B: { PollingInterval: 1000, UnitId: 1, StartAddress: "400003", Count: 1, DisplayName: "Current" },
        C: { PollingInterval: 5000, UnitId: 1, StartAddress: "00001", Count: 8, DisplayName: "Relay" },
      },
    },
    S2: {
      SlaveConnection: "192.0.2.1",
      HwId: "PM2",
      Operations: { A: { UnitId: 9, StartAddress: "40000", Count: 1 } },
    },
  },
};

const LIST = "name,table,address,type\nvoltage,holding,0,uint16\nbad,holding,1,\n";

describe("documents of iot-edge-modbus", () => {
  const { S1 } = LEGACY.SlaveConfigs;

  test("become configurations that check accepts", async () => {
    const { code, out, err: said } = await run(JSON.stringify({ SlaveConfigs: { S1 } }), "a.json");
    expect(code).toBe(0);
    const document = JSON.parse(out) as JsonObject;
    const { state, config } = applyDocument(undefined, document, builtInProfiles);
    expect(state).toBe("applied");
    expect([...config.devices.keys()]).toEqual(["PM1"]);
    const [device] = config.devices.values();
    expect(device?.points.map(({ name }) => name).slice(0, 4)).toEqual(["U01", "U02", "current", "relay01"]);
    expect(device).toMatchObject({ tags: { hwId: "PM-1" }, limits: { maxGap: 0 } });
    expect(device?.legacy).toBeUndefined();
    expect(said).toContain(
      "1 connection, 1 device, 11 points; 1.20 requests a second, one for each operation would be 2.20",
    );
    expect(said).toContain('CorrelationId has no counterpart and is left out: "M"');
  });

  test("a slave with a fault is left out and named, wherever the document stands", async () => {
    const manifest = { modulesContent: { modbus: { "properties.desired": LEGACY } } };
    const { code, out, err: said } = await run(JSON.stringify(manifest), "a.json");
    expect(code).toBe(1);
    expect(Object.keys((JSON.parse(out) as { devices: object }).devices)).toEqual(["PM1"]);
    expect(said).toContain(
      "problem  /modulesContent/modbus/properties.desired/SlaveConfigs/S2/Operations/A/StartAddress: ",
    );
  });

  test.each<[string, unknown, string]>([
    ["a native one", { connections: {} }, "is a configuration of modbus-edge already"],
    ["something else", { name: "x" }, 'there is no "SlaveConfigs" in it'],
    ["a list", [], 'there is no "SlaveConfigs" in it'],
    ["two of them", { a: LEGACY, b: LEGACY }, "several documents of iot-edge-modbus, at /a and /b"],
    ["one with a fault in the whole", { SlaveConfigs: 1 }, "/SlaveConfigs: 1 does not fit"],
  ])("%s is refused", async (_title, document, reason) => {
    const { code, out, err: said } = await run(JSON.stringify(document), "a.json");
    expect([code, out]).toEqual([1, ""]);
    expect(said).toContain(reason);
  });
});

describe("lists", () => {
  test("become profiles; what can't be taken is named", async () => {
    const { code, out, err: said } = await run(LIST, "a.csv");
    expect(code).toBe(1);
    expect(profileProblems("a", JSON.parse(out), builtInProfiles)).toEqual([]);
    expect(said).toContain('problem  line 3: type: "type" is missing');
    expect(said).toContain("a.csv: 1 point, 1 line left out");
  });

  test("become configurations with --device, written with --out", async () => {
    const more = ["--device", "meter", "--serial", "/dev/ttyUSB0", "--line", "9600 8N1", "--unit", "3"];
    const list = "name,address,type,group\na,1,uint16,fast\nb,2,uint16,fast\n";
    const { code, out, files } = await run(
      list,
      "a.csv",
      ...more,
      "--table",
      "input",
      "--address-base",
      "1",
      "--out",
      "b",
    );
    expect([code, out]).toEqual([0, ""]);
    const { config, problems } = applyDocument(undefined, JSON.parse(files["b"] ?? ""), builtInProfiles);
    expect(problems).toEqual([]);
    expect(config.devices.get("meter")).toMatchObject({
      unitId: 3,
      connection: "ttyUSB0",
      points: [{ name: "a", table: "input", address: 0, group: "fast" }, { address: 1 }],
    });
  });

  test("as JSON", async () => {
    const { code, out } = await run(LIST, "a.csv", "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      result: { points: { voltage: { address: 0 } } },
      problems: [{ line: 3 }],
      warnings: [],
    });
  });
});

test.each<[string | undefined, string]>([
  [undefined, "no such file"],
  ["", "the file is empty"],
  [" \n", "the file is empty"],
  ["a\0b", "is not UTF-8 text"],
  ["Spannung \ufffdC", "is not UTF-8 text"],
  ["{", "line 1, column 2"],
  ["hello", "the first row has no column"],
  ["name,address,type\n", "no line could be taken"],
  ["x".repeat(33 * 1024 * 1024), "at most"],
])("%#: a file of which nothing can be made is a sentence and 1", async (text, reason) => {
  const { code, out, err: said } = await run(text, "a");
  expect([code, out]).toEqual([1, ""]);
  expect(said).toContain(reason);
});

test.each<[string[], string]>([
  [[], "which file?"],
  [["a", "b"], "one file at a time"],
  [["a", "--frobnicate"], "frobnicate"],
  [["a", "--type", "uint16"], "--type is no option of migrate"],
  [["a", "--table", "coils"], "it must be one of"],
  [["a", "--address-base", "2"], "--address-base"],
  [["a", "--host", "x"], "--device NAME?"],
  [["a", "--device", "x"], "where is the device?"],
  [["a", "--device", "modbus-1", "--host", "x"], "is not a name for a device"],
])("%j is a wrong use", async (args, reason) => {
  const { code, err: said } = await run(LIST, ...args);
  expect(code).toBe(2);
  expect(said).toContain(reason);
});

test("options of lists do not go with documents; a disk that is full is a 1", async () => {
  expect((await run(JSON.stringify(LEGACY), "a", "--device", "x", "--host", "y")).code).toBe(2);
  const { code, err: said } = await run("name,address,type\na,40001,uint16\n", "a", "--out", "full");
  expect([code, said]).toEqual([1, expect.stringContaining("no space left")]);
});
