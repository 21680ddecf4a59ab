import { createWorker, type Ended, type PollLane } from "../../../src/bus/worker";
import { silentLog } from "../../../src/kernel/log";
import { createManualClock } from "../../support/manualClock";

const NEVER = new AbortController().signal;

/** A worker with several lanes; `ends` holds what ends the pieces of poll work under way, oldest first. */
function setUp(parallel: number, hasWork: () => boolean = () => true) {
  const clock = createManualClock();
  const errors: string[] = [];
  const begun: number[] = [];
  const ends: Ended[] = [];
  const next: PollLane["next"] = (ended) => {
    if (!hasWork()) return { kind: "sleep" };
    begun.push(clock.monotonic());
    ends.push(ended);
    return { kind: "begun" };
  };
  const log = { ...silentLog, error: (text: string) => errors.push(text) };
  const worker = createWorker(clock, log, { next }, parallel);
  const end = async (bug?: unknown): Promise<void> => {
    ends.shift()?.(bug);
    await clock.settle();
  };
  return { clock, errors, begun, ends, worker, end };
}

describe("worker with several lanes", () => {
  it("keeps as many polls under way as the connection bears, never more", async () => {
    const { clock, begun, ends, worker, end } = setUp(3);
    await clock.settle();
    expect(begun).toHaveLength(3);
    worker.wake();
    await clock.settle();
    expect(begun).toHaveLength(3);
    await end();
    await end();
    expect([begun.length, ends.length]).toEqual([5, 3]);
    const closing = worker.close();
    for (const _ of [1, 2, 3]) await end();
    await closing;
    expect(begun).toHaveLength(5);
  });

  it("a command waits for all that is under way, alone; no poll begins meanwhile", async () => {
    const { clock, begun, worker, end } = setUp(2);
    await clock.settle();
    const order: string[] = [];
    const command = worker.command(async () => {
      order.push(`begins beside ${begun.length - 2} further polls`);
      await new Promise<void>((resolve) => clock.setTimer(5, resolve));
      worker.wake();
      await new Promise<void>((resolve) => clock.setTimer(5, resolve));
      order.push(`ends beside ${begun.length - 2} further polls`);
    }, NEVER);
    await end();
    await clock.advance(100);
    expect(order).toEqual([]);
    await end();
    await clock.advanceUntil(command);
    expect(order).toEqual(["begins beside 0 further polls", "ends beside 0 further polls"]);
    await clock.settle();
    expect(begun).toHaveLength(4);
    const closing = worker.close();
    await end();
    await end();
    await closing;
  });

  it("polls go on at once when the only command that they waited for is given up", async () => {
    const { clock, begun, worker, end } = setUp(2);
    await clock.settle();
    const controller = new AbortController();
    const command = worker.command(async () => "carried out", controller.signal);
    controller.abort();
    expect(await command).toBeUndefined();
    await end();
    expect(begun).toHaveLength(3);
    const closing = worker.close();
    await end();
    await end();
    await closing;
  });

  it("a bug that ends one piece of work rests the polls for a second, lets the others end, and commands through", async () => {
    const { clock, errors, begun, worker, end } = setUp(3);
    await clock.settle();
    await end(new TypeError("a bug"));
    expect(errors).toEqual(["polling failed inside the module"]);
    await clock.advance(400);
    await end();
    await end();
    expect(await worker.command(async () => "carried out", NEVER)).toBe("carried out");
    await clock.advance(599);
    expect(begun).toEqual([0, 0, 0]);
    await clock.advance(1);
    expect(begun).toEqual([0, 0, 0, 1000, 1000, 1000]);
    const closing = worker.close();
    for (const _ of [1, 2, 3]) await end();
    await closing;
  });

  it("bugs of several pieces, one after another: the rest counts from the last", async () => {
    const { clock, errors, begun, worker, end } = setUp(2);
    await clock.settle();
    await end("one");
    await clock.advance(300);
    await end("two");
    await clock.advance(999);
    expect([errors.length, begun.length]).toEqual([2, 2]);
    await clock.advance(1);
    expect(begun).toHaveLength(4);
    const closing = worker.close();
    await end();
    await end();
    await closing;
  });

  it("closed while it rests or sleeps it leaves at once; closed with work under way, when that has ended", async () => {
    const resting = setUp(2);
    await resting.clock.settle();
    await resting.end("a bug");
    await resting.end("a bug");
    await resting.worker.close();
    const asleep = setUp(2, () => false);
    await asleep.clock.settle();
    await asleep.worker.close();
    const busy = setUp(2);
    await busy.clock.settle();
    let left = false;
    const dropped = busy.worker.command(async () => "carried out", NEVER);
    void busy.worker.close().then(() => {
      left = true;
    });
    await busy.end();
    expect(left).toBe(false);
    await busy.end("a bug at the end");
    expect(left).toBe(true);
    expect(await dropped).toBeUndefined();
    for (const { clock } of [resting, asleep, busy]) expect(clock.pendingTimers).toBe(0);
  });

  it("work that ends before `next` returns is counted as any other, however much of it there is", async () => {
    const clock = createManualClock();
    let left = 50_000;
    const worker = createWorker(
      clock,
      silentLog,
      {
        next(ended) {
          if (left === 0) return { kind: "sleep" };
          left -= 1;
          ended();
          return { kind: "begun" };
        },
      },
      2,
    );
    await clock.settle();
    expect(left).toBe(0);
    expect(await worker.command(async () => "carried out", NEVER)).toBe("carried out");
    await worker.close();
  });
});
