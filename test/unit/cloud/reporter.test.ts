import type { HubFailure } from "../../../src/cloud/edgeHub";
import { createReporter, type Reporter } from "../../../src/cloud/reporter";
import { applyMergePatch } from "../../../src/core/config/mergePatch";
import type { JsonObject } from "../../../src/kernel/json";
import { err, ok, type Result } from "../../../src/kernel/result";
import { createManualClock } from "../../support/manualClock";
import { createMemoryLog } from "../../support/memoryLog";

/** A reporter of `state.now`, before a hub that answers at once unless `hold` is set. */
function setUp() {
  const clock = createManualClock();
  const log = createMemoryLog();
  const sent: { readonly at: number; readonly patch: JsonObject }[] = [];
  const state = { now: {} as JsonObject | undefined, hub: {} as JsonObject, hold: false, refuse: false, refreshes: 0 };
  const held: ((outcome: Result<void, HubFailure>) => void)[] = [];
  let underWay = 0;
  let most = 0;

  async function patchReported(patch: JsonObject): Promise<Result<void, HubFailure>> {
    sent.push({ at: clock.monotonic(), patch });
    underWay += 1;
    most = Math.max(most, underWay);
    const outcome: Result<void, HubFailure> = state.hold
      ? await new Promise((resolve) => held.push(resolve))
      : state.refuse
        ? err({ kind: "rejected", detail: "test" })
        : ok(undefined);
    underWay -= 1;
    if (outcome.ok) state.hub = applyMergePatch(state.hub, patch) as JsonObject;
    return outcome;
  }

  /** As the hub does it: the twin is read and handed over. */
  function refreshTwin(): void {
    state.refreshes += 1;
    reporter.online(state.hub);
  }

  const reporter: Reporter = createReporter({
    hub: { patchReported, refreshTwin },
    clock,
    log,
    compose: () => state.now,
  });
  return {
    clock,
    log,
    sent,
    state,
    reporter,
    mostUnderWay: () => most,
    answer(outcome: Result<void, HubFailure> = ok(undefined)) {
      held.shift()?.(outcome);
    },
    report(next: JsonObject) {
      state.now = next;
      reporter.touch();
    },
  };
}

describe("patches", () => {
  test("hold what differs and nothing else; what is gone is deleted", async () => {
    const { clock, sent, state, reporter } = setUp();
    state.now = { module: { version: "1", online: 1 }, boiler: { __t: "c", setpoint: { value: 21.5, ac: 200 } } };
    reporter.online({
      $version: 7,
      $metadata: { $lastUpdated: "x" },
      module: { version: "1", online: 0, old: true },
      chiller: { __t: "c", level: 3 },
      boiler: { __t: "c", setpoint: { value: 20, ac: 200 } },
    });
    await clock.settle();
    await clock.advance(0);
    expect(sent.map(({ patch }) => patch)).toEqual([
      { module: { online: 1, old: null }, chiller: null, boiler: { setpoint: { value: 21.5 } } },
    ]);
  });

  test("nothing is sent where nothing differs", async () => {
    const { clock, sent, state, reporter } = setUp();
    state.now = { a: { b: [1, 2], c: "x" } };
    reporter.online({ $version: 3, a: { c: "x", b: [1, 2] } });
    reporter.touch();
    await clock.advance(10_000);
    expect(sent).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("nothing is sent before the hub has told what it holds", async () => {
    const { clock, sent, report } = setUp();
    report({ a: 1 });
    await clock.advance(10_000);
    expect(sent).toEqual([]);
  });

  test("nothing is sent while nothing is known: what the hub holds stands", async () => {
    const { clock, sent, state, reporter, report } = setUp();
    state.now = undefined;
    reporter.online({ boiler: { __t: "c" } });
    await clock.advance(10_000);
    expect(sent).toEqual([]);
    report({ module: {} });
    await clock.advance(0);
    expect(sent.map(({ patch }) => patch)).toEqual([{ module: {}, boiler: null }]);
  });

  test("go at once after a rest, then at most one a second, with the newest of what changed in between", async () => {
    const { clock, sent, reporter, report } = setUp();
    reporter.online({});
    await clock.advance(0);
    for (let step = 1; step <= 25; step++) {
      report({ count: step });
      await clock.advance(100);
    }
    expect(sent).toEqual([
      { at: 0, patch: { count: 1 } },
      { at: 1000, patch: { count: 10 } },
      { at: 2000, patch: { count: 20 } },
    ]);
    await clock.advance(500);
    expect(sent.at(-1)).toEqual({ at: 3000, patch: { count: 25 } });
    await clock.advance(5000);
    report({ count: 26 });
    await clock.advance(0);
    expect(sent.at(-1)).toEqual({ at: 8000, patch: { count: 26 } });
  });

  test("a change that is taken back in time is not sent", async () => {
    const { clock, sent, reporter, report } = setUp();
    reporter.online({});
    report({ a: 1 });
    await clock.advance(0);
    report({ a: 2 });
    report({ a: 1 });
    await clock.advance(5000);
    expect(sent).toHaveLength(1);
  });
});

describe("while a patch is under way", () => {
  test("no second one is sent; what changed meanwhile follows", async () => {
    const { clock, sent, state, reporter, report, answer, mostUnderWay } = setUp();
    reporter.online({});
    state.hold = true;
    report({ a: 1 });
    await clock.advance(0);
    report({ a: 2 });
    await clock.advance(10_000);
    expect(sent).toHaveLength(1);
    answer();
    await clock.advance(0);
    expect(sent.map(({ patch }) => patch)).toEqual([{ a: 1 }, { a: 2 }]);
    answer();
    await clock.advance(10_000);
    expect(mostUnderWay()).toBe(1);
    expect(state.hub).toEqual({ a: 2 });
    expect(clock.pendingTimers).toBe(0);
  });

  test("a reconnect starts from what the hub says it holds, not from what the lost patch would have made", async () => {
    const { clock, sent, state, reporter, report, answer, mostUnderWay } = setUp();
    reporter.online({});
    state.hold = true;
    report({ a: 1, b: 1 });
    await clock.advance(0);
    reporter.offline();
    reporter.online({ b: 1, gone: { x: 1 } });
    await clock.advance(5000);
    expect(mostUnderWay()).toBe(1);
    state.hold = false;
    answer(err({ kind: "offline", detail: "lost" }));
    await clock.advance(1000);
    expect(sent.at(-1)?.patch).toEqual({ a: 1, gone: null });
  });

  test("the late acceptance of a patch of the old connection is not taken for the state of the new one", async () => {
    const { clock, sent, state, reporter, report, answer } = setUp();
    reporter.online({});
    state.hold = true;
    report({ a: 1 });
    await clock.advance(0);
    reporter.offline();
    reporter.online({});
    state.hold = false;
    answer();
    await clock.advance(1000);
    expect(sent.map(({ patch }) => patch)).toEqual([{ a: 1 }, { a: 1 }]);
  });
});

describe("a patch that is not accepted", () => {
  test("is sent again, with what has changed since, after 2, 4, 8 … 60 seconds; said once", async () => {
    const { clock, log, sent, state, reporter, report } = setUp();
    reporter.online({});
    state.refuse = true;
    report({ a: 1 });
    await clock.advance(0);
    report({ a: 1, b: 2 });
    await clock.advance(200_000);
    expect(sent.map(({ at }) => at)).toEqual([0, 2000, 6000, 14_000, 30_000, 62_000, 122_000, 182_000]);
    expect(sent.at(-1)?.patch).toEqual({ a: 1, b: 2 });
    expect(log.lines.filter((line) => line.startsWith("warn"))).toHaveLength(1);
    state.refuse = false;
    await clock.advance(60_000);
    expect(state.hub).toEqual({ a: 1, b: 2 });
    report({ a: 1, b: 3 });
    await clock.advance(1000);
    expect(state.hub).toEqual({ a: 1, b: 3 });
  });

  test("does not slow the next connection down", async () => {
    const { clock, sent, state, reporter, report } = setUp();
    reporter.online({});
    state.refuse = true;
    report({ a: 1 });
    await clock.advance(100_000);
    state.refuse = false;
    const before = sent.length;
    reporter.offline();
    reporter.online({});
    await clock.advance(1000);
    expect(sent).toHaveLength(before + 1);
    expect(state.hub).toEqual({ a: 1 });
  });
});

describe("what the hub refuses", () => {
  test("starts anew from what it says that it holds: nobody lives on with what was thought", async () => {
    const { clock, sent, state, reporter, report } = setUp();
    reporter.online({});
    state.refuse = true;
    state.hub = { a: 1, foreign: { x: 1 } };
    report({ a: 1 });
    await clock.advance(0);
    expect(state.refreshes).toBe(1);
    state.refuse = false;
    await clock.advance(2000);
    expect(sent.map(({ patch }) => patch)).toEqual([{ a: 1 }, { foreign: null }]);
    expect(state.hub).toEqual({ a: 1 });
  });

  test("a document that a twin does not bear is not sent, and said once", async () => {
    const { clock, log, sent, reporter, report } = setUp();
    reporter.online({});
    for (let at = 0; at < 3; at++) {
      report({ a: "x".repeat(40_000), at });
      await clock.advance(2000);
    }
    expect(sent).toEqual([]);
    expect(log.lines.filter((line) => line.startsWith("error"))).toHaveLength(1);
    report({ a: 1 });
    await clock.advance(2000);
    expect(sent.map(({ patch }) => patch)).toEqual([{ a: 1 }]);
  });
});

describe("the end", () => {
  test("flush sends what is outstanding without waiting for the second to pass, after the patch under way", async () => {
    const { clock, state, reporter, report, answer, mostUnderWay } = setUp();
    reporter.online({});
    state.hold = true;
    report({ a: 1 });
    await clock.advance(0);
    report({ a: 2 });
    const flushed = reporter.flush();
    await clock.settle();
    state.hold = false;
    answer();
    await flushed;
    expect(state.hub).toEqual({ a: 2 });
    expect(mostUnderWay()).toBe(1);
  });

  test("flush without a hub ends at once", async () => {
    const { sent, reporter, report } = setUp();
    report({ a: 1 });
    await reporter.flush();
    expect(sent).toEqual([]);
  });

  test("after close nothing is sent and no timer is left", async () => {
    const { clock, sent, reporter, report } = setUp();
    reporter.online({});
    report({ a: 1 });
    reporter.close();
    report({ a: 2 });
    await clock.advance(10_000);
    expect(sent).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  test("offline leaves no timer", () => {
    const { clock, reporter, report } = setUp();
    reporter.online({});
    report({ a: 1 });
    expect(clock.pendingTimers).toBe(1);
    reporter.offline();
    expect(clock.pendingTimers).toBe(0);
  });
});
