import { setMaxListeners } from "node:events";
import { connect } from "node:net";
import { createClient } from "../../src/bus/client";
import { createTcpLinkOpener } from "../../src/bus/tcpLink";
import { createTransactionIds } from "../../src/bus/transactionIds";
import { createSystemClock } from "../../src/kernel/systemClock";
import { RawClient } from "./rawClient";

/** One connection of some client. `ask` reads the registers; `last` takes the last one out of what it resolves to. */
export interface Peer<T = unknown> {
  ask(): Promise<T>;
  last(answer: T): number | undefined;
  close(): void;
}

export interface PeerOptions {
  readonly port: number;
  /** Registers a request. */
  readonly count: number;
  /** Requests unanswered at the same time. */
  readonly depth: number;
}

export const FIRST = 100;
const TIMEOUT_MS = 1000;

async function raw({ port, count }: PeerOptions): Promise<Peer<readonly number[]>> {
  const client = await RawClient.open(port);
  return {
    ask: () => client.read(FIRST, count),
    last: (registers) => registers.at(-1),
    close: () => client.close(),
  };
}

const clock = createSystemClock();
const LIMITS = { responseTimeoutMs: TIMEOUT_MS, requestGapMs: 0, queueLimit: 512 };

/** `createClient` on a TCP link: everything that stands between a caller and the wire. */
async function ours(options: PeerOptions, signal?: AbortSignal): Promise<Peer> {
  const { port, count, depth } = options;
  const opener = createTcpLinkOpener({ host: "127.0.0.1", port, connectTimeoutMs: 5000 }, { clock });
  const link = await opener(new AbortController().signal);
  if (!link.ok) throw new Error(link.error.detail);
  const ids = createTransactionIds(Math.random);
  const client = createClient(link.value, { ...LIMITS, framing: "mbap", ids, maxInFlight: depth }, clock);
  const request = { kind: "readRegisters", table: "holding", address: FIRST, count } as const;
  const transactOptions = signal === undefined ? undefined : { signal };
  const peer: Peer<Awaited<ReturnType<typeof client.transact<typeof request>>>> = {
    ask: () => client.transact(1, request, transactOptions),
    last: (outcome) => (outcome.ok ? outcome.value.response.registers.at(-1) : undefined),
    close: () => void client.close(),
  };
  return peer as Peer;
}

async function modbusSerial({ port, count }: PeerOptions): Promise<Peer<{ readonly data: number[] }>> {
  const { default: ModbusRTU } = await import("modbus-serial");
  const client = new ModbusRTU();
  await client.connectTCP("127.0.0.1", { port });
  client.setID(1);
  client.setTimeout(TIMEOUT_MS);
  return {
    ask: () => client.readHoldingRegisters(FIRST, count),
    last: ({ data }) => data.at(-1),
    close: () => client.close(() => undefined),
  };
}

interface JsmodbusAnswer {
  readonly response: { readonly body: { readonly valuesAsArray: ArrayLike<number> } };
}

async function jsmodbus({ port, count }: PeerOptions): Promise<Peer<JsmodbusAnswer>> {
  const { ModbusTCPClient } = await import("jsmodbus");
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  const client = new ModbusTCPClient(socket, 1, TIMEOUT_MS);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return {
    ask: () => client.readHoldingRegisters(FIRST, count) as Promise<unknown> as Promise<JsmodbusAnswer>,
    last: ({ response }) => response.body.valuesAsArray[count - 1],
    close: () => void socket.destroy(),
  };
}

const shared = new AbortController();
// One listener a connection: 200 of them are no leak.
setMaxListeners(0, shared.signal);

/** Opens one connection of the client of that name. */
export const PEERS: Readonly<Record<string, (options: PeerOptions) => Promise<Peer>>> = {
  floor: (options) => raw(options) as Promise<Peer>,
  ours: (options) => ours(options),
  signal: (options) => ours(options, shared.signal),
  "modbus-serial": (options) => modbusSerial(options) as Promise<Peer>,
  jsmodbus: (options) => jsmodbus(options) as Promise<Peer>,
};
