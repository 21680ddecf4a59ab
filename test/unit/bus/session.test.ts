import type { Link } from "../../../src/bus/link";
import { createSession, type Session } from "../../../src/bus/session";
import type { TcpConnection } from "../../../src/core/config/gatewayConfig";
import { failure, type ModbusFailure } from "../../../src/core/modbus/failure";
import type { ReadRegisters } from "../../../src/core/modbus/pdu";
import { silentLog } from "../../../src/kernel/log";
import { err, ok, type Result } from "../../../src/kernel/result";
import { createFakeLink, type FakeLink } from "../../support/fakeLink";
import { createManualClock, type ManualClock } from "../../support/manualClock";

const connection: TcpConnection = {
  name: "plant",
  transport: "tcp",
  framing: "mbap",
  host: "plc",
  port: 502,
  connectTimeoutMs: 5000,
  responseTimeoutMs: 1000,
  requestGapMs: 0,
  readRetries: 1,
  connectDelayMs: 0,
  failuresBeforeReopen: 3,
  fingerprint: "",
};
const read: ReadRegisters = { kind: "readRegisters", table: "holding", address: 1, count: 1 };

let clock: ManualClock;
let session: Session;
/** What each attempt meets: a link, or why there is none. The last one serves all further attempts. */
let outcomes: (FakeLink | string | (() => FakeLink))[];
let attemptsAt: number[];
let states: string[];

function start(changes: Partial<TcpConnection> = {}): void {
  session = createSession(
    { ...connection, ...changes },
    {
      clock,
      log: silentLog,
      random: () => 0.5,
      onState: (state, reason) => states.push(`${state}: ${reason}`),
      openLink: async (): Promise<Result<Link, ModbusFailure>> => {
        attemptsAt.push(clock.monotonic());
        const outcome = (outcomes.length > 1 ? outcomes.shift() : outcomes[0]) ?? "no outcome";
        if (typeof outcome === "string") return err(failure("offline", outcome));
        return ok(typeof outcome === "function" ? outcome() : outcome);
      },
    },
  );
}

/** A server that answers every read with 0x1111. */
function answering(): FakeLink {
  const link = createFakeLink();
  link.onWrite = (hex) => link.arrive(`${hex.slice(0, 8)}0005${hex.slice(12, 14)}03021111`);
  return link;
}

beforeEach(() => {
  clock = createManualClock();
  outcomes = [];
  attemptsAt = [];
  states = [];
});

afterEach(async () => {
  await clock.advanceUntil(session.close());
  expect(clock.pendingTimers).toBe(0);
});

test("opens, tells, serves", async () => {
  outcomes = [answering()];
  start();
  expect(session.state).toBe("connecting");
  expect(await session.transact(1, read)).toEqual({
    ok: false,
    error: { kind: "offline", detail: "plant: the connection is being opened" },
  });
  expect(await session.whenOpen(new AbortController().signal)).toBe(true);
  expect(await session.transact(1, read)).toMatchObject({ value: { response: { registers: Uint16Array.of(0x1111) } } });
  expect(states).toEqual(["connecting: ", "open: "]);
});

test("while it cannot be opened: the reason at once, ever rarer attempts", async () => {
  outcomes = ["plc:502: refused"];
  start();
  await clock.advance(100_000);
  expect(await session.transact(1, read)).toEqual({
    ok: false,
    error: { kind: "offline", detail: "plant: plc:502: refused" },
  });
  // At most one a second; then 0.75 of 1, 2, 4 … 30 s.
  const rests = attemptsAt.slice(1).map((at, index) => at - (attemptsAt[index] ?? 0));
  expect(rests.slice(0, 8)).toEqual([1000, 1000, 1500, 3000, 6000, 12_000, 22_500, 22_500]);
  expect(states).toEqual(["connecting: ", "closed: plc:502: refused"]);
});

test("lost after it had worked: opened again quickly", async () => {
  const first = answering();
  outcomes = [first, answering()];
  start();
  await clock.settle();
  await session.transact(1, read);
  await clock.advance(5000);
  first.break("reset by the server");
  await clock.settle();
  expect(await session.transact(1, read)).toMatchObject({
    error: { kind: "offline", detail: "plant: the connection was lost: reset by the server" },
  });
  await clock.advance(100);
  expect(session.state).toBe("open");
  expect(attemptsAt).toEqual([0, 5100]);
  expect(session.opens).toBe(2);
});

test("a server that accepts and hangs up is not stormed", async () => {
  const hangingUp = (): FakeLink => {
    const link = createFakeLink();
    clock.setTimer(1, () => link.break("the server closed the connection"));
    return link;
  };
  outcomes = [hangingUp];
  start();
  await clock.advance(60_000);
  expect(attemptsAt.length).toBeLessThan(9);
});

test("reopened after failures in a row while nobody answers", async () => {
  const silent = createFakeLink();
  outcomes = [silent, answering()];
  start();
  await clock.settle();
  for (let call = 0; call < 3; call++) await clock.advanceUntil(session.transact(call, read));
  expect(silent.isClosed).toBe(true);
  expect(states[2]).toContain("opening plant anew: 3 requests in a row failed, the last one: no answer within 1000 ms");
  await clock.advance(1000);
  expect(session.state).toBe("open");
});

test("not reopened while one unit of several answers, an exception too", async () => {
  const link = createFakeLink();
  link.onWrite = (hex) => {
    if (hex.slice(12, 14) === "01") link.arrive(`${hex.slice(0, 8)}0003018302`);
  };
  outcomes = [link];
  start();
  await clock.settle();
  for (let call = 0; call < 20; call++) await clock.advanceUntil(session.transact(call % 3, read));
  expect(link.isClosed).toBe(false);
});

test("a rest after opening", async () => {
  outcomes = [answering()];
  start({ connectDelayMs: 700 });
  await clock.advance(699);
  expect(session.state).toBe("connecting");
  await clock.advance(1);
  expect(session.state).toBe("open");
});

test("close: what is under way fails, nothing is opened again, those who wait hear it", async () => {
  outcomes = [createFakeLink()];
  start();
  await clock.settle();
  const pending = session.transact(1, read);
  const closing = session.close();
  expect(session.close()).toBe(closing);
  await closing;
  expect(await pending).toMatchObject({ error: { kind: "aborted" } });
  expect(await session.whenOpen(new AbortController().signal)).toBe(false);
  await clock.advance(60_000);
  expect(attemptsAt).toHaveLength(1);
});

test("waiting for openness ends by signal and by close", async () => {
  outcomes = ["refused"];
  start();
  const controller = new AbortController();
  const given = session.whenOpen(controller.signal);
  const other = session.whenOpen(new AbortController().signal);
  controller.abort();
  expect(await given).toBe(false);
  await clock.advanceUntil(session.close());
  expect(await other).toBe(false);
});

test("transaction ids go on over reconnects", async () => {
  const first = answering();
  const second = answering();
  outcomes = [first, second];
  start();
  await clock.settle();
  await session.transact(1, read);
  first.break("gone");
  await clock.advance(1000);
  await session.transact(1, read);
  expect([first.written[0]?.slice(0, 4), second.written[0]?.slice(0, 4)]).toEqual(["8001", "8002"]);
});
