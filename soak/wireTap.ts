import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import type { SoakSample } from "./ledger";

/** The registers of every device: one request reads them, so that one answer is one sample and one message. */
export const FIRST_REGISTER = 0;
export const REGISTERS = 9;
const READ_INPUT = 4;
const HEADER = 7;

export interface TapPorts {
  /** Epoch ms. */
  now(): number;
  /** The device of a unit id. */
  deviceOf(unitId: number): string;
  /** What the module waits for an answer, ms: what comes near the end of it may be too late. */
  readonly timeoutMs: number;
  taken(sample: SoakSample): void;
}

interface Asked {
  readonly at: number;
  readonly unitId: number;
  readonly functionCode: number;
  readonly address: number;
  readonly count: number;
}

export interface WireTap {
  readonly port: number;
  close(): void;
}

/**
 * The witness: stands right before the module, behind everything that spoils the line, and notes each answer that is
 * whole, fits a request that waits, and went to the module. It shares no code with the module.
 */
export async function startWireTap(upstreamPort: number, ports: TapPorts): Promise<WireTap> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host: "127.0.0.1", port: upstreamPort, noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    }
    join(client, upstream, ports);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function join(client: Socket, upstream: Socket, ports: TapPorts): void {
  const asked = new Map<number, Asked>();
  const requests = frames((frame, at) => {
    const entry = { at, unitId: frame.readUInt8(6), functionCode: frame.readUInt8(7) };
    const ranged = frame.length >= 12;
    asked.set(frame.readUInt16BE(0), {
      ...entry,
      address: ranged ? frame.readUInt16BE(8) : -1,
      count: ranged ? frame.readUInt16BE(10) : 0,
    });
  });
  const answers = frames((frame, at, spoiled) => {
    const id = frame.readUInt16BE(0);
    const request = asked.get(id);
    if (request === undefined) return;
    const sample = sampleOf(frame, at, request, spoiled, ports);
    if (sample === undefined) return;
    asked.delete(id);
    ports.taken(sample);
  });
  client.on("data", (bytes) => {
    requests(bytes, ports.now());
    upstream.write(bytes);
  });
  upstream.on("data", (bytes) => {
    if (client.destroyed) return;
    const at = ports.now();
    client.write(bytes);
    answers(bytes, at);
  });
  upstream.on("end", () => client.end());
  client.on("end", () => upstream.end());
  upstream.on("error", () => client.resetAndDestroy());
  client.on("error", () => upstream.resetAndDestroy());
  client.on("close", () => upstream.destroy());
}

function sampleOf(
  frame: Buffer,
  at: number,
  request: Asked,
  spoiled: boolean,
  ports: TapPorts,
): SoakSample | undefined {
  const { unitId, functionCode, address, count, at: askedAt } = request;
  if (frame.readUInt8(6) !== unitId || frame.readUInt8(7) !== functionCode || functionCode !== READ_INPUT) return;
  if (frame.length !== HEADER + 2 + 2 * count || frame.readUInt8(8) !== 2 * count) return undefined;
  const skip = FIRST_REGISTER - address;
  if (skip < 0 || skip + REGISTERS > count) return undefined;
  const data = frame.subarray(HEADER + 2 + 2 * skip);
  const isLate = at - askedAt > 0.6 * ports.timeoutMs;
  const doubt = spoiled ? "after garbage on its connection" : isLate ? "near the end of the timeout" : undefined;
  return { device: ports.deviceOf(unitId), at, values: valuesOf(data), ...(doubt === undefined ? {} : { doubt }) };
}

/** What the registers mean, as doubles: the reader of a JSON number has nothing better. */
function valuesOf(data: Buffer): SoakSample["values"] {
  return {
    uptime: Number(`${data.readUInt32BE(0)}e-3`),
    energy: Number(`${data.readBigUInt64BE(4)}e-3`),
    temperature: Number(`${data.readInt16BE(12)}e-1`),
    flow: data.readFloatBE(14),
  };
}

/** Cuts a stream into MBAP frames. After something that is none, what follows is `spoiled`: the reader may have given up. */
function frames(take: (frame: Buffer, at: number, spoiled: boolean) => void): (bytes: Buffer, at: number) => void {
  let waiting = Buffer.alloc(0);
  let spoiled = false;
  return (bytes, at) => {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.length >= HEADER + 1) {
      const length = waiting.readUInt16BE(4);
      if (waiting.readUInt16BE(2) !== 0 || length < 2 || length > 254) {
        spoiled = true;
        waiting = Buffer.alloc(0);
        return;
      }
      if (waiting.length < 6 + length) return;
      take(waiting.subarray(0, 6 + length), at, spoiled);
      waiting = waiting.subarray(6 + length);
    }
  };
}
