import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import type { Clock } from "../../kernel/clock";
import { err, ok, type Result } from "../../kernel/result";
import { within } from "../../kernel/wait";
import type { ByteStream } from "./byteStream";
import type { FaultPlan } from "./fault";
import { createFaultProxy, type FaultProxy } from "./faultProxy";
import type { ReplyFraming } from "./reply";
import { socketStream } from "./socketStream";

export interface TcpFaultProxyOptions {
  readonly plan: FaultPlan;
  readonly clock: Pick<Clock, "monotonic" | "setTimer">;
  readonly framing: ReplyFraming;
  /** Where clients connect; port 0 lets the system choose. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The server behind it, or a way to it. */
  readonly server: { readonly host: string; readonly port: number } | (() => Promise<Result<ByteStream, string>>);
}

export interface TcpFaultProxy {
  readonly proxy: FaultProxy;
  readonly host: string;
  readonly port: number;
  /** Ends every connection and stops listening. Memoised. */
  close(): Promise<void>;
}

const CONNECT_LIMIT_MS = 5000;

/**
 * Listens for clients and leads each to the server. A plan that refuses always lets nobody listen on the port (the
 * system refuses, as with a device that is off); one that refuses sometimes resets what it has just accepted.
 */
export async function startTcpFaultProxy(options: TcpFaultProxyOptions): Promise<Result<TcpFaultProxy, string>> {
  const sockets = new Set<Socket>();
  const { plan, clock, framing, server: upstream } = options;
  const way = typeof upstream === "function" ? upstream : () => dial(upstream, clock, sockets);
  const proxy = createFaultProxy({ plan, clock, framing, gatherMs: 0, connect: way });
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    remember(sockets, socket);
    void proxy.accept(socketStream(socket));
  });
  const listening = await listenOn(listener, options.listen);
  if (!listening.ok) return listening;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeAll(listener, proxy, sockets);
    return closing;
  };
  if (plan.refuse?.kind === "always") await close();
  return ok({ proxy, host: options.listen.host, port: listening.value, close });
}

function remember(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
}

async function dial(
  { host, port }: { readonly host: string; readonly port: number },
  clock: Pick<Clock, "setTimer">,
  sockets: Set<Socket>,
): Promise<Result<ByteStream, string>> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
  remember(sockets, socket);
  const connected = new Promise<string>((resolve) => {
    socket.once("connect", () => resolve(""));
    socket.once("error", (error) => resolve(error.message));
  });
  const failed = (await within(clock, CONNECT_LIMIT_MS, connected)) ?? `no answer within ${CONNECT_LIMIT_MS} ms`;
  if (failed === "") return ok(socketStream(socket));
  socket.destroy();
  return err(`${host}:${port}: ${failed}`);
}

function listenOn(
  listener: Server,
  where: { readonly host: string; readonly port: number },
): Promise<Result<number, string>> {
  return new Promise((resolve) => {
    listener.once("error", (error) => resolve(err(`cannot listen on ${where.host}:${where.port}: ${error.message}`)));
    listener.listen(where.port, where.host, () => resolve(ok((listener.address() as AddressInfo).port)));
  });
}

async function closeAll(listener: Server, proxy: FaultProxy, sockets: ReadonlySet<Socket>): Promise<void> {
  const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
  proxy.close();
  for (const socket of sockets) socket.destroy();
  await closed;
}
