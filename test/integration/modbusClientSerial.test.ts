import { ServerSerial } from "modbus-serial";
import type { SerialPort } from "serialport";
import { createSerialLinkOpener } from "../../src/bus/serialLink";
import { createSession, type Session } from "../../src/bus/session";
import type { SerialConnection } from "../../src/core/config/gatewayConfig";
import type { ReadRegisters } from "../../src/core/modbus/pdu";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { openPtyPair, type PtyPair } from "../../src/simulator/pty";

/** RTU on a pseudo terminal, modbus-serial's server at the other end. */
const clock = createSystemClock();
const never = new AbortController().signal;
const line = { baudRate: 19_200, dataBits: 8, parity: "even", stopBits: 1 } as const;
const read = (address: number, count: number): ReadRegisters => ({
  kind: "readRegisters",
  table: "holding",
  address,
  count,
});

let pair: PtyPair;
let session: Session | undefined;

beforeEach(async () => {
  const opened = await openPtyPair({ clock });
  if (!opened.ok) return Promise.reject(new Error(opened.error));
  pair = opened.value;
  return undefined;
});

afterEach(async () => {
  await session?.close();
  session = undefined;
  await pair.close();
});

async function open(path: string): Promise<Session> {
  const connection: SerialConnection = {
    name: "hall",
    transport: "serial",
    framing: "rtu",
    path,
    line,
    responseTimeoutMs: 500,
    requestGapMs: 0,
    readRetries: 0,
    connectDelayMs: 0,
    failuresBeforeReopen: 5,
    fingerprint: "",
  };
  const openLink = createSerialLinkOpener(connection, { clock });
  session = createSession(connection, { clock, log: silentLog, openLink, onState: () => undefined });
  expect(await session.whenOpen(never)).toBe(true);
  return session;
}

function serve(path: string): Promise<{ registers: number[]; close(): Promise<void> }> {
  const registers = Array.from({ length: 200 }, (_, index) => 1000 + index);
  const vector = {
    getHoldingRegister: (address: number) => {
      const value = registers[address];
      if (value === undefined) throw { modbusErrorCode: 2, message: "outside" };
      return value;
    },
    setRegister: (address: number, value: number) => {
      registers[address] = value;
    },
    getCoil: (address: number) => address % 3 === 0,
  };
  return new Promise((resolve) => {
    const server = new ServerSerial(vector, {
      path,
      baudRate: 19_200,
      unitID: 7,
      openCallback: () => resolve({ registers, close: () => shut(server) }),
    } as ConstructorParameters<typeof ServerSerial>[1]);
  });
}

/** Closes the port itself: its own `close` leaves it open until the pipe has ended. */
function shut(server: ServerSerial): Promise<void> {
  const port = (server as unknown as { readonly _serverPath: SerialPort })._serverPath;
  return new Promise((resolve) => port.close(() => resolve()));
}

test("reads, writes, an exception, a silent unit, a broadcast", async () => {
  const server = await serve(pair.b);
  const on = await open(pair.a);
  expect(await on.transact(7, read(10, 125))).toMatchObject({
    value: { response: { registers: Uint16Array.from({ length: 125 }, (_, index) => 1010 + index) } },
  });
  expect(await on.transact(7, { kind: "readBits", table: "coil", address: 0, count: 10 })).toMatchObject({
    value: { response: { bits: [true, false, false, true, false, false, true, false, false, true] } },
  });
  expect(await on.transact(7, { kind: "writeRegisters", address: 5, values: [1, 65_535] })).toMatchObject({ ok: true });
  expect(server.registers.slice(4, 8)).toEqual([1004, 1, 65_535, 1007]);
  expect(await on.transact(7, { kind: "writeSingleRegister", address: 5, value: 2 })).toMatchObject({ ok: true });
  expect(await on.transact(7, read(500, 1))).toMatchObject({ error: { kind: "exception", code: 2 } });
  expect(await on.transact(9, read(1, 1))).toMatchObject({ error: { kind: "timeout" } });
  expect(await on.transact(0, { kind: "writeSingleRegister", address: 1, value: 1 })).toMatchObject({ ok: true });
  const both = await Promise.all([on.transact(7, read(1, 1)), on.transact(7, read(2, 1))]);
  expect(both).toMatchObject([
    { value: { response: { registers: Uint16Array.of(1001) } } },
    { value: { response: { registers: Uint16Array.of(1002) } } },
  ]);
  await server.close();
});

test("unplugged in the middle: an error, the end is told, no crash", async () => {
  const on = await open(pair.a);
  const pending = on.transact(7, read(1, 1), { timeoutMs: 10_000 });
  await new Promise((resolve) => clock.setTimer(50, () => resolve(undefined)));
  await pair.close();
  expect(await pending).toMatchObject({ error: { kind: "lost", detail: expect.stringContaining("unplugged") } });
  while (on.state === "open") await new Promise((resolve) => setImmediate(resolve));
  expect(await on.transact(7, read(1, 1))).toMatchObject({ error: { kind: "offline" } });
});

describe("opening", () => {
  const opener = (path: string) => createSerialLinkOpener({ path, line }, { clock });

  test("a port that does not exist", async () => {
    expect(await opener("/dev/ttyNONE7")(never)).toMatchObject({
      error: { kind: "offline", detail: expect.stringContaining("/dev/ttyNONE7 does not exist") },
    });
  });

  test("a port that another has", async () => {
    const first = await opener(pair.a)(never);
    expect(first.ok).toBe(true);
    expect(await opener(pair.a)(never)).toMatchObject({
      error: { kind: "offline", detail: expect.stringContaining("in use by another program") },
    });
    if (first.ok) await first.value.close();
    const again = await opener(pair.a)(never);
    expect(again.ok).toBe(true);
    if (again.ok) await again.value.close();
  });

  test("what is no serial port, what was given up", async () => {
    expect(await opener("/dev/null")(never)).toMatchObject({ error: { kind: "offline" } });
    expect(await opener(pair.a)(AbortSignal.abort())).toMatchObject({ error: { kind: "aborted" } });
  });
});
