import { createServer, type Server } from "node:net";
import { server as jsmodbus } from "jsmodbus";
import { ServerTCP } from "modbus-serial";
import { type Client, createClient } from "../../src/bus/client";
import { createTcpLinkOpener } from "../../src/bus/tcpLink";
import { createTransactionIds } from "../../src/bus/transactionIds";
import type { ModbusRequest } from "../../src/core/modbus/pdu";
import { createSystemClock } from "../../src/kernel/systemClock";

/** The same requests to servers that we did not write. */
const clock = createSystemClock();
const never = new AbortController().signal;

interface Peer {
  readonly port: number;
  close(): Promise<void>;
}

/** Holds 16-bit registers and coils, both 0 … 199, with register n = 1000 + n and coil n on where n is divisible by 3. */
function image(): { registers: number[]; coils: boolean[] } {
  return {
    registers: Array.from({ length: 200 }, (_, index) => 1000 + index),
    coils: Array.from({ length: 200 }, (_, index) => index % 3 === 0),
  };
}

function modbusSerial(): Promise<Peer> {
  const { registers, coils } = image();
  const outside = { modbusErrorCode: 2, message: "outside" };
  const at = <T>(list: T[], address: number): T => {
    const value = list[address];
    if (value === undefined) throw outside;
    return value;
  };
  const vector = {
    getCoil: (address: number) => at(coils, address),
    getDiscreteInput: (address: number) => !at(coils, address),
    getHoldingRegister: (address: number) => at(registers, address),
    getInputRegister: (address: number) => 65_535 - at(registers, address),
    setCoil: (address: number, value: boolean) => {
      coils[address] = value;
    },
    setRegister: (address: number, value: number) => {
      registers[address] = value;
    },
  };
  const server = new ServerTCP(vector, { host: "127.0.0.1", port: 0, unitID: 1 });
  return new Promise((resolve) => {
    server.on("initialized", () => {
      const listening = (server as unknown as { readonly _server: Server })._server;
      const close = (): Promise<void> => new Promise((done) => server.close(() => done()));
      resolve({ port: portOf(listening), close });
    });
  });
}

async function jsmodbusServer(): Promise<Peer> {
  const { registers, coils } = image();
  const words = (values: number[]): Buffer => Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));
  const bits = (values: boolean[]): Buffer => {
    const packed = Buffer.alloc(Math.ceil(values.length / 8));
    for (const [index, value] of values.entries())
      packed[index >> 3] = (packed[index >> 3] ?? 0) | (Number(value) << (index & 7));
    return packed;
  };
  const listening = createServer();
  new jsmodbus.TCP(listening, {
    holding: words(registers),
    input: words(registers.map((value) => 65_535 - value)),
    coils: bits(coils),
    discrete: bits(coils.map((value) => !value)),
  });
  await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
  return { port: portOf(listening), close: () => new Promise((done) => listening.close(() => done())) };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe.each([
  ["modbus-serial", modbusSerial],
  ["jsmodbus", jsmodbusServer],
])("against %s over TCP", (_name, serve) => {
  let peer: Peer;
  let client: Client;

  beforeEach(async () => {
    peer = await serve();
    const open = createTcpLinkOpener({ host: "localhost", port: peer.port, connectTimeoutMs: 5000 }, { clock });
    const link = await open(never);
    if (!link.ok) return Promise.reject(new Error(link.error.detail));
    const options = { responseTimeoutMs: 3000, requestGapMs: 0, queueLimit: 512, maxInFlight: 1 };
    const ids = createTransactionIds(Math.random);
    client = createClient(link.value, { framing: "mbap", ids, ...options }, clock);
  });

  afterEach(async () => {
    await client.close();
    await peer.close();
  });

  const ask = async (request: ModbusRequest): Promise<unknown> => {
    const outcome = await client.transact(1, request);
    return outcome.ok ? outcome.value.response : outcome.error;
  };

  test("reads of all tables", async () => {
    const expected = image();
    expect(await ask({ kind: "readRegisters", table: "holding", address: 10, count: 125 })).toEqual({
      registers: Uint16Array.from(expected.registers.slice(10, 135)),
    });
    expect(await ask({ kind: "readRegisters", table: "input", address: 0, count: 3 })).toEqual({
      registers: Uint16Array.of(64_535, 64_534, 64_533),
    });
    expect(await ask({ kind: "readBits", table: "coil", address: 1, count: 19 })).toEqual({
      bits: expected.coils.slice(1, 20),
    });
    expect(await ask({ kind: "readBits", table: "discrete", address: 0, count: 4 })).toEqual({
      bits: [false, true, true, false],
    });
  });

  test("writes, and what they leave", async () => {
    expect(await ask({ kind: "writeSingleRegister", address: 20, value: 65_535 })).toEqual({});
    expect(await ask({ kind: "writeRegisters", address: 21, values: [1, 0x8000] })).toEqual({});
    expect(await ask({ kind: "writeSingleCoil", address: 50, value: true })).toEqual({});
    expect(await ask({ kind: "readRegisters", table: "holding", address: 19, count: 5 })).toEqual({
      registers: Uint16Array.of(1019, 65_535, 1, 0x8000, 1023),
    });
    expect(await ask({ kind: "readBits", table: "coil", address: 49, count: 3 })).toEqual({
      bits: [false, true, true],
    });
  });

  test("300 requests at once: each its own value", async () => {
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        ask({ kind: "readRegisters", table: "holding", address: index % 200, count: 1 }),
      ),
    );
    expect(answers).toEqual(
      Array.from({ length: 300 }, (_, index) => ({ registers: Uint16Array.of(1000 + (index % 200)) })),
    );
  });
});

test("modbus-serial's exception comes through with its code", async () => {
  const peer = await modbusSerial();
  const link = await createTcpLinkOpener(
    { host: "127.0.0.1", port: peer.port, connectTimeoutMs: 5000 },
    { clock },
  )(never);
  if (!link.ok) return Promise.reject(new Error(link.error.detail));
  const ids = createTransactionIds(Math.random);
  const options = { responseTimeoutMs: 3000, requestGapMs: 0, queueLimit: 8, maxInFlight: 1 };
  const client = createClient(link.value, { framing: "mbap", ids, ...options }, clock);
  const outcome = await client.transact(1, { kind: "readRegisters", table: "holding", address: 5000, count: 1 });
  expect(outcome).toMatchObject({ error: { kind: "exception", code: 2 } });
  await client.close();
  await peer.close();
});
