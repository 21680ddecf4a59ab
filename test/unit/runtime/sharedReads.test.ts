import type { DeviceConfig, ReadLimits } from "../../../src/core/config/gatewayConfig";
import { createProbeBudget } from "../../../src/core/planning/breaker";
import { LAN_COST } from "../../../src/core/planning/cost";
import { createLearned } from "../../../src/core/planning/learned";
import { createDeviceMeter } from "../../../src/runtime/connectionRunnerCounters";
import type { Polled } from "../../../src/runtime/polled";
import { PollUnit } from "../../../src/runtime/pollUnit";
import { sharedReads } from "../../../src/runtime/sharedReads";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint, LIMITS_OF_THE_SPEC } from "../../support/points";

const names = ["fast", "slow"];
const groups = new Map(names.map((name) => [name, aGroup(name, 1000)]));
const pointsFrom = (base: number) =>
  names.flatMap((group, at) => [0, 4].map((step) => aPoint(`${group}${step}`, base + 40 * at + step, { group })));
/** Of a profile: all its devices have this list. */
const points = pointsFrom(0);

function device(name: string, more: Partial<DeviceConfig> = {}): DeviceConfig {
  return aDevice(name, more.points ?? points, { groups, ...more });
}

function limits(more: Partial<ReadLimits>): Partial<DeviceConfig> {
  return { limits: { ...LIMITS_OF_THE_SPEC, ...more } };
}

/** What differs, and the requests that it leads to. */
const others: readonly [string, Partial<DeviceConfig>, readonly string[]][] = [
  ["fewer registers in a request", limits({ maxReadRegisters: 4 }), ["0+1", "4+1"]],
  ["a smaller gap", limits({ maxGap: 1 }), ["0+1", "4+1"]],
  ["an address that is never read", limits({ neverRead: [[2, 2]] }), ["0+1", "4+1"]],
  ["another one", limits({ neverRead: [[4, 4]] }), ["0+1"]],
  ["requests for single points", limits({ singlePointReads: true }), ["0+1", "4+1"]],
  ["fewer bits in a request", limits({ maxReadBits: 8 }), ["0+5"]],
  ["another offset", { points: pointsFrom(1000) }, ["1000+5"]],
  ["a group read on demand", { groups: new Map(groups).set("fast", aGroup("fast", 1000, { poll: "onDemand" })) }, []],
  ["a consistent group", { groups: new Map(groups).set("fast", aGroup("fast", 1000, { consistent: true })) }, ["0+5"]],
  ["another patience", { responseTimeoutMs: 300 }, ["0+5"]],
  ["another rest", { requestGapMs: 30 }, ["0+5"]],
  ["leniency", { lenientUnitId: true }, ["0+5"]],
];

function asked({ reads }: ReturnType<typeof sharedReads>): string[] {
  return reads.map(({ request }) => `${request.address}+${request.count}`);
}

describe("reads that devices share", () => {
  it("are the same object for equal devices, however they came to be equal", () => {
    const first = sharedReads(device("a"), ["fast"], LAN_COST);
    expect(asked(first)).toEqual(["0+5"]);
    expect(sharedReads(device("b", { unitId: 7, connection: "x" }), ["fast"], LAN_COST)).toBe(first);
    const alike = { ...limits({}), groups: new Map([...groups].map(([name, group]) => [name, { ...group }])) };
    expect(sharedReads(device("c", alike), ["fast"], { ...LAN_COST })).toBe(first);
  });

  it.each(others)("are others for %s", (_what, more, expected) => {
    const usual = sharedReads(device("usual"), ["fast"], LAN_COST);
    const special = sharedReads(device("special", more), ["fast"], LAN_COST);
    expect(special).not.toBe(usual);
    expect(asked(special)).toEqual(expected);
    expect(special.reads.map(({ whole }) => whole)).toEqual(expected.map(() => more.groups !== undefined));
    const { responseTimeoutMs: timeoutMs, requestGapMs: gapMs, lenientUnitId } = more;
    for (const { options } of special.reads) expect(options).toEqual({ timeoutMs, gapMs, lenientUnitId });
    // Each of them is found again, whatever was asked for meanwhile.
    expect(sharedReads(device("usual again"), ["fast"], LAN_COST)).toBe(usual);
    expect(sharedReads(device("special again", more), ["fast"], LAN_COST)).toBe(special);
  });

  it("are others for other groups and another cost", () => {
    const fast = sharedReads(device("a"), ["fast"], LAN_COST);
    expect(asked(sharedReads(device("a"), ["slow"], LAN_COST))).toEqual(["40+5"]);
    expect(asked(sharedReads(device("a"), ["fast", "slow"], LAN_COST))).toEqual(["0+5", "40+5"]);
    const dear = sharedReads(device("a"), ["fast"], { perRequestMs: 1, perByteMs: 1 });
    expect(asked(dear)).toEqual(["0+1", "4+1"]);
    expect(sharedReads(device("a"), ["fast"], LAN_COST)).toBe(fast);
  });

  it("are bounded: more than are kept are made again, and are right", () => {
    for (const _ of [1, 2]) {
      for (let most = 1; most <= 300; most++) {
        const cost = { perRequestMs: most, perByteMs: 0 };
        expect(asked(sharedReads(device("a"), ["slow"], cost))).toEqual(["40+5"]);
      }
    }
  });
});

describe("a device alone on its unit", () => {
  function alone(name: string, unitId: number) {
    const clock = createManualClock();
    const unit = new PollUnit(unitId, aConnection({ name }), createProbeBudget(), clock);
    const polled: Polled = { config: device(name), meter: createDeviceMeter() };
    unit.stand([polled], createLearned());
    return { clock, unit, plan: (...due: string[]) => unit.planAlone(polled, due) };
  }

  it("has the reads of its like, until something has been learned of its unit", async () => {
    const [a, b] = [alone("a", 1), alone("b", 2)];
    const usual = a.plan("fast");
    expect(b.plan("fast")).toBe(usual);
    b.unit.learned.refused([{ table: "holding", first: 4, last: 4, code: 2 }], b.clock.epoch());
    const own = b.plan("fast");
    expect([asked(own), own.notAsked.map(({ reason }) => reason)]).toEqual([["0+1"], ["exception:2"]]);
    expect(b.plan("fast")).toBe(own);
    expect(asked(b.plan("slow"))).toEqual(["40+5"]);
    expect(asked(b.plan("fast"))).toEqual(["0+1"]);
    expect(a.plan("fast")).toBe(usual);
    // It is tried again: nothing is known of it any more.
    await b.clock.advance(600_001);
    expect(b.plan("fast")).toBe(usual);
  });

  it("that answers about as fast as another has the same cost, and the same reads", () => {
    const [a, b] = [alone("a", 1), alone("b", 2)];
    const modelled = a.plan("fast");
    for (let answer = 0; answer < 40; answer++) {
      for (const read of a.plan("fast").reads) a.unit.readAnswered(read, 500);
      for (const read of b.plan("fast").reads) b.unit.readAnswered(read, 510);
    }
    expect(a.unit.cost).toBe(b.unit.cost);
    expect(a.unit.cost.perRequestMs / 500).toBeGreaterThan(1 / 1.2);
    expect(a.unit.cost.perRequestMs / 500).toBeLessThan(1.2);
    expect(a.plan("fast")).not.toBe(modelled);
    expect(b.plan("fast")).toBe(a.plan("fast"));
  });
});
