import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ModbusRTU from "modbus-serial";
import { simulate } from "../../src/cli/simulate";
import { err, ok } from "../../src/kernel/result";

const example = join(__dirname, "../../examples/boiler.json");

interface Run {
  readonly exit: Promise<number>;
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves when standard output holds something, or the command has ended. */
  readonly started: Promise<unknown>;
  stop(): Promise<number>;
}

function run(...args: string[]): Run {
  const controller = new AbortController();
  let out = "";
  let errors = "";
  let say: () => void = () => undefined;
  const spoken = new Promise<void>((resolve) => {
    say = resolve;
  });
  const exit = simulate(args, {
    out(text) {
      out += text;
      say();
    },
    err(text) {
      errors += text;
    },
    env: { MODBUS_EDGE_PROFILES: "/nonexistent" },
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readFile: async (path) => (existsSync(path) ? ok(readFileSync(path, "utf8")) : err(`${path}: no such file`)),
    writeFile: async (path, text) => ok(writeFileSync(path, text)),
    signal: controller.signal,
  });
  const stop = (): Promise<number> => {
    controller.abort();
    return exit;
  };
  return { exit, out: () => out, err: () => errors, started: Promise.race([spoken, exit]), stop };
}

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "simulate-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function register(client: ModbusRTU, unit: number, address: number): Promise<number | undefined> {
  client.setID(unit);
  return (await client.readInputRegisters(address, 2)).data[0];
}

describe("modbus-edge simulate", () => {
  test("serves both connections; the document it writes leads there", async () => {
    const link = join(folder, "hall");
    const written = join(folder, "simulated.json");
    symlinkSync("/dev/pts/gone", link);
    const command = run(example, "--link", `hall=${link}`, "--write-config", written, "--log");
    await command.started;
    expect(command.err()).toBe("");
    expect(command.out()).toMatch(/^connection {2}served as/);
    expect(command.out()).toMatch(/^plant +127\.0\.0\.1:\d+ +1 +Modbus TCP \(port 502 may need privileges\)$/m);
    const { connections } = JSON.parse(readFileSync(written, "utf8"));
    expect(connections.hall).toEqual({ transport: "serial", path: link, line: "19200 8E1" });
    expect(connections.plant).toEqual({ transport: "tcp", host: "127.0.0.1", port: expect.any(Number) });

    const tcp = new ModbusRTU();
    await tcp.connectTCP(connections.plant.host, { port: connections.plant.port });
    const volts = Buffer.alloc(4);
    volts.writeUInt16BE((await register(tcp, 1, 0)) ?? 0);
    expect(Math.abs(volts.readFloatBE(0) - 230)).toBeLessThan(8);
    const serial = new ModbusRTU();
    await serial.connectRTUBuffered(connections.hall.path, { baudRate: 19_200, parity: "even" });
    expect(await register(serial, 7, 100)).toBeGreaterThan(100);
    expect(command.err()).toMatch(
      /^\S+Z plant unit 1 FC 4 address 0 count 2\n\S+Z hall unit 7 FC 4 address 100 count 2\n$/,
    );

    tcp.close(() => undefined);
    await new Promise<void>((resolve) => serial.close(() => resolve()));
    expect(await command.stop()).toBe(0);
    expect(() => lstatSync(link)).toThrow("ENOENT");
  });

  test("says as JSON how each connection is served", async () => {
    const command = run(example, "--json");
    await command.started;
    expect(JSON.parse(command.out())).toEqual({
      served: {
        hall: { kind: "serial", path: expect.stringMatching(/^\/dev\//), peerPath: expect.stringMatching(/^\/dev\//) },
        plant: { kind: "tcp", host: "127.0.0.1", port: expect.any(Number) },
      },
    });
    expect(await command.stop()).toBe(0);
  });

  test("a port asked for by name is taken, or the command fails", async () => {
    const first = run(example, "--json");
    await first.started;
    const { port } = JSON.parse(first.out()).served.plant;
    const second = run(example, "--tcp-port", `plant=${port}`);
    expect(await second.exit).toBe(1);
    expect(second.err()).toBe(`connection plant: port ${port} of 127.0.0.1 is in use by another program\n`);
    await first.stop();
    const third = run(example, "--port-base", String(port), "--json");
    await third.started;
    expect(JSON.parse(third.out()).served.plant.port).toBe(port);
    await third.stop();
  });

  test("what is in the way of a link stays", async () => {
    const path = join(folder, "precious");
    writeFileSync(path, "data");
    const command = run(example, "--link", `hall=${path}`);
    expect(await command.exit).toBe(1);
    expect(command.err()).toBe(`${path} exists and is no link: it stays\n`);
    expect(readFileSync(path, "utf8")).toBe("data");
    const own = join(folder, "own");
    const other = run(example, "--link", `hall=${own}`);
    await other.started;
    rmSync(own);
    symlinkSync("/elsewhere", own);
    await other.stop();
    expect(readlinkSync(own)).toBe("/elsewhere");
  });

  test.each([
    [[], 2, /^which file\?/],
    [["a.json", "b.json"], 2, /^one file at a time/],
    [[example, "--tcp-port", "plant"], 2, /^--tcp-port plant: write --tcp-port CONNECTION=VALUE/],
    [[example, "--tcp-port", "plant=70000"], 2, /^--tcp-port plant: "70000" is not a port/],
    [[example, "--tcp-port", "hall=5020"], 1, /^--tcp-port hall: the configuration has no tcp connection of this name/],
    [[example, "--bogus"], 2, /--bogus/],
    [["/nonexistent.json"], 1, /no such file/],
  ])("%j: exit %d", async (args, code, text) => {
    const command = run(...args);
    expect(await command.exit).toBe(code);
    expect(command.err()).toMatch(text);
  });

  test("a faulty device is named, the others are served", async () => {
    const file = join(folder, "faulty.json");
    const document = JSON.parse(readFileSync(example, "utf8"));
    document.configuration.devices.mainMeter.profile = "no-such-meter";
    writeFileSync(file, JSON.stringify(document));
    const command = run(file, "--json");
    await command.started;
    expect(command.err()).toMatch(/^\/devices\/mainMeter\/profile: .*no-such-meter/);
    expect(JSON.parse(command.out()).served.hall.kind).toBe("serial");
    await command.stop();
  });
});
