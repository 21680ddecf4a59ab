import dns from "node:dns";
import dnsPromises from "node:dns/promises";
import { once } from "node:events";
import { mkdtemp, readFile, readlink, rm, symlink, unlink } from "node:fs/promises";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Link } from "../../src/bus/link";
import { openerFor } from "../../src/bus/openerFor";
import { createSerialLinkOpener } from "../../src/bus/serialLink";
import { createSession } from "../../src/bus/session";
import type { ConnectionConfig } from "../../src/core/config/gatewayConfig";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { openPtyPair, type PtyPair } from "../../src/simulator/pty";
import { serialConnection, tcpConnection } from "../support/simulatorConfig";

/** Where a connection leads, by the operating system: addresses, names that move, ports that come back elsewhere. */
const clock = createSystemClock();
const never = new AbortController().signal;
const closers: (() => unknown)[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that counts who comes; the error's code where the address does not exist on this machine. */
async function listen(host: string, port = 0): Promise<{ port: number; sockets: Socket[] } | string> {
  const sockets: Socket[] = [];
  const server: Server = createServer((socket) => sockets.push(socket.on("error", () => socket.destroy())));
  server.listen(port, host);
  const failed = once(server, "error").then(([error]) => (error as { code: string }).code);
  const refused = await Promise.race([failed, once(server, "listening").then(() => undefined)]);
  if (refused !== undefined) return refused;
  closers.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

async function opened(connection: ConnectionConfig): Promise<Link> {
  const link = await openerFor(connection, { clock })(never);
  if (!link.ok) throw new Error(link.error.detail);
  closers.push(() => link.value.close());
  return link.value;
}

test("IPv6: an address without brackets; the name of the link has them", async () => {
  const there = await listen("::1");
  if (typeof there === "string") {
    // A machine without IPv6: what we say then is all that can be proved.
    const link = await openerFor({ ...tcpConnection("plant", 1502), host: "::1" }, { clock })(never);
    expect(link).toMatchObject({ error: { kind: "offline", detail: expect.stringContaining("[::1]:1502") } });
    return;
  }
  const link = await opened({ ...tcpConnection("plant", there.port), host: "::1" });
  expect(link.name).toBe(`[::1]:${there.port}`);
});

test("a name is resolved anew at each connect: a device that moved is found", async () => {
  const before = await listen("127.0.0.1");
  if (typeof before === "string") throw new Error(before);
  const after = await listen("127.0.0.2", before.port);
  if (typeof after === "string") throw new Error(after);
  let address = "127.0.0.1";
  const lookup = (_host: string, _options: unknown, callback: (...found: unknown[]) => void): void =>
    callback(null, [{ address, family: 4 }]);
  jest.spyOn(dns, "lookup").mockImplementation(lookup as typeof dns.lookup);
  const connection = { ...tcpConnection("plant", before.port), host: "plc.moves.test" };
  await opened(connection);
  address = "127.0.0.2";
  await opened(connection);
  for (const { sockets } of [before, after]) while (sockets.length === 0) await new Promise(setImmediate);
  expect([before.sockets.length, after.sockets.length]).toEqual([1, 1]);
});

test("a name is resolved anew over UDP too", async () => {
  const asked = jest.spyOn(dnsPromises, "lookup");
  const connection: ConnectionConfig = {
    ...tcpConnection("plant", 1502),
    transport: "udp",
    framing: "mbap",
    host: "localhost",
  };
  await opened(connection);
  await opened(connection);
  expect(asked.mock.calls.map(([host]) => host)).toEqual(["localhost", "localhost"]);
});

test("keep-alive is on: a peer that vanished without a word is noticed", async () => {
  const there = await listen("127.0.0.1");
  if (typeof there === "string") throw new Error(there);
  await opened({ ...tcpConnection("plant", there.port), host: "127.0.0.1" });
  const port = there.port.toString(16).toUpperCase().padStart(4, "0");
  const rows = (await readFile("/proc/net/tcp", "utf8")).split("\n").map((row) => row.trim().split(/\s+/));
  // Remote address, state (01: established), and in the fifth place the timer that runs (02: keep-alive).
  const ours = rows.filter(([, , remote, state]) => remote === `0100007F:${port}` && state === "01");
  expect(ours.map(([, , , , , timer]) => timer?.slice(0, 2))).toEqual(["02"]);
});

async function pty(): Promise<PtyPair> {
  const pair = await openPtyPair({ clock });
  if (!pair.ok) throw new Error(pair.error);
  closers.push(() => pair.value.close());
  return pair.value;
}

test("an adapter that comes back under another kernel name is found by its link", async () => {
  const folder = await mkdtemp(join(tmpdir(), "by-id-"));
  closers.push(() => rm(folder, { recursive: true }));
  const [first, second] = [await pty(), await pty()];
  const path = join(folder, "usb-FTDI_FT232R-if00-port0");
  await symlink(first.a, path);
  const connection = { ...serialConnection("hall"), path };
  const openLink = openerFor(connection, { clock });
  const session = createSession(connection, { clock, log: silentLog, openLink, onState: () => undefined });
  closers.push(() => session.close());
  expect(await session.whenOpen(never)).toBe(true);
  await unlink(path);
  await first.close();
  while (session.state === "open") await new Promise(setImmediate);
  await symlink(second.a, path);
  expect(await readlink(path)).not.toBe(first.a);
  expect(await session.whenOpen(never)).toBe(true);
  const far = await createSerialLinkOpener({ path: second.b, line: connection.line }, { clock })(never);
  if (!far.ok) throw new Error(far.error.detail);
  closers.push(() => far.value.close());
  const heard = new Promise<void>((resolve) => far.value.listen({ data: () => resolve(), closed: () => undefined }));
  void session.transact(7, { kind: "readRegisters", table: "holding", address: 0, count: 1 });
  await heard;
});
