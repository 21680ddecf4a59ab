import type { Link } from "../../../src/bus/link";
import { createSession } from "../../../src/bus/session";
import { failure, type ModbusFailure } from "../../../src/core/modbus/failure";
import type { ReadRegisters } from "../../../src/core/modbus/pdu";
import { silentLog } from "../../../src/kernel/log";
import { err, ok, type Result } from "../../../src/kernel/result";
import { createFakeLink, type FakeLink } from "../../support/fakeLink";
import { createManualClock } from "../../support/manualClock";
import { aConnection } from "../../support/points";

const read: ReadRegisters = { kind: "readRegisters", table: "holding", address: 1, count: 1 };
const NEVER = new AbortController().signal;
const CLOSED = { ok: false, error: { kind: "offline", detail: "line: the session was closed" } };

/** A session whose attempts to open end when the test says so, or by their signal. */
function setUp(more: Parameters<typeof aConnection>[0] = {}) {
  const clock = createManualClock();
  const states: string[] = [];
  const signals: AbortSignal[] = [];
  let answer: ((outcome: Result<Link, ModbusFailure>) => void) | undefined;
  const session = createSession(aConnection(more), {
    clock,
    log: silentLog,
    random: () => 0.5,
    onState: (state) => states.push(state),
    openLink: (signal) =>
      new Promise((resolve) => {
        signals.push(signal);
        answer = resolve;
        const onAbort = (): void => resolve(err(failure("aborted", "given up")));
        if (signal.aborted) onAbort();
        else signal.addEventListener("abort", onAbort);
      }),
  });
  /** The attempt under way ends with this link, or fails. */
  const opens = async (link?: FakeLink): Promise<void> => {
    answer?.(link === undefined ? err(failure("offline", "refused")) : ok(link));
    await clock.settle();
  };
  /** Closing must need no time; afterwards nothing happens any more, and who asks hears so at once. */
  const closes = async (): Promise<void> => {
    const attempts = signals.length;
    await Promise.all([session.close(), clock.settle()]);
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(600_000);
    expect(signals).toHaveLength(attempts);
    expect(await session.transact(1, read)).toEqual(CLOSED);
    expect(await session.whenOpen(NEVER)).toBe(false);
    expect([session.state, states.at(-1)]).toEqual(["closed", "closed"]);
  };
  return { clock, session, states, signals, opens, closes };
}

describe("closing a session", () => {
  it("before its first attempt, which is not made", async () => {
    const { session, signals } = setUp();
    await session.close();
    expect(signals).toEqual([]);
    expect(await session.transact(1, read)).toEqual(CLOSED);
  });

  it("ends the attempt to open", async () => {
    const { clock, signals, closes } = setUp();
    await clock.settle();
    expect(signals[0]?.aborted).toBe(false);
    await closes();
    expect(signals[0]?.aborted).toBe(true);
  });

  it("ends the second attempt, and the rest before it", async () => {
    for (const wait of [500, 1500]) {
      const { clock, signals, opens, closes } = setUp();
      await clock.settle();
      await opens();
      await clock.advance(wait);
      expect(signals).toHaveLength(wait > 1000 ? 2 : 1);
      await closes();
    }
  });

  it("ends the rest after opening, and closes that link", async () => {
    const { clock, states, opens, closes } = setUp({ connectDelayMs: 700 });
    const link = createFakeLink();
    await clock.settle();
    await opens(link);
    await clock.advance(300);
    await closes();
    expect([link.isClosed, states]).toEqual([true, ["connecting", "closed"]]);
  });

  it("closes a link that comes all the same", async () => {
    const { clock, session, states, opens } = setUp();
    const link = createFakeLink();
    await clock.settle();
    const opened = opens(link);
    await Promise.all([session.close(), opened]);
    expect([link.isClosed, states]).toEqual([true, ["connecting", "closed"]]);
  });

  it("after a link that had served was lost, while the next is being opened or rested for", async () => {
    for (const isOpening of [false, true]) {
      const { clock, signals, opens, closes } = setUp();
      await clock.settle();
      const link = createFakeLink();
      await opens(link);
      await clock.advance(100);
      link.break("gone");
      await clock.advance(isOpening ? 2000 : 0);
      expect(signals).toHaveLength(isOpening ? 2 : 1);
      await closes();
    }
  });

  it("that sleeps, or is being woken", async () => {
    for (const isWoken of [false, true]) {
      const { clock, session, signals, opens, closes } = setUp({ idleCloseMs: 500 });
      await clock.settle();
      await opens(createFakeLink());
      await clock.advance(5000);
      const asked = isWoken ? session.transact(1, read) : undefined;
      await clock.settle();
      expect(signals).toHaveLength(isWoken ? 2 : 1);
      await closes();
      if (asked !== undefined) expect(await asked).toEqual(CLOSED);
    }
  });

  it("that has just been dropped while idle", async () => {
    const { clock, session, opens, closes } = setUp();
    const link = createFakeLink();
    link.onWrite = (hex) => link.arrive(`${hex.slice(0, 8)}0005${hex.slice(12, 14)}03021111`);
    await clock.settle();
    await opens(link);
    await session.transact(1, read);
    link.break("the server closed the connection");
    await clock.settle();
    const asked = session.transact(1, read);
    await closes();
    expect(await asked).toEqual(CLOSED);
  });
});
