import { createClient } from "../../src/bus/client";
import type { SerialReader } from "../../src/bus/serialDevice";
import { createSerialLinkOpener } from "../../src/bus/serialLink";
import { createSystemClock } from "../../src/kernel/systemClock";
import { bareSerial } from "./bareSerial";
import { FIRST, type Peer } from "./tcpPeers";

export interface SerialPeerOptions {
  readonly path: string;
  readonly baudRate: number;
  /** Registers a request. */
  readonly count: number;
}

const TIMEOUT_MS = 1000;
const clock = createSystemClock();

async function ours({ path, baudRate, count }: SerialPeerOptions, serialReader: SerialReader): Promise<Peer> {
  const line = { baudRate, dataBits: 8, parity: "none", stopBits: 2 } as const;
  const link = await createSerialLinkOpener({ path, line }, { clock, serialReader })(new AbortController().signal);
  if (!link.ok) throw new Error(link.error.detail);
  const options = { responseTimeoutMs: TIMEOUT_MS, requestGapMs: 0, queueLimit: 8 };
  const client = createClient(link.value, { ...options, framing: "rtu", line }, clock);
  const request = { kind: "readRegisters", table: "holding", address: FIRST, count } as const;
  const peer: Peer<Awaited<ReturnType<typeof client.transact<typeof request>>>> = {
    ask: () => client.transact(1, request),
    last: (outcome) => {
      if (!outcome.ok) throw new Error(outcome.error.detail);
      return outcome.value.response.registers.at(-1);
    },
    close: () => void client.close(),
  };
  return peer as Peer;
}

async function modbusSerial({ path, baudRate, count }: SerialPeerOptions): Promise<Peer> {
  const { default: ModbusRTU } = await import("modbus-serial");
  const client = new ModbusRTU();
  await client.connectRTUBuffered(path, { baudRate, parity: "none", stopBits: 2 });
  client.setID(1);
  client.setTimeout(TIMEOUT_MS);
  const peer: Peer<{ readonly data: number[] }> = {
    ask: () => client.readHoldingRegisters(FIRST, count),
    last: ({ data }) => data.at(-1),
    close: () => client.close(() => undefined),
  };
  return peer as Peer;
}

/** Opens one line with the client of that name. */
export const SERIAL_PEERS: Readonly<Record<string, (options: SerialPeerOptions) => Promise<Peer>>> = {
  floor: bareSerial,
  ours: (options) => ours(options, "tty"),
  "serialport's reader": (options) => ours(options, "serialport"),
  "modbus-serial": modbusSerial,
};
