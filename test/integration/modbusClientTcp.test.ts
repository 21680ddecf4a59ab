import { createServer, type Server, type Socket } from "node:net";
import { createSession, type Session } from "../../src/bus/session";
import { createTcpLinkOpener } from "../../src/bus/tcpLink";
import type { TcpConnection } from "../../src/core/config/gatewayConfig";
import type { ReadRegisters } from "../../src/core/modbus/pdu";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";

/** Links and sessions on real sockets whose other end misbehaves. */
const clock = createSystemClock();
const read: ReadRegisters = { kind: "readRegisters", table: "holding", address: 1, count: 1 };

let server: Server;
let sockets: Set<Socket>;
/** What the server does with each request. */
let onRequest: (socket: Socket, request: Buffer) => void;
let session: Session | undefined;

const good = (socket: Socket, request: Buffer): void => {
  socket.write(
    Buffer.concat([
      request.subarray(0, 4),
      Buffer.from("0005", "hex"),
      request.subarray(6, 7),
      Buffer.from("03021111", "hex"),
    ]),
  );
};

beforeEach(async () => {
  sockets = new Set();
  onRequest = good;
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("data", (request) => onRequest(socket, request));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  await session?.close();
  session = undefined;
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

function portOf(listening: Server): number {
  const address = listening.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function open(changes: Partial<TcpConnection> = {}): Promise<Session> {
  const connection: TcpConnection = {
    name: "plant",
    transport: "tcp",
    framing: "mbap",
    host: "127.0.0.1",
    port: portOf(server),
    connectTimeoutMs: 2000,
    responseTimeoutMs: 300,
    requestGapMs: 0,
    readRetries: 0,
    connectDelayMs: 0,
    failuresBeforeReopen: 5,
    fingerprint: "",
    ...changes,
  };
  const openLink = createTcpLinkOpener(connection, { clock });
  session = createSession(connection, { clock, log: silentLog, openLink, onState: () => undefined });
  expect(await session.whenOpen(new AbortController().signal)).toBe(true);
  return session;
}

async function worksAgain(on: Session): Promise<void> {
  onRequest = good;
  await on.whenOpen(new AbortController().signal);
  for (let turn = 0; turn < 3; turn++) {
    expect(await on.transact(1, read)).toMatchObject({ value: { response: { registers: Uint16Array.of(0x1111) } } });
  }
}

test.each<[string, (socket: Socket, request: Buffer) => void, string, string]>([
  ["FIN instead of an answer", (socket) => socket.end(), "lost", "the server closed the connection"],
  [
    "FIN in the middle",
    (socket, request) => socket.end(request.subarray(0, 5)),
    "lost",
    "the server closed the connection",
  ],
  ["RST instead of an answer", (socket) => socket.resetAndDestroy(), "lost", "reset by the server (ECONNRESET)"],
  ["silence", () => undefined, "timeout", "no answer within 300 ms"],
])("%s: prompt error, then it works again", async (_name, behaviour, kind, detail) => {
  const on = await open();
  onRequest = behaviour;
  expect(await on.transact(1, read)).toEqual({ ok: false, error: { kind, detail } });
  await worksAgain(on);
});

test("an answer in single bytes", async () => {
  const on = await open();
  onRequest = (socket, request) => {
    const answer = Buffer.concat([request.subarray(0, 4), Buffer.from("00050103021111", "hex")]);
    for (const [index, byte] of answer.entries()) clock.setTimer(5 * index, () => socket.write(Uint8Array.of(byte)));
  };
  expect(await on.transact(1, read)).toMatchObject({ ok: true });
});

test("RST while idle is noticed, and the connection opened again", async () => {
  const on = await open();
  await on.transact(1, read);
  for (const socket of sockets) socket.resetAndDestroy();
  while (on.state === "open") await new Promise((resolve) => setImmediate(resolve));
  expect(await on.transact(1, read)).toMatchObject({
    error: { kind: "offline", detail: "plant: the connection was lost: reset by the server (ECONNRESET)" },
  });
  await worksAgain(on);
});

test("close with a request in flight, at a server that never sends its FIN", async () => {
  const on = await open({ responseTimeoutMs: 60_000 });
  onRequest = () => undefined;
  const pending = on.transact(1, read);
  await on.close();
  expect(await pending).toMatchObject({ error: { kind: "aborted" } });
});

describe("connecting", () => {
  const connect = (host: string, port: number, signal = new AbortController().signal, connectTimeoutMs = 5000) =>
    createTcpLinkOpener({ host, port, connectTimeoutMs }, { clock })(signal);

  test("to a closed port", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const port = portOf(closed);
    await new Promise((resolve) => closed.close(resolve));
    expect(await connect("127.0.0.1", port)).toEqual({
      ok: false,
      error: {
        kind: "offline",
        detail: `127.0.0.1:${port}: refused: nothing listens on port ${port} there, or it takes no more connections (ECONNREFUSED)`,
      },
    });
    expect(await connect("localhost", port)).toMatchObject({
      error: { detail: expect.stringContaining("nothing listens") },
    });
  });

  test("to a name that does not resolve", async () => {
    expect(await connect("plc.invalid", 502)).toMatchObject({
      error: {
        kind: "offline",
        detail: expect.stringMatching(/^plc\.invalid:502: the name plc\.invalid (does not|could not be) resolve/),
      },
    });
  });

  test("given up", async () => {
    const controller = new AbortController();
    const attempt = connect("127.0.0.1", portOf(server), controller.signal);
    controller.abort();
    expect(await attempt).toMatchObject({ error: { kind: "aborted" } });
    expect(await connect("127.0.0.1", portOf(server), controller.signal)).toMatchObject({ error: { kind: "aborted" } });
  });

  test("a link closes twice, and after the peer has closed", async () => {
    const link = await connect("127.0.0.1", portOf(server));
    if (!link.ok) return Promise.reject(new Error(link.error.detail));
    const reasons: string[] = [];
    link.value.listen({ data: () => undefined, closed: (reason) => reasons.push(reason) });
    for (const socket of sockets) socket.resetAndDestroy();
    await link.value.close();
    await link.value.close();
    expect(reasons).toHaveLength(1);
    link.value.write(Uint8Array.of(1));
    return undefined;
  });
});
