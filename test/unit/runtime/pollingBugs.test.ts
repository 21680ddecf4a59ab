import type { DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { type DeviceCycle, samplesOf } from "../../../src/core/telemetry/sample";
import { silentLog } from "../../../src/kernel/log";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

/** Two units on one line, each with two requests a second. */
const one = device("one", 1);
const two = device("two", 2);

function device(name: string, unitId: number): DeviceConfig {
  return aDevice(name, [aPoint("a", 0), aPoint("b", 100)], {
    unitId,
    groups: new Map([["default", aGroup("default", 1000)]]),
  });
}

/** A house that has a bug in what it does with some cycles. */
function setUp(isBug: (cycle: DeviceCycle) => boolean, lanes: number) {
  const clock = createManualClock();
  const session = createFakeSession(clock);
  const errors: string[] = [];
  const heard: string[] = [];
  const runner = createConnectionRunner(
    aConnection({ maxInFlight: lanes }),
    {
      clock,
      log: { ...silentLog, error: (text) => errors.push(text) },
      openLink: () => Promise.reject(new TypeError("not used: the session is a fake")),
      onCycle(cycle) {
        if (isBug(cycle)) throw new TypeError("a bug");
        const values = samplesOf(cycle.runs).map(({ reading }) => ("value" in reading ? "ok" : reading.bad));
        heard.push(`${cycle.device} ${values.join()}`);
      },
      onConnection: () => undefined,
    },
    session.open,
  );
  runner.apply([one, two]);
  session.state("open");
  const since = async (ms: number): Promise<string[]> => {
    heard.length = 0;
    await clock.advance(ms);
    return [...new Set(heard)].sort();
  };
  return { clock, session, errors, runner, since };
}

describe.each([1, 4])("a bug in what a cycle leads to, %d lanes", (lanes) => {
  it("is logged, rests the line and is over: every unit is polled on, commands are carried out, it closes", async () => {
    let bugs = 3;
    const { clock, errors, runner, since } = setUp(({ device }) => device === "one" && bugs-- > 0, lanes);
    await clock.advance(10_000);
    expect(errors).toEqual(Array.from({ length: 3 }, () => "polling failed inside the module"));
    expect(await since(3000)).toEqual(["one ok,ok", "two ok,ok"]);
    const command = runner.command(async () => "carried out", new AbortController().signal);
    expect(await clock.advanceUntil(command)).toBe("carried out");
    await clock.advanceUntil(runner.close());
  });

  it("that stays does not keep the other units from being polled, or the runner from closing", async () => {
    const { clock, runner, since } = setUp(({ device }) => device === "one", lanes);
    await clock.advance(10_000);
    expect(await since(10_000)).toEqual(["two ok,ok"]);
    await clock.advanceUntil(runner.close());
  });

  it("in the very moment when a unit is given up: it is probed all the same, and polled when it answers", async () => {
    let failures = 0;
    const { clock, session, runner, since } = setUp(({ device, runs }) => {
      const isBad = device === "one" && samplesOf(runs).some(({ reading }) => "bad" in reading);
      if (isBad) failures += 1;
      return isBad && failures === 3;
    }, lanes);
    session.behave = (unitId) => (unitId === 1 ? "silent" : "answer");
    await clock.advance(30_000);
    expect(failures).toBeGreaterThanOrEqual(3);
    session.behave = () => "answer";
    await clock.advance(120_000);
    expect(await since(3000)).toEqual(["one ok,ok", "two ok,ok"]);
    await clock.advanceUntil(runner.close());
  });

  it("or in the bus below: the unit is asked again, the others meanwhile", async () => {
    const { clock, session, errors, runner, since } = setUp(() => false, lanes);
    let bugs = 2;
    session.behave = (unitId) => {
      if (unitId === 1 && bugs-- > 0) throw new TypeError("a bug");
      return "answer";
    };
    await clock.advance(5000);
    expect(errors).toHaveLength(2);
    expect(await since(3000)).toEqual(["one ok,ok", "two ok,ok"]);
    const command = runner.command((bus) => {
      bugs = 1;
      return bus.transact(1, { kind: "readRegisters", table: "holding", address: 0, count: 1 });
    }, new AbortController().signal);
    // Who commands hears of it.
    await expect(clock.advanceUntil(command)).rejects.toThrow("a bug");
    await clock.advanceUntil(runner.close());
  });

  it("while the connection is down: the due cycles of all go on coming", async () => {
    let bugs = 2;
    const { clock, session, runner, since } = setUp(({ device }) => device === "one" && bugs-- > 0, lanes);
    session.state("closed");
    await clock.advance(5000);
    expect(await since(3000)).toEqual(["one offline,offline", "two offline,offline"]);
    session.state("open");
    await clock.advance(100);
    expect(await since(3000)).toEqual(["one ok,ok", "two ok,ok"]);
    await clock.advanceUntil(runner.close());
  });
});
