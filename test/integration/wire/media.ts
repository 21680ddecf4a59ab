import { mkdtemp, rm, symlink, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openerFor } from "../../../src/bus/openerFor";
import { createSession } from "../../../src/bus/session";
import type { ConnectionConfig } from "../../../src/core/config/gatewayConfig";
import { failure } from "../../../src/core/modbus/failure";
import { silentLog } from "../../../src/kernel/log";
import { err, ok, type Result } from "../../../src/kernel/result";
import { createSystemClock } from "../../../src/kernel/systemClock";
import { wait } from "../../../src/kernel/wait";
import type { ByteStream } from "../../../src/simulator/faults/byteStream";
import { NO_FAULTS } from "../../../src/simulator/faults/fault";
import { createFaultProxy } from "../../../src/simulator/faults/faultProxy";
import { MisbehavingServer } from "../../../src/simulator/faults/misbehavingServer";
import { startPtyFaultProxy } from "../../../src/simulator/faults/ptyFaultProxy";
import type { ReplyFraming } from "../../../src/simulator/faults/reply";
import { startTcpFaultProxy } from "../../../src/simulator/faults/tcpFaultProxy";
import { createManualClock } from "../../support/manualClock";
import { memoryLink, streamPair } from "../../support/streamPair";
import type { Medium } from "./bench";

const line = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
const never = new AbortController().signal;

const common = {
  name: "plant",
  requestGapMs: 0,
  readRetries: 0,
  connectDelayMs: 0,
  failuresBeforeReopen: 5,
  fingerprint: "",
};

function tcpConnection(port: number, framing: ReplyFraming, responseTimeoutMs: number): ConnectionConfig {
  const maxInFlight = framing === "mbap" ? 16 : 1;
  const where = { host: "127.0.0.1", port, connectTimeoutMs: 2000 };
  return { ...common, transport: "tcp", framing, ...where, responseTimeoutMs, maxInFlight };
}

function serialConnection(path: string, framing: "rtu" | "ascii", responseTimeoutMs: number): ConnectionConfig {
  return { ...common, transport: "serial", framing, path, line, responseTimeoutMs };
}

/** A way to the server inside this process. */
function wayTo(server: MisbehavingServer): () => Promise<Result<ByteStream, string>> {
  return async () => {
    const [near, far] = streamPair();
    server.attach(far);
    return ok(near);
  };
}

/** Everything in memory, by a clock that the test moves. */
export async function memoryMedium(framing: ReplyFraming): Promise<Medium> {
  const clock = createManualClock();
  const timeoutMs = 1000;
  const server = new MisbehavingServer({ framing, clock });
  const proxy = createFaultProxy({ plan: NO_FAULTS, clock, framing, gatherMs: 0, connect: wayTo(server) });
  const connection =
    framing === "mbap" ? tcpConnection(1, framing, timeoutMs) : serialConnection("memory", framing, timeoutMs);
  let plugged = true;
  const openLink = async () => {
    if (!plugged) return err(failure("offline", "memory: nobody is there"));
    const [near, far] = streamPair();
    void proxy.accept(far);
    return ok(memoryLink(near));
  };
  return {
    name: `${framing} in memory`,
    framing,
    clock,
    exact: true,
    timeoutMs,
    server,
    proxy,
    open: (onState) => createSession(connection, { clock, log: silentLog, openLink, onState }),
    async unplug() {
      plugged = false;
      proxy.cutAll("reset");
    },
    async plugIn() {
      plugged = true;
    },
    run: (promise) => clock.advanceUntil(promise, 60_000),
    pass: (ms) => clock.advance(ms),
    async close() {
      proxy.close();
      server.close();
    },
  };
}

const REAL_TIMEOUT_MS = 400;

/** Real sockets. */
export async function tcpMedium(framing: ReplyFraming): Promise<Medium> {
  const clock = createSystemClock();
  const server = new MisbehavingServer({ framing, clock });
  const start = async (port: number) => {
    const listen = { host: "127.0.0.1", port };
    const started = await startTcpFaultProxy({ plan: NO_FAULTS, clock, framing, listen, server: wayTo(server) });
    if (!started.ok) throw new Error(started.error);
    return started.value;
  };
  let front = await start(0);
  const connection = tcpConnection(front.port, framing, REAL_TIMEOUT_MS);
  const openLink = openerFor(connection, { clock });
  return {
    name: `${framing} over TCP`,
    framing,
    clock,
    exact: false,
    timeoutMs: REAL_TIMEOUT_MS,
    server,
    get proxy() {
      return front.proxy;
    },
    open: (onState) => createSession(connection, { clock, log: silentLog, openLink, onState }),
    unplug: () => front.close(),
    async plugIn() {
      front = await start(front.port);
    },
    run: (promise) => promise,
    pass: async (ms) => void (await wait(clock, ms, never)),
    async close() {
      server.close();
      await front.close();
    },
  };
}

/** RTU on a pseudo terminal behind a link that stays, as `/dev/serial/by-id` does. */
export async function ptyMedium(): Promise<Medium> {
  const clock = createSystemClock();
  const server = new MisbehavingServer({ framing: "rtu", clock });
  const folder = await mkdtemp(join(tmpdir(), "wire-"));
  const path = join(folder, "line");
  const plug = async () => {
    const started = await startPtyFaultProxy({ plan: NO_FAULTS, clock, line, server: wayTo(server), gatherMs: 2 });
    if (!started.ok) throw new Error(started.error);
    await symlink(started.value.path, path);
    return started.value;
  };
  let front = await plug();
  const connection = serialConnection(path, "rtu", REAL_TIMEOUT_MS);
  const openLink = openerFor(connection, { clock });
  return {
    name: "RTU on a pseudo terminal",
    framing: "rtu",
    clock,
    exact: false,
    timeoutMs: REAL_TIMEOUT_MS,
    server,
    get proxy() {
      return front.proxy;
    },
    open: (onState) => createSession(connection, { clock, log: silentLog, openLink, onState }),
    async unplug() {
      await unlink(path);
      await front.close();
    },
    async plugIn() {
      front = await plug();
    },
    run: (promise) => promise,
    pass: async (ms) => void (await wait(clock, ms, never)),
    async close() {
      server.close();
      await front.close();
      await rm(folder, { recursive: true });
    },
  };
}
