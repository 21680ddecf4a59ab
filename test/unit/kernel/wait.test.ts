import { deferred, wait, within } from "../../../src/kernel/wait";
import { createManualClock } from "../../support/manualClock";

describe("wait", () => {
  test("ends when the time has passed, not before, and lets go of the signal", async () => {
    const clock = createManualClock();
    const { signal } = new AbortController();
    const remove = jest.spyOn(signal, "removeEventListener");
    let outcome: string | undefined;
    void wait(clock, 100, signal).then((ended) => {
      outcome = ended;
    });
    await clock.advance(99);
    expect(outcome).toBeUndefined();
    await clock.advance(1);
    expect(outcome).toBe("elapsed");
    expect(remove).toHaveBeenCalledTimes(1);
  });

  test("ends at once when the signal aborts and leaves no timer", async () => {
    const clock = createManualClock();
    const controller = new AbortController();
    const waiting = wait(clock, 100, controller.signal);
    expect(clock.pendingTimers).toBe(1);
    controller.abort();
    expect(await waiting).toBe("aborted");
    expect(clock.pendingTimers).toBe(0);
  });

  test("sets no timer for a signal that is aborted already", async () => {
    const clock = createManualClock();
    expect(await wait(clock, 100, AbortSignal.abort())).toBe("aborted");
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("within", () => {
  test("gives the outcome and leaves no timer", async () => {
    const clock = createManualClock();
    expect(await within(clock, 100, Promise.resolve(7))).toBe(7);
    expect(clock.pendingTimers).toBe(0);
  });

  test("gives undefined when the time is over; what comes later is lost without harm", async () => {
    const clock = createManualClock();
    const late = deferred<number>();
    const outcome = within(clock, 100, late.promise);
    await clock.advance(100);
    expect(await outcome).toBeUndefined();
    late.resolve(7);
    await clock.settle();
  });

  test("passes a rejection on and leaves no timer", async () => {
    const clock = createManualClock();
    await expect(within(clock, 100, Promise.reject(new RangeError("no")))).rejects.toThrow("no");
    expect(clock.pendingTimers).toBe(0);
  });
});

test("a deferred keeps its first value", async () => {
  const one = deferred<string>();
  one.resolve("first");
  one.resolve("second");
  expect(await one.promise).toBe("first");
});
