import type { CliIo } from "../../../src/cli/io";
import { plan } from "../../../src/cli/plan";
import { err, ok } from "../../../src/kernel/result";
import { contractExample } from "../../support/contractExample";

function stage(files: Readonly<Record<string, string>> = {}) {
  const written = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    env: { MODBUS_EDGE_PROFILES: "/nonexistent" },
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: async (path) => (Object.hasOwn(files, path) ? ok(files[path] ?? "") : err(`${path}: no such file`)),
    writeFile: async () => err("read only"),
    signal: new AbortController().signal,
  };
  return { io, written };
}

const SMALL = {
  schemaVersion: 1,
  connections: { hall: { transport: "serial", path: "/dev/ttyUSB0", line: "9600 8N1" } },
  devices: {
    boiler: {
      connection: "hall",
      unitId: 7,
      points: {
        supply: { table: "holding", address: 199, type: "int16" },
        returning: { table: "holding", address: 200, type: "int16" },
      },
    },
  },
};

describe("plan", () => {
  it("shows the requests of a configuration", async () => {
    const { io, written } = stage({ "a.json": JSON.stringify(SMALL) });
    expect(await plan(["a.json"], io)).toBe(0);
    expect(written.out.split("\n")).toEqual([
      "hall: 0.3 % of its time, 0.1 requests a second",
      "",
      "  unit 7  boiler.default  every 10 s on average  31.7 ms",
      "    holding 199 (400200)     2  31.7 ms  boiler.supply boiler.returning",
      "",
    ]);
  });

  it("as JSON, of the contract's example, one connection only", async () => {
    const { io, written } = stage({ "a.json": JSON.stringify({ configuration: contractExample() }) });
    expect(await plan(["a.json", "--json", "--connection", "hall"], io)).toBe(0);
    const { connections } = JSON.parse(written.out) as { connections: Record<string, { cycles: object[] }> };
    expect(Object.keys(connections)).toEqual(["hall"]);
    expect(connections["hall"]?.cycles[0]).toMatchObject({ unitId: 7, everyMs: expect.any(Number) as number });
  });

  it("plans what is good and says what is not", async () => {
    const faulty = { ...SMALL, devices: { ...SMALL.devices, pump: { connection: "hall", unitId: 300 } } };
    const { io, written } = stage({ "a.json": JSON.stringify(faulty) });
    expect(await plan(["a.json"], io)).toBe(1);
    const json = stage({ "a.json": JSON.stringify(faulty) });
    expect(await plan(["a.json", "--json"], json.io)).toBe(1);
    expect(Object.keys(JSON.parse(json.written.out).problems)).toHaveLength(1);
    expect(written.err).toMatch(/problem {2}\/devices\/pump\/unitId: 300 is out of range/);
    expect(written.out).toMatch(/boiler\.default/);
  });

  it.each<[string[], number, RegExp]>([
    [[], 2, /which file/],
    [["a.json", "b.json"], 2, /one file/],
    [["a.json", "--nope"], 2, /nope/],
    [["b.json"], 1, /no such file/],
    [["a.json", "--connection", "hal"], 1, /did you mean "hall"/],
    [["--help"], 0, /^$/],
  ])("answers %j with exit code %i", async (args, code, text) => {
    const { io, written } = stage({ "a.json": JSON.stringify(SMALL) });
    expect(await plan(args, io)).toBe(code);
    expect(written.err).toMatch(text);
  });
});
