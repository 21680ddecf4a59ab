import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openerFor } from "../../src/bus/openerFor";
import { createSession } from "../../src/bus/session";
import type { TlsFiles } from "../../src/core/config/gatewayConfig";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { freePort } from "../support/foreignServer";
import { eventually } from "../support/moduleProcess";
import { createTestAuthority } from "../support/testCertificates";

/** OpenSSL's server says by an alert why it refuses our certificate (Node's own server only closes). */
const clock = createSystemClock();
let folder: string;
const file = (name: string): string => join(folder, name);
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "modbus-edge-alerts-"));
  const plant = await createTestAuthority("plant");
  const stranger = await createTestAuthority("stranger");
  writeFileSync(file("plant.pem"), plant.certificate);
  const keep = (name: string, { certificate, key }: { certificate: string; key: string }): void => {
    writeFileSync(file(`${name}.pem`), certificate);
    writeFileSync(file(`${name}.key`), key);
  };
  keep("device", await plant.issue({ names: ["127.0.0.1"] }));
  keep("foreign", await stranger.issue({}));
  keep("expired", await plant.issue({ expiredDaysAgo: 1 }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function serve(version: string): Promise<number> {
  const port = await freePort();
  const own = ["-cert", file("device.pem"), "-key", file("device.key"), "-CAfile", file("plant.pem")];
  const strict = ["-Verify", "2", "-verify_return_error", "-quiet", version];
  const args = ["s_server", "-accept", `127.0.0.1:${port}`, "-naccept", "1", ...own, ...strict];
  const child: ChildProcess = spawn("openssl", args, { stdio: ["pipe", "ignore", "pipe"] });
  const gone = new Promise((resolve) => child.on("close", resolve));
  closers.push(() => {
    child.kill("SIGKILL");
    return gone;
  });
  return port;
}

/** Why the connection ended. */
async function verdict(port: number, tls: TlsFiles): Promise<string> {
  const common = { requestGapMs: 0, readRetries: 0, connectDelayMs: 0, failuresBeforeReopen: 5, fingerprint: "" };
  const where = { name: "vault", transport: "tls", framing: "mbap", host: "127.0.0.1", port } as const;
  const connection = { ...common, ...where, tls, connectTimeoutMs: 5000, responseTimeoutMs: 1000 };
  const reasons: string[] = [];
  const openLink = openerFor(connection, { clock });
  const onState = (_state: string, reason: string): void => void (reason !== "" && reasons.push(reason));
  const session = createSession(connection, { clock, log: silentLog, openLink, onState });
  closers.push(() => session.close());
  // Until the server listens, the port is refused.
  const told = (): string | undefined => reasons.find((reason) => !reason.includes("ECONNREFUSED"));
  return eventually("the server has refused", told, () => reasons.join());
}

describe.each(["-tls1_2", "-tls1_3"])("openssl s_server %s", (version) => {
  test.each([
    ["none", undefined, /wants? a certificate of ours/],
    ["one of another authority", "foreign", /the server does not know the authority that signed .*foreign\.pem/],
    ["one that has expired", "expired", /the server says that .*expired\.pem has expired: renew it/],
  ])("wants a certificate, and gets %s", async (_what, own, expected) => {
    const ours = own === undefined ? {} : { certPath: file(`${own}.pem`), keyPath: file(`${own}.key`) };
    expect(await verdict(await serve(version), { caPath: file("plant.pem"), ...ours })).toMatch(expected);
  });
});
