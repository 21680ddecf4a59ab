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
          (_, index) => new Deadline(clock, () => rung.push(`${index} at ${clock.monotonic()}`)),
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
    const alarms = Array.from({ length: 1000 }, () => new Deadline(counting, () => expect("rung").toBe("never")));
    for (const alarm of alarms) {
      alarm.set(later(monotonicMs(clock.monotonic()), 1000));
      await clock.settle();
      alarm.clear();
    }
    await clock.advance(5000);
    expect(timers).toBeLessThanOrEqual(2);
  });

  it("goes on behind an alarm that throws", async () => {
    const clock = createManualClock();
    const rung: string[] = [];
    const bad = new Deadline(clock, () => {
      throw new TypeError("a bug");
    });
    const good = new Deadline(clock, () => rung.push("good"));
    bad.set(monotonicMs(10));
    good.set(monotonicMs(10));
    await expect(clock.advance(10)).rejects.toThrow("a bug");
    await clock.advance(1);
    expect(rung).toEqual(["good"]);
  });
});
