import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { check } from "../../../src/cli/check";
import { COMMANDS } from "../../../src/cli/commands";
import { dispatch } from "../../../src/cli/dispatch";
import type { CliIo } from "../../../src/cli/io";
import { profiles } from "../../../src/cli/profiles";
import { schema } from "../../../src/cli/schema";
import { err, ok } from "../../../src/kernel/result";
import { contractExample } from "../../support/contractExample";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "modbus-edge-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The process around a command: these files, a profile folder of its own, and what was written. */
function stage(files: Readonly<Record<string, string>> = {}) {
  const written = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env: { MODBUS_EDGE_PROFILES: folder },
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: async (path) => (Object.hasOwn(files, path) ? ok(files[path] ?? "") : err(`${path}: no such file`)),
    writeFile: async () => err("read only"),
    signal: new AbortController().signal,
  };
  return { io, written };
}

describe("check", () => {
  it("finds the example valid", async () => {
    const { io, written } = stage({ "a.json": JSON.stringify({ configuration: contractExample() }) });
    expect(await check(["a.json"], io)).toBe(0);
    const lines = written.out.split("\n");
    expect(lines[0]).toMatch(/^ {2}connection +devices {2}points {2}requests\/s +load$/);
    expect(lines.find((line) => line.startsWith("  hall "))).toMatch(/ serial 19200 8E1 +1 +6 +[\d.]+ +[\d.]+ %$/);
    expect(written.out).toMatch(/^twin {9}configuration [\d ]+ bytes \(\d+ %\), reported about [\d ]+ bytes/m);
    expect(written.out).toMatch(/^cost {9}about [\d ]+ messages a day, [\d.]+ MB, [\d ]+ pieces of 4 KB: /m);
    expect(written.out).toMatch(/^IoT Central {2}\d+ of 300 capabilities, 2 components/m);
    expect(written.out).toMatch(
      /^ {2}boiler {2}setpoint +holding 200 \(400201\) {2}10 … 80 degreeCelsius {2}read back$/m,
    );
    expect(written.out).toMatch(/^ {2}commands: boiler\*resetAlarm$/m);
    expect(lines.at(-2)).toBe("a.json: valid, 0 warnings; good: 2 connections, 2 devices, 58 points");
  });

  it("takes documents of iot-edge-modbus, and says what their writes may reach", async () => {
    const example = readFileSync(join(__dirname, "../../../examples/iot-edge-modbus.json"), "utf8");
    const { io, written } = stage({ "a.json": example });
    expect(await check(["a.json"], io)).toBe(0);
    expect(written.out).toMatch(/^What the cloud could write: no points$/m);
    expect(written.out).toContain("every holding register and coil of the slaves");
    expect(written.out).toContain("valid, 0 warnings; good: 2 connections, 2 devices, 10 points");
  });

  it("colours and wraps on a terminal, unless NO_COLOR says otherwise", async () => {
    const document = contractExample();
    Object.assign(document.devices.boiler, { unitId: 300 });
    const { io, written } = stage({ "a.json": JSON.stringify(document) });
    expect(await check(["a.json"], { ...io, isTerminal: true })).toBe(1);
    expect(written.out).toContain("\u001b[31mproblem\u001b[0m  /devices/boiler/unitId: 300 is out of range:");
    const visible = stripVTControlCharacters(written.out);
    for (const line of visible.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    const second = stage({ "a.json": JSON.stringify(document) });
    const quiet = { ...second.io, isTerminal: true, env: { ...second.io.env, NO_COLOR: "1" } };
    await dispatch(["check", "a.json"], quiet, COMMANDS, "1.2.3");
    expect(second.written.out).toBe(visible);
  });

  it("lists problems with their places, as text and as JSON", async () => {
    const document = contractExample();
    Object.assign(document.devices.boiler, { unitId: 300 });
    const { io, written } = stage({ "a.json": JSON.stringify(document) });
    const text = "300 is out of range: a unit id is a whole number from 0 to 255 on tcp, 1 to 247 on serial";
    expect(await check(["a.json"], io)).toBe(1);
    expect(written.out).toContain(`problem  /devices/boiler/unitId: ${text}\n`);
    expect(written.out).toContain("\na.json: 1 problem, 0 warnings; good: 2 connections, 1 device, 52 points\n");
    const json = stage({ "a.json": JSON.stringify(document) });
    expect(await check(["--json", "a.json"], json.io)).toBe(1);
    expect(JSON.parse(json.written.out)).toEqual({
      valid: false,
      connections: 2,
      devices: 1,
      points: 52,
      loads: {
        hall: {
          name: "hall",
          endpoint: "serial 19200 8E1",
          devices: 0,
          points: 0,
          requestsPerSecond: 0,
          loadPercent: 0,
        },
        plant: expect.objectContaining({ devices: 1, points: 52 }),
      },
      twin: expect.objectContaining({ maxBytes: 32_768 }),
      central: { capabilities: expect.any(Number), components: 1 },
      writes: { input: false, legacyInput: false, points: [], commands: [] },
      cost: { messagesADay: expect.any(Number), bytesADay: expect.any(Number), chunksADay: expect.any(Number) },
      problems: { "/devices/boiler/unitId": text },
      warnings: {},
    });
  });

  it("says line and column of what is no JSON, and what is named twice", async () => {
    const { io, written } = stage({ "a.json": '{\n  "devices": {},\n  "devices": {}\n}' });
    expect(await check(["a.json"], io)).toBe(1);
    expect(written.out).toContain(
      'problem  /devices: line 3, column 3: names "devices" twice (first in line 2): keep one\n',
    );
  });

  it("says which file is not there", async () => {
    const { io, written } = stage();
    expect(await check(["a.json"], io)).toBe(1);
    expect(written.out).toContain("problem  a.json: no such file\n");
  });

  it("looks profiles up in the folder", async () => {
    writeFileSync(join(folder, "mine.json"), '{ "points": { "x": { "address": "00001" } } }');
    const document = {
      connections: { c: { transport: "tcp", host: "h" } },
      devices: { d: { connection: "c", unitId: 1, profile: "mine" } },
    };
    const { io, written } = stage({ "a.json": JSON.stringify(document) });
    expect(await check(["a.json"], io)).toBe(0);
    expect(written.out).toContain("1 point\n");
  });

  it.each([[[]], [["a", "b"]], [["--nonsense", "a"]]])("shows its usage for %j", async (args) => {
    const { io, written } = stage();
    expect(await check(args, io)).toBe(2);
    expect(written.err).toContain("Usage: modbus-edge check FILE");
    expect(written.out).toBe("");
  });
});

describe("profiles", () => {
  it("lists those built in and those of the folder, good or not", async () => {
    const { io, written } = stage();
    expect(await profiles(["list"], io)).toBe(0);
    expect(written.out).toMatch(/^profile +from +points +manufacturer +what it is$/m);
    expect(written.out).toMatch(/^eastron-sdm630 +built in +52 +Eastron +Eastron SDM630 three-phase energy meter$/m);
    expect(written.out).toMatch(/^wb-mr6c +built in +45, 19 writable +Wiren Board /m);
    writeFileSync(join(folder, "bad.json"), '{ "points": { "x": { "adress": 1 } } }');
    const second = stage();
    expect(await profiles(["list", "--json"], second.io)).toBe(1);
    const rows = JSON.parse(second.written.out) as { name: string; problem?: string }[];
    expect(rows.filter(({ problem }) => problem !== undefined).map(({ name }) => name)).toEqual(["bad"]);
    expect(rows.find(({ name }) => name === "eastron-sdm630")).toMatchObject({
      manufacturer: "Eastron",
      model: "SDM630-Modbus",
      source: expect.stringContaining("BSD-3-Clause"),
      points: 52,
      writable: 0,
    });
    expect(rows.find(({ name }) => name === "bad")?.problem).toBe(
      '/profiles/bad/points/x/adress: "adress" is not a key of a point; did you mean "address"?',
    );
  });

  it("says that the folder is none, and lists those built in", async () => {
    const { io, written } = stage();
    const file = join(folder, "no-folder.txt");
    writeFileSync(file, "");
    expect(await profiles(["list"], { ...io, env: { MODBUS_EDGE_PROFILES: file } })).toBe(1);
    expect(written.err).toBe(`the folder of profiles ${file} can't be read: it is no folder\n`);
    expect(written.out).toContain("eastron-sdm630");
  });

  it("shows one as JSON that can be used", async () => {
    const { io, written } = stage();
    expect(await profiles(["show", "wb-mr6c"], io)).toBe(0);
    const shown = JSON.parse(written.out) as { title: string };
    expect(shown.title).toBe("Wiren Board WB-MR6C relay module");
    const again = stage({ "a.json": JSON.stringify({ profiles: { mine: shown } }) });
    expect(await check(["a.json"], again.io)).toBe(0);
  });

  it("counts what is inherited and repeated, and shows the points with their places", async () => {
    const more = {
      extends: "eastron-sdm630",
      model: "ours",
      points: { extra: { address: 900, repeat: { count: 3 } } },
    };
    writeFileSync(join(folder, "our-meter.json"), JSON.stringify(more));
    const { io, written } = stage();
    expect(await profiles(["list"], io)).toBe(0);
    expect(written.out).toMatch(/^our-meter +folder +55 +Eastron +Eastron SDM630/m);
    const second = stage();
    expect(await profiles(["show", "our-meter", "--points"], second.io)).toBe(0);
    expect(second.written.out).toMatch(/^profile +our-meter, extends eastron-sdm630$/m);
    expect(second.written.out).toMatch(/^model +ours$/m);
    expect(second.written.out).toMatch(/^frequency +input 70 \(300071\) +float32 +Hz +fast +read +Frequency$/m);
    expect(second.written.out).toMatch(/^extra03 +input 904 /m);
  });

  it("does not know what is not there", async () => {
    const { io, written } = stage();
    expect(await profiles(["show", "wb-mr6d"], io)).toBe(1);
    expect(written.err).toBe('there is no profile "wb-mr6d"; did you mean "wb-mr6c"?\n');
    expect(await profiles(["show"], stage().io)).toBe(2);
    expect(await profiles([], stage().io)).toBe(2);
  });
});

describe("schema", () => {
  it("prints a JSON Schema", async () => {
    const { io, written } = stage();
    expect(await schema([], io)).toBe(0);
    const printed = JSON.parse(written.out) as { $schema: string; $defs: Record<string, { required?: string[] }> };
    expect(printed.$schema).toBe("https://json-schema.org/draft/2020-12/schema");
    expect(printed.$defs["Device"]?.required).toEqual(["connection", "unitId"]);
    expect(await schema(["x"], stage().io)).toBe(2);
  });
});
