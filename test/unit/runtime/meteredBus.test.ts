import type { Outcome, OutcomeSink, Transactor } from "../../../src/bus/transactor";
import { failure } from "../../../src/core/modbus/failure";
import type { ReadRegisters } from "../../../src/core/modbus/pdu";
import { err } from "../../../src/kernel/result";
import { MeteredBus } from "../../../src/runtime/meteredBus";
import { createManualClock } from "../../support/manualClock";

const read: ReadRegisters = { kind: "readRegisters", table: "holding", address: 0, count: 1 };
const failed = (detail: string): Outcome => err(failure("timeout", detail));

function setUp() {
  const clock = createManualClock();
  const busy: string[] = [];
  const heard: string[] = [];
  /** What the bus below has been given to hand outcomes to. */
  const given: OutcomeSink[] = [];
  const below: Transactor = {
    transact: () => Promise.reject(new TypeError("not used")),
    ask: (_unitId, _request, _options, sink) => void given.push(sink),
  };
  const load = { busy: (from: number, to: number) => void busy.push(`${from}-${to}`), percent: () => 0 };
  const bus = new MeteredBus(below, load, clock);
  const ask = (name: string, then?: () => void): void =>
    bus.ask(1, read, undefined, {
      settled(outcome) {
        heard.push(`${name}: ${outcome.ok ? "ok" : outcome.error.detail}`);
        then?.();
      },
    });
  return { clock, busy, heard, given, bus, ask };
}

describe("metered bus", () => {
  it("enters each request from its asking to its end, whatever order they end in", async () => {
    const { clock, busy, heard, given, ask } = setUp();
    ask("one");
    await clock.advance(5);
    ask("two");
    await clock.advance(10);
    given[1]?.settled(failed("b"));
    await clock.advance(1);
    given[0]?.settled(failed("a"));
    expect(heard).toEqual(["two: b", "one: a"]);
    expect(busy).toEqual(["5-15", "0-16"]);
  });

  it("uses what it keeps of a request again, also for what is asked while it is told", async () => {
    const { clock, busy, heard, given, ask } = setUp();
    ask("one", () => ask("next"));
    await clock.advance(3);
    given[0]?.settled(failed("a"));
    expect(given[1]).toBe(given[0]);
    await clock.advance(4);
    ask("beside");
    expect(given[2]).not.toBe(given[0]);
    given[1]?.settled(failed("b"));
    given[2]?.settled(failed("c"));
    expect(heard).toEqual(["one: a", "next: b", "beside: c"]);
    expect(busy).toEqual(["0-3", "3-7", "7-7"]);
  });

  it("drops a second outcome: it is nobody's, and counts for nothing", async () => {
    const { clock, busy, heard, given, ask } = setUp();
    ask("one");
    await clock.advance(2);
    given[0]?.settled(failed("a"));
    await clock.advance(2);
    given[0]?.settled(failed("again"));
    ask("two");
    ask("three");
    expect(given[1]).not.toBe(given[2]);
    given[2]?.settled(failed("c"));
    given[1]?.settled(failed("b"));
    expect(heard).toEqual(["one: a", "three: c", "two: b"]);
    expect(busy).toEqual(["0-2", "4-4", "4-4"]);
  });

  it("hands the same to who waits for it", async () => {
    const { given, bus } = setUp();
    const outcome = bus.transact(1, read);
    given[0]?.settled(failed("a"));
    expect(await outcome).toMatchObject({ ok: false, error: { detail: "a" } });
  });
});
