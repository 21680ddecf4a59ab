import type { AddressInfo, Server, Socket } from "node:net";
import { ServerTCP } from "modbus-serial";
import { err, ok, type Result } from "../kernel/result";
import { createServiceVector, type ServedConnection } from "./serviceVector";

export interface RunningServer {
  close(): Promise<void>;
}

export interface RunningTcpServer extends RunningServer {
  readonly port: number;
}

/** What modbus-serial 8.0.25 keeps in its server and does not declare. */
interface Internals {
  readonly _server: Server;
}

const HEADER = 6;
/** A request is at most 254 bytes behind the header's length field. */
const MAX_LENGTH = 254;

/** Looks at the requests of one socket as they pass: MBAP frames, cut as the specification says. */
function tap(socket: Socket, onFrame: (frame: Uint8Array) => void): void {
  let waiting = Buffer.alloc(0);
  const listen = (bytes: Buffer): void => {
    waiting = Buffer.concat([waiting, bytes]);
    while (waiting.length >= HEADER) {
      const length = waiting.readUInt16BE(4);
      if (length > MAX_LENGTH) socket.off("data", listen);
      if (length > MAX_LENGTH || waiting.length < HEADER + length) return;
      onFrame(waiting.subarray(HEADER, HEADER + length));
      waiting = waiting.subarray(HEADER + length);
    }
  };
  socket.on("data", listen);
}

function describe(error: NodeJS.ErrnoException, host: string, port: number): string {
  if (error.code === "EADDRINUSE") return `port ${port} of ${host} is in use by another program`;
  if (error.code === "EACCES") return `port ${port} needs privileges; choose one above 1023`;
  return `cannot listen on ${host}:${port}: ${error.message}`;
}

/** Serves the connection by modbus-serial's ServerTCP; port 0 lets the system choose. */
export function startTcpServer(
  connection: ServedConnection,
  where: { readonly host: string; readonly port: number },
  onFrame: (frame: Uint8Array) => void,
): Promise<Result<RunningTcpServer, string>> {
  return new Promise((resolve) => {
    // The library takes the number 0 for "not given" and listens on 502; the text "0" reaches Node as it is.
    const port = where.port === 0 ? ("0" as unknown as number) : where.port;
    const server = new ServerTCP(createServiceVector(connection), { host: where.host, port, unitID: 255 });
    const listener = (server as unknown as Internals)._server;
    server.on("serverError", (error) => resolve(err(describe(error ?? new Error("unknown"), where.host, where.port))));
    // A client that resets its connection is everyday life for a server.
    server.on("socketError", () => undefined);
    listener.on("connection", (socket) => tap(socket, onFrame));
    server.on("initialized", () => {
      const close = (): Promise<void> => new Promise((closed) => server.close(() => closed()));
      resolve(ok({ port: (listener.address() as AddressInfo).port, close }));
    });
  });
}
