import fc from "fast-check";
import { Deadline } from "../../../src/bus/deadline";
import { later, monotonicMs } from "../../../src/kernel/units";
import { createManualClock } from "../../support/manualClock";

describe("alarm queue", () => {
  it("rings each alarm at its last instant, whatever was set, cleared or disposed of in between", async () => {
    const step = fc.record({
      alarm: fc.integer({ min: 0, max: 6 }),
      act: fc.oneof(
        fc.record({ set: fc.integer({ min: 0, max: 50 }) }),
        fc.constant("clear" as const),
        fc.constant("dispose" as const),
      ),
      thenMs: fc.integer({ min: 0, max: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = createManualClock();
        const rung: string[] = [];
        const expected: string[] = [];
        const due = new Map<number, number>();
        const alarms = Array.from(
          { length: 7 },
          (_, index) => new Deadline(clock, { ring: () => rung.push(`${index} at ${clock.monotonic()}`) }),
        );
        const pass = (until: number): void => {
          const over = [...due].filter(([, at]) => at <= until);
          for (const [index, at] of over) expected.push(`${index} at ${at}`);
          for (const [index] of over) due.delete(index);
        };
        for (const { alarm, act, thenMs } of steps) {
          const now = clock.monotonic();
          if (typeof act === "object") {
            alarms[alarm]?.set(later(now, act.set));
            due.set(alarm, now + act.set);
          } else {
            if (act === "clear") alarms[alarm]?.clear();
            else alarms[alarm]?.dispose();
            due.delete(alarm);
          }
          await clock.advance(thenMs);
          pass(clock.monotonic());
        }
        await clock.advance(100);
        pass(Number.POSITIVE_INFINITY);
        expect([...rung].sort()).toEqual([...expected].sort());
        for (const alarm of alarms) alarm.dispose();
        expect(clock.pendingTimers).toBe(0);
      }),
    );
  });

  it("is not woken for what has been cleared: one timer serves a thousand deadlines that were met", async () => {
    const clock = createManualClock();
    let timers = 0;
    const counting = {
      monotonic: () => clock.monotonic(),
      setTimer: (ms: number, callback: () => void) => {
        timers += 1;
        return clock.setTimer(ms, callback);
      },
    };
    const alarms = Array.from(
      { length: 1000 },
      () => new Deadline(counting, { ring: () => expect("rung").toBe("never") }),
    );
    for (const alarm of alarms) {
      alarm.set(later(monotonicMs(clock.monotonic()), 1000));
      await clock.settle();
      alarm.clear();
    }
    await clock.advance(5000);
    expect(timers).toBeLessThanOrEqual(2);
  });

  it("loses none and rings none early where timers come early, late and in another order than they were set", () => {
    const step = fc.record({
      alarm: fc.integer({ min: 0, max: 6 }),
      at: fc.option(fc.integer({ min: 0, max: 50 })),
      thenMs: fc.integer({ min: 0, max: 20 }),
      /** Which of the timers that are due, or nearly so, fires first. */
      pick: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 0, max: 8 }), (steps, earlyMs) => {
        let now = 0;
        const timers: { at: number; callback: () => void }[] = [];
        const clock = {
          monotonic: () => monotonicMs(now),
          setTimer(ms: number, callback: () => void) {
            const timer = { at: now + Math.max(0, ms), callback };
            timers.push(timer);
            return { cancel: () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1)) };
          },
        };
        const due = new Map<number, number>();
        const alarms = Array.from(
          { length: 7 },
          (_, index) =>
            new Deadline(clock, {
              ring: () => {
                expect(due.get(index)).toBeLessThanOrEqual(now);
                due.delete(index);
              },
            }),
        );
        const fire = (pick: number, slackMs: number): void => {
          // Bounded: a timer that came early is set anew.
          for (let most = 1000; most > 0; most--) {
            const ready = timers.filter(({ at }) => at <= now + slackMs);
            const timer = ready[pick % (ready.length || 1)];
            if (timer === undefined) return;
            timers.splice(timers.indexOf(timer), 1);
            timer.callback();
            slackMs = 0;
          }
          throw new TypeError("runs hot");
        };
        for (const { alarm, at, thenMs, pick } of steps) {
          if (at === null) alarms[alarm]?.clear();
          else alarms[alarm]?.set(monotonicMs(now + at));
          if (at === null) due.delete(alarm);
          else due.set(alarm, now + at);
          now += thenMs;
          fire(pick, earlyMs);
          expect([...due.values()].filter((instant) => instant < now)).toEqual([]);
        }
        now += 100;
        fire(0, 0);
        expect([due.size, timers.length]).toEqual([0, 0]);
      }),
    );
  });

  it("lets an alarm that rings set itself again, bring on another and silence a third", async () => {
    const clock = createManualClock();
    const rung: string[] = [];
    const first: Deadline = new Deadline(clock, {
      ring: () => {
        rung.push(`first ${clock.monotonic()}`);
        if (clock.monotonic() > 10) return;
        first.set(monotonicMs(15));
        brought.set(clock.monotonic());
        cleared.clear();
        disposed.dispose();
      },
    });
    const brought = new Deadline(clock, { ring: () => rung.push(`brought on ${clock.monotonic()}`) });
    const cleared = new Deadline(clock, { ring: () => rung.push("cleared") });
    const disposed = new Deadline(clock, { ring: () => rung.push("disposed of") });
    first.set(monotonicMs(10));
    brought.set(monotonicMs(1000));
    for (const alarm of [cleared, disposed]) alarm.set(monotonicMs(10));
    await clock.advance(2000);
    expect(rung).toEqual(["first 10", "brought on 10", "first 15"]);
    for (const alarm of [first, brought, cleared]) alarm.dispose();
    expect(clock.pendingTimers).toBe(0);
  });

  it("goes on behind an alarm that throws", async () => {
    const clock = createManualClock();
    const rung: string[] = [];
    const bad = new Deadline(clock, {
      ring: () => {
        throw new TypeError("a bug");
      },
    });
    const good = new Deadline(clock, { ring: () => rung.push("good") });
    bad.set(monotonicMs(10));
    good.set(monotonicMs(10));
    await expect(clock.advance(10)).rejects.toThrow("a bug");
    await clock.advance(1);
    expect(rung).toEqual(["good"]);
  });
});
