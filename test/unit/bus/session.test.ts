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

test("dropped by the server while idle: no outage, who asks waits; the second time opened when somebody asks", async () => {
  const [first, second, third] = [answering(), answering(), answering()];
  outcomes = [first, second, third];
  start();
  await clock.settle();
  await session.transact(1, read);
  await clock.advance(5000);
  first.break("the server closed the connection");
  await clock.settle();
  expect(await session.transact(1, read)).toMatchObject({ ok: true });
  expect(states).toEqual(["connecting: ", "open: ", "open: "]);
  await clock.advance(5000);
  second.break("the server closed the connection");
  await clock.advance(60_000);
  expect(session.opens).toBe(2);
  expect(await session.transact(1, read)).toMatchObject({ ok: true });
  expect(states).toEqual(["connecting: ", "open: ", "open: ", "open: "]);
});

test("dropped while idle by a server that is gone then: closed, with the reason", async () => {
  const first = answering();
  outcomes = [first, "plc:502: refused"];
  start();
  await clock.settle();
  await session.transact(1, read);
  await clock.advance(5000);
  first.break("the server closed the connection");
  await clock.settle();
  expect(states).toEqual(["connecting: ", "open: ", "closed: plc:502: refused"]);
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

describe("idleCloseMs", () => {
  test("closes after so long without a request, and opens again for the next one, which gets its answer", async () => {
    const first = answering();
    const second = answering();
    outcomes = [first, second];
    start({ idleCloseMs: 5000 });
    await clock.settle();
    await session.transact(1, read);
    await clock.advance(4999);
    expect(first.isClosed).toBe(false);
    await clock.advance(1);
    expect(first.isClosed).toBe(true);
    await clock.advance(60_000);
    expect(attemptsAt).toEqual([0]);
    expect(session.state).toBe("open");
    expect(await session.transact(1, read)).toMatchObject({ ok: true });
    expect(second.written).toHaveLength(1);
    // Nobody was told of a loss, for there was none.
    expect(states).toEqual(["connecting: ", "open: "]);
  });

  test("counts from the opening where nothing is asked, and not while an answer is awaited", async () => {
    const silent = createFakeLink();
    outcomes = [silent, answering()];
    start({ idleCloseMs: 500, responseTimeoutMs: 900 });
    await clock.advance(499);
    const pending = session.transact(1, read);
    await clock.advance(890);
    expect(silent.isClosed).toBe(false);
    expect(await clock.advanceUntil(pending)).toMatchObject({ error: { kind: "timeout" } });
    await clock.advance(499);
    expect(silent.isClosed).toBe(false);
    await clock.advance(1);
    expect(silent.isClosed).toBe(true);
  });

  test("never closes where polling is faster", async () => {
    outcomes = [answering()];
    start({ idleCloseMs: 1000 });
    await clock.settle();
    for (let poll = 0; poll < 50; poll++) {
      await session.transact(1, read);
      await clock.advance(999);
    }
    expect(session.opens).toBe(1);
  });

  test("requests that wait for the link hear why it could not be opened; it is tried again", async () => {
    outcomes = [answering(), "plc:502: refused", answering()];
    start({ idleCloseMs: 2000 });
    await clock.advance(10_000);
    const both = [session.transact(1, read), session.transact(2, read)];
    expect(await Promise.all(both)).toEqual([
      { ok: false, error: { kind: "offline", detail: "plant: plc:502: refused" } },
      { ok: false, error: { kind: "offline", detail: "plant: plc:502: refused" } },
    ]);
    expect(session.state).toBe("closed");
    await clock.advance(1000);
    expect(session.state).toBe("open");
  });

  test("what is asked in the turn that loses the link leaves no idle time behind: who asks later hears that it is down", async () => {
    const silent = createFakeLink();
    outcomes = [silent, "plc:502: refused"];
    start({ idleCloseMs: 100 });
    await clock.settle();
    const first = session.transact(1, read);
    silent.break("reset");
    const second = session.transact(1, read);
    expect(await first).toMatchObject({ error: { kind: "lost" } });
    expect(await second).toMatchObject({ error: { kind: "offline", detail: "reset" } });
    await clock.advance(150);
    let outcome: unknown;
    void session.transact(1, read).then((settled) => (outcome = settled));
    await clock.settle();
    expect(outcome).toMatchObject({ error: { kind: "offline", detail: "plant: the connection was lost: reset" } });
  });

  test("opens at most once a second all the same", async () => {
    outcomes = [answering];
    start({ idleCloseMs: 100 });
    for (let poll = 0; poll < 5; poll++) {
      await clock.advanceUntil(session.transact(1, read));
      await clock.advance(101);
    }
    expect(attemptsAt).toEqual([0, 1000, 2000, 3000, 4000]);
  });

  test("given up while it waits for the link; closed while it sleeps", async () => {
    outcomes = [answering(), "never"];
    start({ idleCloseMs: 500 });
    await clock.advance(600);
    const controller = new AbortController();
    const pending = session.transact(1, read, { signal: controller.signal });
    controller.abort();
    expect(await pending).toMatchObject({ error: { kind: "aborted" } });
    const other = session.transact(1, read);
    await session.close();
    expect(await other).toMatchObject({ error: { kind: "offline", detail: "plant: the session was closed" } });
    expect(attemptsAt).toEqual([0]);
  });

  test("closed while it sleeps: who asks during that and after it hears so at once", async () => {
    outcomes = [answering(), "never"];
    start({ idleCloseMs: 500 });
    await clock.advance(600);
    const closing = session.close();
    const closed = { ok: false, error: { kind: "offline", detail: "plant: the session was closed" } };
    const heard: unknown[] = [];
    for (const _ of [1, 2]) {
      void session.transact(1, read).then((outcome) => heard.push(outcome));
      await clock.settle();
      await closing;
    }
    expect(heard).toEqual([closed, closed]);
  });

  test("a link that takes its time to end does not fall asleep over that: it is opened anew", async () => {
    const slow = createFakeLink();
    const end = slow.close.bind(slow);
    slow.close = () => new Promise((resolve) => clock.setTimer(800, () => resolve(end())));
    outcomes = [slow, answering()];
    start({ idleCloseMs: 500, responseTimeoutMs: 100 });
    await clock.settle();
    for (let call = 0; call < 3; call++) await clock.advanceUntil(session.transact(1, read));
    expect(session.state).toBe("closed");
    await clock.advance(2000);
    expect(states.slice(2)).toEqual([expect.stringContaining("opening plant anew"), "open: "]);
  });
});

describe("opening anew", () => {
  /** Unit 1 answers, the others are silent. */
  const gateway = (): FakeLink => {
    const link = createFakeLink();
    link.onWrite = (hex) => {
      if (hex.slice(12, 14) === "01") link.arrive(`${hex.slice(0, 8)}00050103021111`);
    };
    return link;
  };

  test("not since one unit is silent, however much more often than the answering one it is asked", async () => {
    outcomes = [gateway];
    start();
    await clock.settle();
    for (let round = 0; round < 3; round++) {
      expect(await session.transact(1, read)).toMatchObject({ ok: true });
      for (let call = 0; call < 100; call++) {
        const silent = await clock.advanceUntil(session.transact(2, read));
        expect(silent).toMatchObject({ error: { kind: "timeout" } });
      }
    }
    expect(states).toEqual(["connecting: ", "open: "]);
  });

  test("when the unit that had answered is silent too", async () => {
    const first = gateway();
    outcomes = [first, answering()];
    start();
    await clock.settle();
    await session.transact(1, read);
    for (let call = 0; call < 10; call++) await clock.advanceUntil(session.transact(2, read));
    first.onWrite = () => undefined;
    await clock.advanceUntil(session.transact(1, read));
    expect(first.isClosed).toBe(true);
  });

  test("when no unit has answered for 10 minutes, though one did the last time it was asked", async () => {
    outcomes = [gateway];
    start();
    await clock.settle();
    await session.transact(1, read);
    await clock.advance(597_500);
    for (let call = 0; call < 2; call++) await clock.advanceUntil(session.transact(2, read));
    expect(session.opens).toBe(1);
    for (let call = 0; call < 2; call++) await clock.advanceUntil(session.transact(2, read));
    await clock.advance(1000);
    expect(session.opens).toBe(2);
  });

  test("where that does not help, ever more failures are needed, and the rest stays short", async () => {
    outcomes = [createFakeLink];
    start({ failuresBeforeReopen: 2 });
    const openings: number[] = [];
    for (let call = 0; call < 30; call++) {
      await session.whenOpen(new AbortController().signal);
      await clock.advanceUntil(session.transact(1, read));
      if (session.state === "closed") {
        openings.push(call + 1);
        await clock.advance(1000);
        expect(session.state).toBe("open");
      }
    }
    // After 2, then 4, then 8 each.
    expect(openings).toEqual([2, 6, 14, 22, 30]);
  });
});

test("pipelining: as many under way as allowed, each answer to its request in whatever order", async () => {
  const link = createFakeLink();
  outcomes = [link];
  start({ maxInFlight: 3 });
  await clock.settle();
  const calls = [10, 11, 12, 13].map((address) => session.transact(1, { ...read, address }));
  await clock.settle();
  // What is asked together is written together; each request has 12 bytes.
  const requests = (): string[] => link.written.join("").match(/.{24}/g) ?? [];
  expect(requests()).toHaveLength(3);
  // Each register holds its address.
  const answer = (hex: string): void => link.arrive(`${hex.slice(0, 8)}0005010302${hex.slice(16, 20)}`);
  const [first = "", second = "", third = ""] = requests();
  answer(third);
  await clock.settle();
  expect(requests()).toHaveLength(4);
  answer(first);
  answer(requests()[3] ?? "");
  answer(second);
  const outcomesOfAll = await Promise.all(calls);
  const registers = outcomesOfAll.map((outcome) => (outcome.ok ? outcome.value.response.registers[0] : undefined));
  expect(registers).toEqual([10, 11, 12, 13]);
});

test("a framing without transaction ids: one under way, whatever maxInFlight says", async () => {
  const link = createFakeLink();
  outcomes = [link];
  start({ framing: "rtu", maxInFlight: 3 });
  await clock.settle();
  const calls = [session.transact(1, read), session.transact(2, read)];
  await clock.advance(10);
  expect(link.written).toEqual(["0103000100 01d5ca".replaceAll(" ", "")]);
  await session.close();
  await Promise.all(calls);
});
