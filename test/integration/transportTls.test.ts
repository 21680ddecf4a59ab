import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer, type TlsOptions } from "node:tls";
import type { Link } from "../../src/bus/link";
import { openerFor } from "../../src/bus/openerFor";
import { createSession, type Session } from "../../src/bus/session";
import type { TlsConnection, TlsFiles } from "../../src/core/config/gatewayConfig";
import type { ModbusFailure } from "../../src/core/modbus/failure";
import type { ReadRegisters } from "../../src/core/modbus/pdu";
import { silentLog } from "../../src/kernel/log";
import type { Result } from "../../src/kernel/result";
import { createSystemClock } from "../../src/kernel/systemClock";
import { createTestAuthority, type TestAuthority, type TestIdentity } from "../support/testCertificates";

/** Modbus/TCP Security against Node's own TLS server, with certificates made here. */
const clock = createSystemClock();
const never = new AbortController().signal;
const read: ReadRegisters = { kind: "readRegisters", table: "holding", address: 1, count: 1 };

let folder: string;
let plant: TestAuthority;
let stranger: TestAuthority;
let device: TestIdentity;
let gateway: TestIdentity;
let server: Server;
/** What the server has accepted: it closes only when they are gone. */
const sockets: Socket[] = [];
let port: number;
let session: Session | undefined;

const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "modbus-edge-tls-"));
  plant = await createTestAuthority("plant");
  stranger = await createTestAuthority("stranger");
  device = await plant.issue({ names: ["plc.plant.example", "127.0.0.1"] });
  gateway = await plant.issue({ names: ["gateway"] });
  const foreign = await stranger.issue({});
  const expired = await plant.issue({ expiredDaysAgo: 1 });
  await Promise.all([
    writeFile(file("plant.pem"), plant.certificate),
    writeFile(file("stranger.pem"), stranger.certificate),
    writeFile(file("gateway.pem"), gateway.certificate),
    writeFile(file("gateway.key"), gateway.key),
    writeFile(file("foreign.pem"), foreign.certificate),
    writeFile(file("foreign.key"), foreign.key),
    writeFile(file("expired.pem"), expired.certificate),
    writeFile(file("expired.key"), expired.key),
    writeFile(file("nonsense.pem"), "this is no certificate"),
  ]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

afterEach(async () => {
  await session?.close();
  session = undefined;
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

/** A server that answers every read with 0x1111. */
async function serve(options: TlsOptions): Promise<void> {
  await listen(
    createServer(options, (socket) => {
      socket.on("error", () => socket.destroy());
      socket.on("data", (request: Buffer) => {
        const answer = [request.subarray(0, 4), Buffer.from("0005", "hex"), request.subarray(6, 7)];
        socket.write(Buffer.concat([...answer, Buffer.from("03021111", "hex")]));
      });
    }),
  );
}

async function listen(on: Server): Promise<void> {
  server = on;
  server.on("connection", (socket: Socket) => void sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
}

function connection(tls: TlsFiles, host = "127.0.0.1"): TlsConnection {
  return {
    name: "vault",
    transport: "tls",
    framing: "mbap",
    host,
    port,
    tls,
    connectTimeoutMs: 5000,
    responseTimeoutMs: 1000,
    requestGapMs: 0,
    readRetries: 0,
    connectDelayMs: 0,
    failuresBeforeReopen: 5,
    fingerprint: "",
  };
}

const connect = (tls: TlsFiles, host?: string): Promise<Result<Link, ModbusFailure>> =>
  openerFor(connection(tls, host), { clock })(never);

/** Why it could not be opened; closes it where it could. */
async function refusal(tls: TlsFiles, host?: string): Promise<string> {
  const link = await connect(tls, host);
  if (!link.ok) return link.error.detail.replace(`:${port}`, ":PORT");
  await link.value.close();
  return "opened";
}

async function open(tls: TlsFiles): Promise<Session> {
  const config = connection(tls);
  const openLink = openerFor(config, { clock });
  session = createSession(config, { clock, log: silentLog, openLink, onState: () => undefined });
  return session;
}

const own = () => ({ certPath: file("gateway.pem"), keyPath: file("gateway.key") });

test("reads, each proving who it is", async () => {
  await serve({
    cert: device.certificate,
    key: device.key,
    ca: plant.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const on = await open({ caPath: file("plant.pem"), ...own() });
  expect(await on.whenOpen(never)).toBe(true);
  expect(await on.transact(1, read)).toMatchObject({ value: { response: { registers: Uint16Array.of(0x1111) } } });
});

test("a name given verifies that name, whatever the host is; the host's own name or address otherwise", async () => {
  await serve({ cert: device.certificate, key: device.key });
  const caPath = file("plant.pem");
  expect(await refusal({ caPath })).toBe("opened");
  expect(await refusal({ caPath, serverName: "plc.plant.example" })).toBe("opened");
  expect(await refusal({ caPath, serverName: "127.0.0.1" }, "localhost")).toBe("opened");
  expect(await refusal({ caPath, serverName: "other.example" })).toBe(
    '127.0.0.1:PORT: the server\'s certificate is for another name than other.example: set "tls.serverName" to a name that it is for: DNS:plc.plant.example, IP Address:127.0.0.1 (ERR_TLS_CERT_ALTNAME_INVALID)',
  );
  expect(await refusal({ caPath }, "localhost")).toContain("for another name than localhost");
});

test("a server that nobody we trust has signed", async () => {
  await serve({ cert: device.certificate, key: device.key });
  expect(await refusal({ caPath: file("stranger.pem") })).toMatch(
    /^127\.0\.0\.1:PORT: the server's certificate is not signed by an authority of .*stranger\.pem \(UNABLE_TO/,
  );
  expect(await refusal({})).toContain('signed by an authority that the system does not trust: give it as "tls.caPath"');
});

test("a path that is no file, or far too large a one, is not read", async () => {
  await writeFile(file("large.pem"), "x".repeat(1024 * 1024 + 1));
  expect(await refusal({ caPath: "/dev/zero" })).toContain("tls.caPath: /dev/zero is no file, a PEM file is expected");
  expect(await refusal({ caPath: file("large.pem") })).toMatch(/tls\.caPath: .* has 1048577 bytes/);
});

test("an expired certificate of the server", async () => {
  const expired = await plant.issue({ names: ["127.0.0.1"], expiredDaysAgo: 2 });
  await serve({ cert: expired.certificate, key: expired.key });
  expect(await refusal({ caPath: file("plant.pem") })).toBe(
    "127.0.0.1:PORT: the server's certificate has expired (or the gateway's clock is wrong): renew it at the device (CERT_HAS_EXPIRED)",
  );
});

describe.each(["TLSv1.2", "TLSv1.3"] as const)("a server with %s that wants a certificate", (maxVersion) => {
  beforeEach(() =>
    serve({
      cert: device.certificate,
      key: device.key,
      ca: plant.certificate,
      requestCert: true,
      rejectUnauthorized: true,
      maxVersion,
    }),
  );

  /** Node's server closes without an alert when it refuses a certificate. With TLS 1.3 the server's verdict comes after the handshake. */
  async function verdict(files: TlsFiles): Promise<string> {
    const on = await open({ caPath: file("plant.pem"), ...files });
    while (on.state !== "closed") await new Promise((resolve) => setImmediate(resolve));
    return on.reason;
  }

  test("and gets none", async () => {
    expect(await verdict({})).toMatch(/(wants|may want) a certificate of ours/);
  });

  test("and gets one of another authority", async () => {
    const files = { certPath: file("foreign.pem"), keyPath: file("foreign.key") };
    expect(await verdict(files)).toMatch(
      /the server closed the connection: it has sent nothing, so it may refuse .*foreign\.pem/,
    );
  });

  test("and gets one that has expired", async () => {
    const files = { certPath: file("expired.pem"), keyPath: file("expired.key") };
    expect(await verdict(files)).toMatch(
      /may refuse .*expired\.pem: is it signed by an authority that the server knows, and valid now/,
    );
  });
});

test("older than TLS 1.2 is not spoken", async () => {
  await serve({
    cert: device.certificate,
    key: device.key,
    minVersion: "TLSv1",
    maxVersion: "TLSv1.1",
    ciphers: "DEFAULT@SECLEVEL=0",
  });
  expect(await refusal({ caPath: file("plant.pem") })).toContain("the server has no TLS 1.2 or later");
});

test("a port of plain Modbus TCP", async () => {
  await listen(
    createTcpServer((socket) => socket.on("error", () => undefined).end(Buffer.from("000100000003018302", "hex"))),
  );
  expect(await refusal({ caPath: file("plant.pem") })).toMatch(/no TLS on port \d+: is it a port of plain Modbus TCP/);
});

describe("files", () => {
  beforeEach(() => serve({ cert: device.certificate, key: device.key }));

  test("that are missing, or folders", async () => {
    expect(await refusal({ caPath: "/nowhere/ca.pem" })).toBe(
      "127.0.0.1:PORT: tls.caPath: there is no file /nowhere/ca.pem; in a container it must be mounted",
    );
    expect(await refusal({ ...own(), keyPath: "/nowhere/key.pem" })).toContain("tls.keyPath: there is no file");
    expect(await refusal({ caPath: folder })).toContain("is a folder, a PEM file is expected");
  });

  test("that are no certificates, or do not belong together", async () => {
    expect(await refusal({ ...own(), certPath: file("nonsense.pem") })).toContain("is not what TLS needs");
    expect(await refusal({ ...own(), keyPath: file("foreign.key") })).toMatch(
      /the private key .*foreign\.key does not belong to the certificate .*gateway\.pem/,
    );
  });

  test("are read anew at each connect", async () => {
    const path = file("renewed.pem");
    await writeFile(path, stranger.certificate);
    expect(await refusal({ caPath: path })).toContain("is not signed by an authority of");
    await writeFile(path, plant.certificate);
    expect(await refusal({ caPath: path })).toBe("opened");
  });
});

test("a server that never finishes the handshake: an error at the deadline", async () => {
  await listen(createTcpServer());
  const slow = { ...connection({ caPath: file("plant.pem") }), connectTimeoutMs: 200 };
  expect(await openerFor(slow, { clock })(never)).toMatchObject({
    error: {
      kind: "offline",
      detail: expect.stringContaining("TLS was not agreed within 200 ms: is it a port of plain Modbus TCP"),
    },
  });
});
