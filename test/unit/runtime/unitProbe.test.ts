import type { Answer, Outcome, Transactor } from "../../../src/bus/transactor";
import { exceptionFailure, failure } from "../../../src/core/modbus/failure";
import type { ReadRegisters } from "../../../src/core/modbus/pdu";
import { createProbeBudget } from "../../../src/core/planning/breaker";
import { createLearned } from "../../../src/core/planning/learned";
import { err, ok } from "../../../src/kernel/result";
import { createDeviceMeter } from "../../../src/runtime/connectionRunnerCounters";
import { PollUnit } from "../../../src/runtime/pollUnit";
import { probeUnit } from "../../../src/runtime/unitProbe";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aPoint } from "../../support/points";

/** A unit that has just been given up, on a bus that ends its next request so. */
function setUp(end: () => Outcome) {
  const clock = createManualClock();
  const unit = new PollUnit(1, aConnection(), createProbeBudget(), clock);
  unit.stand([{ config: aDevice("boiler", [aPoint("a", 7)]), meter: createDeviceMeter() }], createLearned());
  for (let failed = 0; failed < 3; failed++) unit.breaker.failed(clock.monotonic(), clock.monotonic());
  const asked: unknown[] = [];
  const bus: Pick<Transactor, "transact"> = {
    async transact(unitId, request) {
      asked.push([unitId, request]);
      expect(unit.breaker.probeAt()).toBeUndefined();
      return end() as never;
    },
  };
  return { clock, unit, asked, probe: () => probeUnit(unit, bus, clock) };
}

describe("a probe", () => {
  it.each<[string, Outcome, boolean]>([
    [
      "an answer",
      ok({ response: { registers: Uint16Array.of(1) }, elapsedMs: 5 } as unknown as Answer<ReadRegisters>),
      true,
    ],
    ["an exception", err(exceptionFailure(2)), true],
    ["a gateway's word that nobody is there", err(exceptionFailure(11)), false],
    ["silence", err(failure("timeout", "no answer")), false],
    ["the loss of the link", err(failure("lost", "gone")), false],
  ])("that ends with %s", async (_, outcome, isBack) => {
    const { clock, unit, asked, probe } = setUp(() => outcome);
    expect(await probe()).toBe(isBack);
    expect(asked).toEqual([[1, { kind: "readRegisters", table: "holding", address: 7, count: 1 }]]);
    expect(unit.breaker.gate(clock.monotonic())).toBe(isBack ? "poll" : "wait");
    if (isBack) return;
    await clock.advance(60_000);
    expect(unit.breaker.gate(clock.monotonic())).toBe("probe");
  });

  it("that ends with a bug of ours is not the last", async () => {
    const { clock, unit, probe } = setUp(() => {
      throw new TypeError("a bug");
    });
    await expect(probe()).rejects.toThrow("a bug");
    await clock.advance(60_000);
    expect(unit.breaker.gate(clock.monotonic())).toBe("probe");
  });
});
