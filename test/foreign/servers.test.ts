import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ConnectionOptions, type ModbusClient, open } from "../../src/client";
import { createSystemClock } from "../../src/kernel/systemClock";
import { openPtyPair, type PtyPair } from "../../src/simulator/pty";
import { type ForeignServer, freePort, startLibmodbus, startPymodbus } from "../support/foreignServer";
import { startJsmodbus, startModbusSerial } from "../support/nodeServers";
import { converse, exchange, reference } from "../support/referenceDevice";
import { createTestAuthority } from "../support/testCertificates";

/**
 * Our client against servers that we did not write: pymodbus on every transport and framing, libmodbus, modbus-serial and
 * jsmodbus on TCP and RTU.
 */
const clock = createSystemClock();
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function served(server: Promise<ForeignServer>): Promise<void> {
  const running = await server;
  closers.push(() => running.close());
}

async function client(connection: ConnectionOptions): Promise<ModbusClient> {
  const opened = await open({ responseTimeoutMs: 3000, ...connection });
  closers.push(() => opened.close());
  return opened;
}

/** A serial line held by socat: pyserial and libmodbus at its one end, we at the other. */
async function line(): Promise<PtyPair> {
  const pair = await openPtyPair({ clock, ways: ["socat"] });
  if (!pair.ok) return Promise.reject(new Error(pair.error));
  closers.push(() => pair.value.close());
  return pair.value;
}

describe("pymodbus", () => {
  test.each([
    ["tcp", { transport: "tcp" }],
    ["tcp", { transport: "tcp", maxInFlight: 8 }],
    ["rtu-tcp", { transport: "tcp", framing: "rtu" }],
    ["ascii-tcp", { transport: "tcp", framing: "ascii" }],
    ["udp", { transport: "udp" }],
  ] as const)("%s %j", async (mode, how) => {
    const port = await freePort();
    await served(startPymodbus(mode, port));
    await converse(await client({ ...how, host: "127.0.0.1", port } as ConnectionOptions), 1);
  });

  test.each(["rtu", "ascii"] as const)("%s on a serial line", async (framing) => {
    const { a, b } = await line();
    await served(startPymodbus(framing, a));
    await converse(await client({ transport: "serial", framing, path: b, line: "19200 8N1" }), 1);
  });

  test("tls with certificates on both sides", async () => {
    const folder = mkdtempSync(join(tmpdir(), "modbus-edge-tls-"));
    closers.push(async () => rmSync(folder, { recursive: true, force: true }));
    const keep = (name: string, text: string): string => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    };
    const authority = await createTestAuthority("plant");
    const caPath = keep("ca.pem", authority.certificate);
    const [device, gateway] = [await authority.issue({ names: ["plc.test"] }), await authority.issue({})];
    const port = await freePort();
    const files = [keep("device.pem", device.certificate), keep("device.key", device.key), caPath];
    await served(startPymodbus("tls", port, files));
    const tls = {
      caPath,
      certPath: keep("gateway.pem", gateway.certificate),
      keyPath: keep("gateway.key", gateway.key),
      serverName: "plc.test",
    };
    await converse(await client({ transport: "tls", host: "127.0.0.1", port, tls }), 1);
  });

  test("functions 22, 23, 17 and 43/14", async () => {
    const port = await freePort();
    await served(startPymodbus("tcp", port));
    const pymodbus = await client({ transport: "tcp", host: "127.0.0.1", port });
    await pymodbus.write(1, "holding", 600, 0x12);
    await pymodbus.request(1, { kind: "maskWriteRegister", address: 600, andMask: 0xf2, orMask: 0x25 });
    // The example of the specification, section 6.16: 0x12 becomes 0x17.
    expect(await pymodbus.read(1, "holding", 600, 1)).toEqual([0x17]);
    const both = await pymodbus.request(1, {
      kind: "readWriteRegisters",
      read: { address: 3, count: 6 },
      write: { address: 14, values: [255, 255, 255] },
    });
    expect([...both.registers]).toEqual([3, 4, 5, 6, 7, 8].map(reference.holding));
    expect(await pymodbus.read(1, "holding", 14, 3)).toEqual([255, 255, 255]);
    const { objects } = await pymodbus.readDeviceIdentification(1);
    const texts = objects.map(({ value }) => Buffer.from(value).toString());
    expect(texts).toEqual(expect.arrayContaining(["Foreign", "PM", "3.0"]));
  });
});

describe("libmodbus", () => {
  test("tcp", async () => {
    const port = await freePort();
    await served(startLibmodbus("tcp", port));
    await converse(await client({ transport: "tcp", host: "127.0.0.1", port }), 1);
  });

  test("rtu on a serial line", async () => {
    const { a, b } = await line();
    await served(startLibmodbus("rtu", a));
    await converse(await client({ transport: "serial", path: b, line: "19200 8N1" }), 1);
  });
});

type Talk = (client: ModbusClient, unit: number) => Promise<void>;

/** What jsmodbus cannot do, it is not asked for: to know the end of its tables, and on a line to take a long request. */
const short: Talk = (on, unit) => exchange(on, unit, 20);

describe.each<[string, typeof startModbusSerial, { readonly tcp: Talk; readonly rtu: Talk }]>([
  ["modbus-serial", startModbusSerial, { tcp: converse, rtu: converse }],
  ["jsmodbus", startJsmodbus, { tcp: exchange, rtu: short }],
])("%s", (_name, serve, talk) => {
  test("tcp", async () => {
    const port = await freePort();
    await served(serve("tcp", port));
    await talk.tcp(await client({ transport: "tcp", host: "127.0.0.1", port }), 1);
  });

  test("rtu on a serial line", async () => {
    const { a, b } = await line();
    await served(serve("rtu", a));
    await talk.rtu(await client({ transport: "serial", path: b, line: "19200 8N1" }), 1);
  });
});
