import { type ChildProcess, spawn } from "node:child_process";
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { openerFor } from "../../../src/bus/openerFor";
import { createSession, type Session } from "../../../src/bus/session";
import type { ConnectionConfig } from "../../../src/core/config/gatewayConfig";
import type { ReadRegisters } from "../../../src/core/modbus/pdu";
import { silentLog } from "../../../src/kernel/log";
import { createSystemClock } from "../../../src/kernel/systemClock";
import { wait } from "../../../src/kernel/wait";
import { MisbehavingServer, type Reaction } from "../../../src/simulator/faults/misbehavingServer";
import { registerOf } from "../../../src/simulator/faults/plainImage";
import type { ReplyFraming } from "../../../src/simulator/faults/reply";

/** Situations that need the operating system: datagrams, connects that hang, a server that does not read. */
const clock = createSystemClock();
const never = new AbortController().signal;
const host = "127.0.0.1";
const common = {
  name: "plant",
  host,
  requestGapMs: 0,
  readRetries: 0,
  connectDelayMs: 0,
  failuresBeforeReopen: 5,
  responseTimeoutMs: 200,
  connectTimeoutMs: 300,
  fingerprint: "",
};
const read = (address: number): ReadRegisters => ({ kind: "readRegisters", table: "holding", address, count: 2 });

let session: Session | undefined;
afterEach(async () => {
  await session?.close();
  session = undefined;
});

function open(connection: ConnectionConfig): Session {
  const openLink = openerFor(connection, { clock });
  session = createSession(connection, { clock, log: silentLog, openLink, onState: () => undefined });
  return session;
}

describe.each<ReplyFraming>(["mbap", "rtu"])("%s over UDP", (framing) => {
  let udp: UdpSocket;
  let server: MisbehavingServer;
  beforeEach(async () => {
    udp = createSocket("udp4");
    server = new MisbehavingServer({ framing, clock });
    udp.bind(0, host);
    await once(udp, "listening");
    let peer = { port: 0 };
    let attached = false;
    udp.on("message", (_bytes, { port }) => {
      peer = { port };
    });
    server.attach({
      listen(events) {
        if (!attached) udp.on("message", (bytes) => events.data(bytes));
        attached = true;
      },
      write: (bytes) => udp.send(bytes, peer.port, host),
      end: () => undefined,
      cut: () => undefined,
    });
  });
  afterEach(async () => {
    server.close();
    udp.close();
    await once(udp, "close");
  });

  async function opened(): Promise<Session> {
    const { port } = udp.address();
    const bus = open({ ...common, transport: "udp", framing: framing === "mbap" ? "mbap" : "rtu", port });
    expect(await bus.whenOpen(never)).toBe(true);
    return bus;
  }

  async function recovers(bus: Session): Promise<void> {
    for (let address = 100; address < 103; address++) {
      await bus.whenOpen(never);
      const registers = Uint16Array.of(registerOf(1, address), registerOf(1, address + 1));
      expect(await bus.transact(1, read(address))).toMatchObject({ value: { response: { registers } } });
    }
  }

  test.each<[string, Reaction]>([
    ["a datagram cut short", (turn) => turn.send(turn.frame().subarray(0, -1))],
    ["a datagram of half a header", (turn) => turn.send(turn.frame().subarray(0, 3))],
    ["an empty datagram", (turn) => turn.send(Buffer.alloc(0))],
    [
      "an answer in two datagrams",
      (turn) => {
        turn.send(turn.frame().subarray(0, 5));
        turn.stream.write(turn.frame().subarray(5));
      },
    ],
    ["a datagram with bytes behind the frame", (turn) => turn.send(Buffer.concat([turn.frame(), Buffer.alloc(2)]))],
    ["no answer", () => undefined],
  ])("%s is an error, then it works again", async (_what, reaction) => {
    const bus = await opened();
    server.once(reaction);
    const start = clock.monotonic();
    const outcome = await bus.transact(1, read(10));
    expect(outcome).toMatchObject({ ok: false });
    expect(clock.monotonic() - start).toBeLessThan(600);
    await recovers(bus);
  });

  test("well-behaved", async () => {
    await recovers(await opened());
  });
});

describe("a connect that never completes", () => {
  /** A process that listens and never accepts: when its queue is full, connects hang. */
  async function hangingPort(): Promise<{ child: ChildProcess; port: number; fillers: Socket[] }> {
    const script = `const s = require("net").createServer(); s.listen({ port: 0, host: "${host}", backlog: 1 }, () => {
      require("fs").writeSync(1, s.address().port + "\\n"); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20000); });`;
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(createInterface({ input: child.stdout }), "line");
    const port = Number(line);
    const fillers = Array.from({ length: 4 }, () => connect(port, host).on("error", () => undefined));
    await wait(clock, 100, never);
    return { child, port, fillers };
  }

  test("an error at the deadline, and its socket is gone", async () => {
    const { child, port, fillers } = await hangingPort();
    const sockets = (): number => process.getActiveResourcesInfo().filter((what) => /TCP.*Wrap/.test(what)).length;
    const before = sockets();
    const start = clock.monotonic();
    const connection = { ...common, transport: "tcp", framing: "mbap", port } as const;
    const outcome = await openerFor(connection, { clock })(never);
    expect(outcome).toMatchObject({ ok: false, error: { kind: "offline" } });
    if (!outcome.ok) expect(outcome.error.detail).toContain("no connection within 300 ms");
    expect(clock.monotonic() - start).toBeGreaterThanOrEqual(299);
    expect(clock.monotonic() - start).toBeLessThan(900);
    await wait(clock, 20, never);
    expect(sockets()).toBe(before);
    for (const socket of fillers) socket.destroy();
    child.kill("SIGKILL");
    await once(child, "exit");
  });
});

describe("a server that has stopped reading", () => {
  let sockets: Socket[];
  let port: number;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    sockets = [];
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      sockets.push(socket);
      socket.on("error", () => undefined);
    });
    server.listen(0, host);
    await once(server, "listening");
    ({ port } = server.address() as AddressInfo);
    stop = async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    };
  });
  afterEach(() => stop());

  test.each([1, 16])("every call ends, what waits is bounded (%d under way)", async (maxInFlight) => {
    const bus = open({ ...common, transport: "tcp", framing: "mbap", port, maxInFlight, responseTimeoutMs: 100 });
    await bus.whenOpen(never);
    const values = Array.from({ length: 123 }, (_, index) => index);
    const before = process.memoryUsage().arrayBuffers;
    const start = clock.monotonic();
    const calls = Array.from({ length: 3000 }, () => bus.transact(1, { kind: "writeRegisters", address: 0, values }));
    const outcomes = await Promise.all(calls);
    expect(outcomes.every((outcome) => !outcome.ok)).toBe(true);
    const kinds = new Set(outcomes.map((outcome) => (outcome.ok ? "value" : outcome.error.kind)));
    // No answer; refused since too many waited, or since the connection was opened anew.
    expect(kinds).toContain("timeout");
    expect(["aborted", "offline", "timeout"]).toEqual(expect.arrayContaining([...kinds]));
    expect(clock.monotonic() - start).toBeLessThan(10_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
  });
});
