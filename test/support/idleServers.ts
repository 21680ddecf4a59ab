import { createServer, type Server, type Socket } from "node:net";

export interface IdleServers {
  readonly port: number;
  readonly requests: number;
  /** Connections that were dropped for being idle. */
  readonly dropped: number;
  close(): Promise<void>;
}

export interface Slowness {
  /** An answer takes from so long to so long, ms. */
  readonly latencyMs: readonly [least: number, most: number];
  /** A connection without a request for so long is dropped. */
  readonly idleMs: number;
}

/**
 * MODBUS/TCP servers on the hosts, all on one port: slow, and dropping connections that are idle. Register `a` of host
 * number `h` holds `h * 256 + a`. Latencies are spread evenly and repeat the same in every run.
 */
export async function startIdleServers(hosts: readonly string[], slowness: Slowness): Promise<IdleServers> {
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const counts = { requests: 0, dropped: 0 };
  const [least, most] = slowness.latencyMs;

  function serve(socket: Socket, host: number): void {
    let waiting = Buffer.alloc(0);
    sockets.add(socket);
    socket.setTimeout(slowness.idleMs, () => {
      counts.dropped += 1;
      socket.destroy();
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes: Buffer) => {
      waiting = Buffer.concat([waiting, bytes]);
      while (waiting.length >= 12) {
        const adu = Buffer.from(waiting.subarray(0, 12));
        waiting = waiting.subarray(12);
        counts.requests += 1;
        const afterMs = least + ((counts.requests * 137) % 1000) * ((most - least) / 1000);
        setTimeout(() => socket.write(answer(adu, host)), afterMs);
      }
    });
  }

  let port = 0;
  for (const [at, host] of hosts.entries()) {
    const server = createServer((socket) => serve(socket, at));
    await new Promise<void>((resolve) => server.listen(port, host, resolve));
    const address = server.address();
    if (typeof address === "object" && address !== null) port = address.port;
    servers.push(server);
  }
  return {
    port,
    get requests() {
      return counts.requests;
    },
    get dropped() {
      return counts.dropped;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function answer(adu: Buffer, host: number): Buffer {
  const [first, count] = [adu.readUInt16BE(8), adu.readUInt16BE(10)];
  const frame = Buffer.alloc(9 + 2 * count);
  adu.copy(frame, 0, 0, 8);
  frame.writeUInt16BE(3 + 2 * count, 4);
  frame.writeUInt8(2 * count, 8);
  for (let at = 0; at < count; at++) frame.writeUInt16BE((host * 256 + first + at) & 0xffff, 9 + 2 * at);
  return frame;
}
