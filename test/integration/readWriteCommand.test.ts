import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { read } from "../../src/cli/read";
import { write } from "../../src/cli/write";
import { err, ok } from "../../src/kernel/result";
import { type Image, imageAnswer, type PduServer, startPduServer } from "../support/pduServer";

/** `read` and `write` against a server of the test. */
let server: PduServer;
let image: Image;
let folder: string;

beforeEach(async () => {
  image = {
    registers: new Map(Array.from({ length: 300 }, (_, index) => [index, index])),
    coils: new Map(Array.from({ length: 20 }, (_, index) => [index, false])),
  };
  server = await startPduServer(image);
  folder = mkdtempSync(join(tmpdir(), "modbus-edge-read-"));
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(command: typeof read, args: readonly string[], signal?: AbortSignal): Promise<Outcome> {
  let out = "";
  let errors = "";
  const code = await command([...args], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      errors += text;
    },
    env: { MODBUS_EDGE_PROFILES: "/nonexistent" },
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: async (path) => ok(readFileSync(path, "utf8")),
    writeFile: async () => err("not here"),
    signal: signal ?? new AbortController().signal,
  });
  return { code, out, err: errors };
}

const at = (): string[] => ["--host", `127.0.0.1:${server.port}`];

function configuration(points: object, keys: object = {}): string {
  const file = join(folder, "site.json");
  const document = {
    schemaVersion: 1,
    connections: { plant: { transport: "tcp", host: "127.0.0.1", port: server.port } },
    devices: { boiler: { connection: "plant", unitId: 7, points, ...keys } },
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe("a device that answers under another unit id", () => {
  const points = { setpoint: { table: "holding", address: 200, type: "uint16", access: "readWrite" } };
  const names = ["--config", "boiler"] as const;

  test("is read and written where its configuration says that it may", async () => {
    server.answersAs = 1;
    const [option, device] = names;
    const good = await run(read, [option, configuration(points, { lenientUnitId: true }), device]);
    expect([good.code, good.out]).toEqual([0, expect.stringContaining("200")]);
    const written = await run(write, [option, configuration(points, { lenientUnitId: true }), device, "setpoint=7"]);
    expect([written.code, written.out]).toEqual([0, expect.stringContaining("verified")]);
    const bad = await run(read, [option, configuration(points, { responseTimeoutMs: 100 }), device]);
    expect(bad.code).toBe(1);
  });
});

describe("read", () => {
  test("more than a request can carry goes in several", async () => {
    const { code, out } = await run(read, [...at(), "--table", "holding", "0", "--count", "130"]);
    expect(code).toBe(0);
    expect(server.requests).toEqual(["1:030000007d", "1:03007d0005"]);
    expect(out).toContain("holding 129 (400130)  0081  129       129");
  });

  test("the points of a device by their meaning", async () => {
    const file = configuration({
      supply: { address: "30101", type: "int16", scale: 0.1, unit: "degreeCelsius" },
      pump: { address: "00004" },
      reset: { address: "00005", access: "write" },
    });
    const { code, out } = await run(read, ["--config", file, "boiler", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      unitId: 7,
      values: [
        { point: "supply", table: "input", address: 100, registers: [100], value: 10 },
        { point: "pump", table: "coil", address: 3, bits: [false], value: false },
      ],
    });
    expect((await run(read, ["--config", file, "boiler", "suply"])).err).toContain('did you mean "supply"');
    for (const command of [read, write]) {
      const other = await run(command, ["--config", file, "boiler", "supply", "--unit", "9"]);
      expect([other.code, other.err]).toEqual([2, expect.stringContaining("--unit does not go with --config")]);
    }
    expect((await run(read, ["--config", file, "boler"])).err).toContain('did you mean "boiler"');
  });

  test("a point that the device refuses does not hide its neighbours", async () => {
    image.registers.delete(12);
    const file = configuration(
      Object.fromEntries(
        [10, 11, 12, 13].map((address) => [`p${address}`, { table: "holding", address, type: "uint16" }]),
      ),
    );
    const { code, out, err: reason } = await run(read, ["--config", file, "boiler"]);
    expect(code).toBe(1);
    expect(out).toMatch(/^p11 +holding 11 \(400012\) +000B +11$/m);
    expect(out).toMatch(/^p12 +holding 12 \(400013\) +- +exception 2 \(illegal data address\)$/m);
    expect(out).toMatch(/^p13 +holding 13 \(400014\) +000D +13$/m);
    expect(reason).toContain("addresses here count from 0");
  });

  test("a silent device is asked once, and the failure is explained in a sentence", async () => {
    server.answer = () => undefined;
    const args = [...at(), "--unit", "9", "--timeout", "60", "40001", "30001", "00001"];
    const { code, err: reason } = await run(read, args);
    expect(code).toBe(1);
    expect(server.requests).toHaveLength(1);
    expect(reason).toMatch(/^unit 9 at 127\.0\.0\.1:\d+ gave no answer within 60 ms\. The connection stands/);
  });

  test("repeated, and until it is stopped", async () => {
    const twice = await run(read, [...at(), "40001", "--repeat", "2", "--interval", "0", "--json"]);
    expect(twice.out.trim().split("\n")).toHaveLength(2);
    const stop = new AbortController();
    const right = server.answer;
    server.requests.length = 0;
    server.answer = (unit, pdu) => {
      if (server.requests.length === 3) stop.abort();
      return right(unit, pdu);
    };
    const watched = await run(read, [...at(), "40001", "--watch", "--interval", "0"], stop.signal);
    expect(watched.code).toBe(0);
    expect(server.requests.length).toBeGreaterThanOrEqual(3);
  });

  test.each<[string, RegExp]>([
    ["--host 127.0.0.1:1 199", /without --table/],
    ["--host 127.0.0.1:1", /which address\?/],
    ["40001", /where is the device\?/],
    ["--host 127.0.0.1:1 49999 --count 60000", /last address, 65535/],
    ["--host 127.0.0.1:1 40001 --repeat 0", /--repeat must be a whole number from 1/],
    ["--host 127.0.0.1:1 40001 --colour", /--colour/],
  ])("%s: usage, exit 2", async (text, reason) => {
    const { code, err: said } = await run(read, text.split(" "));
    expect([code, said]).toEqual([2, expect.stringMatching(reason)]);
  });

  test("help has an example, exit 0", async () => {
    for (const command of [read, write]) {
      const { code, out } = await run(command, ["--help"]);
      expect([code, out]).toEqual([0, expect.stringContaining("Examples:\n  modbus-edge")]);
    }
  });
});

describe("write", () => {
  test("one value, read back", async () => {
    const { code, out } = await run(write, [...at(), "40201", "-5", "--type", "int16"]);
    expect([code, out]).toEqual([0, "holding 200 (400201) = -5 (FFFB), read back -5 (FFFB): verified\n"]);
    expect(server.requests).toEqual(["1:0600c8fffb", "1:0300c80001"]);
  });

  test("several values in one request; a type, an order, a scale", async () => {
    await run(write, [...at(), "40201", "1", "2", "3"]);
    await run(write, [...at(), "40201", "230.1", "--type", "float32", "--order", "CDAB"]);
    await run(write, [...at(), "40201", "21.5", "--scale", "0.5"]);
    await run(write, [...at(), "00003", "on", "off", "1"]);
    await run(write, [...at(), "40201", "7", "--function", "multiple", "--echo"]);
    expect(server.requests.filter((request) => !/^1:0[13]/.test(request))).toEqual([
      "1:1000c8000306000100020003",
      "1:1000c8000204199a4366",
      "1:0600c8002b",
      "1:0f000200030105",
      "1:1000c80001020007",
    ]);
    expect(server.requests.at(-1)).toBe("1:1000c80001020007");
  });

  test("a device that holds something else: said, exit 1", async () => {
    server.answer = (_unit, pdu) => (pdu[0] === 6 ? pdu.toString("hex") : imageAnswer(image, pdu));
    const { code, out } = await run(write, [...at(), "40201", "7"]);
    expect([code, out]).toEqual([1, "holding 200 (400201) = 7 (0007), read back 200 (00C8): NOT AS WRITTEN\n"]);
  });

  test("a lost confirmation: never sent again, what the device holds decides", async () => {
    server.answer = (_unit, pdu) => {
      const answer = imageAnswer(image, pdu);
      return pdu[0] === 6 ? undefined : answer;
    };
    const { code, out, err: reason } = await run(write, [...at(), "40201", "7", "--timeout", "60", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      ...{ table: "holding", address: 200, count: 1, raw: [7] },
      ...{ outcome: "verified", readBack: [7] },
    });
    expect(reason).toBe("");
    expect(server.requests).toEqual(["1:0600c80007", "1:0300c80001"]);
  });

  test("nothing known: unknown; refused: said why", async () => {
    server.answer = () => undefined;
    const lost = await run(write, [...at(), "40201", "7", "--timeout", "60"]);
    expect([lost.code, lost.out]).toEqual([1, expect.stringContaining("OUTCOME UNKNOWN")]);
    server.answer = () => "8601";
    const refused = await run(write, [...at(), "40201", "7"]);
    expect([refused.code, refused.out]).toEqual([1, expect.stringContaining("NOT WRITTEN")]);
    expect(refused.err).toContain("exception 1 (illegal function)");
  });

  test("points of a configuration, within their limits; all or nothing is checked first", async () => {
    const file = configuration({
      setpoint: {
        ...{ address: "40201", type: "uint16", scale: 0.5, unit: "degreeCelsius" },
        ...{ access: "readWrite", writeMin: 10, writeMax: 80 },
      },
      alarmReset: { address: "00009", access: "write" },
      supply: { address: "30101", type: "int16" },
    });
    const write2 = (...pairs: string[]): Promise<Outcome> => run(write, ["--config", file, "boiler", ...pairs]);
    const good = await write2("setpoint=21.5", "alarmReset=true");
    expect(good.out).toBe(
      "setpoint: holding 200 (400201) = 21.5 degreeCelsius (002B), read back 21.5 degreeCelsius (002B): verified\n" +
        "alarmReset: coil 8 (000009) = true: confirmed by the device, not read back\n",
    );
    expect(good.code).toBe(0);
    server.requests.length = 0;
    for (const [pairs, reason] of [
      [["alarmReset=true", "setpoint=81"], /above 80/],
      [["supply=1"], /can only be read/],
      [["setpint=1"], /did you mean "setpoint"/],
      [["setpoint"], /such as setpoint=21\.5/],
      [["alarmReset=maybe"], /expected true or false, got "maybe"/],
    ] as const) {
      const { code, err: said } = await write2(...pairs);
      expect([code, said]).toEqual([2, expect.stringMatching(reason)]);
    }
    expect(server.requests).toEqual([]);
  });

  test.each<[string, RegExp]>([
    ["40201", /which value for 40201\?/],
    ["30001 1", /can only be read/],
    ["40201 70000", /70000 does not fit uint16/],
    ["40201 abc", /expected a number/],
    ["00001 2", /expected true or false/],
    ["40201 1 2 --function single", /writes one value, not 2/],
    ["40201 1 --function both", /one of auto, single, multiple/],
  ])("%s: refused, nothing written", async (text, reason) => {
    const { code, err: said } = await run(write, [...at(), ...text.split(" ")]);
    expect([code, said]).toEqual([2, expect.stringMatching(reason)]);
    expect(said).toContain("Nothing was written.");
    expect(server.requests).toEqual([]);
  });
});

test("what is refused over many requests is said once, beside what was read", async () => {
  const raw = await run(read, [...at(), "--table", "holding", "0", "--count", "1000"]);
  expect(raw.code).toBe(1);
  expect(raw.out.match(/^holding 250 .*$/gm)).toEqual([
    expect.stringMatching(/^holding 250 \(400251\), 750 registers: exception 2/),
  ]);
  expect(raw.out).not.toMatch(/^holding 375 /m);
  expect(raw.out).toMatch(/^holding 249 \(400250\) +00F9 /m);
  expect(raw.err).toMatch(/^250 of 1000 registers read, in requests of 125: /m);
  const typed = await run(read, [...at(), "--table", "holding", "298", "--count", "50", "--type", "uint16"]);
  expect(typed.out).toMatch(/^holding300 … holding347 +holding 300 .* … holding 347 .* 48 points: exception 2/m);
  expect(typed.out).toMatch(/^holding299 .* 299$/m);
  const { out } = await run(read, [...at(), "--table", "holding", "0", "--count", "1000", "--json"]);
  const { values } = JSON.parse(out);
  expect(values.map(({ address, count }: { address: number; count: number }) => [address, count])).toEqual([
    [0, 125],
    [125, 125],
    [250, 750],
  ]);
});
