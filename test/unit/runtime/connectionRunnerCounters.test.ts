import { monotonicMs as at } from "../../../src/kernel/units";
import { createDeviceMeter, createLoadMeter } from "../../../src/runtime/connectionRunnerCounters";

describe("load meter", () => {
  it("is the share of the time since the start, while that is short", () => {
    const load = createLoadMeter(at(500));
    expect(load.percent(at(500))).toBe(0);
    load.busy(at(600), at(700));
    expect(load.percent(at(1500))).toBe(10);
    load.busy(at(1900), at(2100));
    expect(load.percent(at(2500))).toBe(15);
  });

  it("forgets what is older than a minute", () => {
    const load = createLoadMeter(at(0));
    load.busy(at(0), at(10_000));
    expect(load.percent(at(20_000))).toBe(50);
    // Time is taken in pieces of four seconds: what began less than a minute ago counts.
    expect(load.percent(at(65_000))).toBeCloseTo((100 * 2000) / 57_000);
    expect(load.percent(at(75_000))).toBe(0);
    expect(load.percent(at(500_000))).toBe(0);
  });

  it("never exceeds 100 and takes a request of several seconds apart by second", () => {
    const load = createLoadMeter(at(0));
    load.busy(at(0), at(61_500));
    expect(load.percent(at(61_500))).toBe(100);
  });
});

describe("device meter", () => {
  it("counts, and takes the median of the last fifteen request times", () => {
    const meter = createDeviceMeter();
    expect(meter.counters()).toEqual({ requests: 0, failures: 0, overruns: 0 });
    for (let i = 0; i < 5; i++) meter.good(1 as never, 900);
    for (let i = 1; i <= 15; i++) meter.good(i as never, i);
    meter.failed("no answer", 99 as never);
    meter.overrun(2);
    meter.overrun(0);
    expect(meter.counters()).toEqual({
      requests: 21,
      failures: 1,
      overruns: 2,
      lastGoodAt: 15,
      lastError: "no answer",
      lastErrorAt: 99,
      latencyMs: 8,
    });
  });
});
