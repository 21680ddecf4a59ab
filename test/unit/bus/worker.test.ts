import { createWorker, type PollLane, type Worker } from "../../../src/bus/worker";
import { silentLog } from "../../../src/kernel/log";
import { later } from "../../../src/kernel/units";
import { createManualClock } from "../../support/manualClock";

const NEVER = new AbortController().signal;

function setUp(next: PollLane["next"]) {
  const clock = createManualClock();
  const errors: string[] = [];
  const log = { ...silentLog, error: (text: string) => errors.push(text) };
  const worker: Worker = createWorker(clock, log, { next });
  return { clock, errors, worker };
}

describe("worker", () => {
  it("runs commands in the order of their coming, each before the next poll", async () => {
    const order: string[] = [];
    let polls = 0;
    const { clock, worker } = setUp((ended) => {
      if (polls >= 3) return { kind: "sleep" };
      polls += 1;
      order.push(`poll ${polls}`);
      clock.setTimer(10, () => ended());
      return { kind: "begun" };
    });
    await clock.advance(5);
    const one = worker.command(async () => order.push("one"), NEVER);
    const two = worker.command(async () => order.push("two"), NEVER);
    await clock.advance(100);
    expect(await Promise.all([one, two])).toEqual([2, 3]);
    expect(order).toEqual(["poll 1", "one", "two", "poll 2", "poll 3"]);
    await worker.close();
  });

  it("sleeps until the instant it was told, or until it is woken", async () => {
    const asked: number[] = [];
    const { clock, worker } = setUp(() => {
      asked.push(clock.monotonic());
      return { kind: "sleep", until: later(clock.monotonic(), 100) };
    });
    await clock.advance(150);
    worker.wake();
    await clock.advance(100);
    expect(asked).toEqual([0, 100, 150, 250]);
    await worker.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it("survives a bug in the poll lane without running hot, and hands a task's bug to its caller", async () => {
    const { clock, errors, worker } = setUp(() => {
      throw new TypeError("a bug");
    });
    await clock.advance(2500);
    expect(errors).toHaveLength(3);
    const task = worker.command(() => Promise.reject(new TypeError("another")), NEVER);
    await expect(task).rejects.toThrow("another");
    expect(await worker.command(async () => "alive", NEVER)).toBe("alive");
    await worker.close();
  });

  it("bounds its queue and counts what it turned away", async () => {
    const { clock, worker } = setUp(() => ({ kind: "sleep" }));
    const gate = worker.command(() => new Promise<void>((resolve) => clock.setTimer(1000, resolve)), NEVER);
    await clock.settle();
    const all = Array.from({ length: 300 }, () => worker.command(async () => true, new AbortController().signal));
    await clock.advanceUntil(gate);
    const done = (await Promise.all(all)).filter((outcome) => outcome === true);
    expect([done.length, worker.refused]).toEqual([256, 44]);
    await worker.close();
  });
});
