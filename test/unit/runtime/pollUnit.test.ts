import type { DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { createProbeBudget } from "../../../src/core/planning/breaker";
import { createLearned } from "../../../src/core/planning/learned";
import { createDeviceMeter } from "../../../src/runtime/connectionRunnerCounters";
import type { Polled } from "../../../src/runtime/polled";
import { PollUnit } from "../../../src/runtime/pollUnit";
import { PollUnits } from "../../../src/runtime/pollUnits";
import type { UnitReads } from "../../../src/runtime/unitRead";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aGroup, aPoint } from "../../support/points";

const groups = new Map(["fast", "slow", "third"].map((name, at) => [name, aGroup(name, 1000 * (at + 1))]));

/** A point in each group, far from one another. */
function polled(name: string, base: number, more: Partial<DeviceConfig> = {}): Polled {
  const points = [...groups.keys()].map((group, at) => aPoint(`${name}.${group}`, base + 100 * at, { group }));
  return { config: aDevice(name, points, { groups, ...more }), meter: createDeviceMeter() };
}

/** `0+1 0:a.fast`: what is asked, and whose points its answer carries, by place among the parts. */
function shown({ reads }: UnitReads): string[] {
  return reads.map(({ request, shares }) => {
    const whose = shares.map(({ part, list }) => `${part}:${list.points.map(({ name }) => name).join("&")}`);
    return `${request.address}+${request.count} ${whose.join(" ")}`;
  });
}

const a = polled("a", 0);
const b = polled("b", 1000);
/** Another definition of the same device. */
const moved = polled("a", 5000, { fingerprint: "a 2" });

function setUp(...devices: readonly Polled[]) {
  const clock = createManualClock();
  const unit = new PollUnit(1, aConnection(), createProbeBudget(), clock);
  unit.stand(devices, createLearned());
  return { clock, unit };
}

describe("plans of a unit", () => {
  it("of one device are by its groups, the same plan for equal groups, whatever list they stand in", () => {
    const { unit } = setUp(a);
    const fast = ["fast"];
    const first = unit.plan([a], [fast]);
    expect(shown(first)).toEqual(["0+1 0:a.fast"]);
    expect(unit.plan([a], [fast])).toBe(first);
    expect(unit.plan([a], [["fast"]])).toBe(first);
    expect(shown(unit.plan([a], [["slow"]]))).toEqual(["100+1 0:a.slow"]);
    expect(shown(unit.plan([a], [["fast", "slow"]]))).toEqual(["0+1 0:a.fast", "100+1 0:a.slow"]);
    expect(unit.plan([a], [fast])).toBe(first);
  });

  it("of several devices are by all their groups and the order of the devices", () => {
    const { unit } = setUp(a, b);
    const all: [readonly Polled[], readonly (readonly string[])[], readonly string[]][] = [
      [[a], [["fast"]], ["0+1 0:a.fast"]],
      [[b], [["fast"]], ["1000+1 0:b.fast"]],
      [
        [a, b],
        [["fast"], ["fast"]],
        ["0+1 0:a.fast", "1000+1 1:b.fast"],
      ],
      [
        [b, a],
        [["fast"], ["fast"]],
        ["0+1 1:a.fast", "1000+1 0:b.fast"],
      ],
      [
        [a, b],
        [["fast"], ["slow"]],
        ["0+1 0:a.fast", "1100+1 1:b.slow"],
      ],
      [
        [a, b],
        [["slow"], ["fast"]],
        ["100+1 0:a.slow", "1000+1 1:b.fast"],
      ],
    ];
    // Each after each other: none may be taken for the one before it, or for one of long ago.
    for (const [parts, due, expected] of all) {
      for (const [otherParts, otherDue, otherExpected] of all) {
        expect(shown(unit.plan(parts, due))).toEqual(expected);
        expect(shown(unit.plan(otherParts, otherDue))).toEqual(otherExpected);
      }
    }
    const again = unit.plan([a, b], [["fast"], ["slow"]]);
    unit.plan([a], [["fast"]]);
    expect(unit.plan([a, b], [["fast"], ["slow"]])).toBe(again);
  });

  it("the same list of groups says nothing where devices are several", () => {
    const { unit } = setUp(a, b);
    const fast = ["fast"];
    expect(shown(unit.plan([a, b], [fast, ["slow"]]))).toHaveLength(2);
    expect(shown(unit.plan([a, b], [fast, fast]))).toEqual(["0+1 0:a.fast", "1000+1 1:b.fast"]);
    expect(shown(unit.plan([a], [fast]))).toEqual(["0+1 0:a.fast"]);
    expect(shown(unit.plan([b], [fast]))).toEqual(["1000+1 0:b.fast"]);
  });

  it("are made anew for other definitions, for what has been learned, and for what requests turned out to cost", () => {
    const { clock, unit } = setUp(a);
    const fast = ["fast"];
    unit.plan([a], [fast]);
    unit.stand([moved], createLearned());
    expect(shown(unit.plan([moved], [fast]))).toEqual(["5000+1 0:a.fast"]);
    const now = clock.epoch();
    unit.learned.refused([{ table: "holding", first: 5000, last: 5000, code: 2 }], now);
    const refused = unit.plan([moved], [fast]);
    expect([shown(refused), refused.notAsked.map(({ reason }) => reason)]).toEqual([[], ["exception:2"]]);
    const before = unit.plan([moved], [["slow"]]);
    const [read] = before.reads;
    for (let answer = 0; answer < 40 && read !== undefined; answer++) unit.readAnswered(read, 500);
    expect(unit.plan([moved], [["slow"]])).not.toBe(before);
    expect(shown(unit.plan([moved], [["slow"]]))).toEqual(shown(before));
  });

  it("are bounded: more combinations than are kept are made again, and are right", () => {
    const many = Array.from({ length: 80 }, (_, at) => polled(`d${at}`, at * 300));
    const { unit } = setUp(...many);
    for (const _ of [1, 2]) {
      for (const [at, device] of many.entries()) {
        expect(shown(unit.plan([device], [["slow"]]))).toEqual([`${at * 300 + 100}+1 0:d${at}.slow`]);
      }
    }
  });
});

describe("units of a connection", () => {
  it("removed and defined again are new units; with the same devices they stay what they are", () => {
    const units = new PollUnits(aConnection(), createManualClock());
    units.stand([a]);
    const first = units.get(1);
    units.stand([a]);
    expect(units.get(1)).toBe(first);
    units.stand([]);
    expect(units.get(1)).toBeUndefined();
    units.stand([a]);
    expect(units.get(1)).not.toBe(first);
  });

  it("a unit that went while it was given up is not probed, nor counted among the dead", () => {
    const clock = createManualClock();
    const units = new PollUnits(aConnection(), clock);
    const other = polled("other", 0, { unitId: 2, fingerprint: "other" });
    units.stand([a, other]);
    const unit = units.get(1);
    for (let failure = 0; failure < 3; failure++) unit?.breaker.failed(clock.monotonic(), clock.monotonic());
    expect(unit !== undefined && units.hasJustOpened(unit)).toBe(true);
    expect(unit !== undefined && units.hasJustOpened(unit)).toBe(false);
    expect(units.probeAt()).toBeLessThan(Number.POSITIVE_INFINITY);
    // Of another connection none is given up by that.
    expect(new PollUnits(aConnection(), clock).probeAt()).toBe(Number.POSITIVE_INFINITY);
    units.stand([other]);
    expect([units.probeAt(), units.toProbe(clock.monotonic())]).toEqual([Number.POSITIVE_INFINITY, undefined]);
    // A late failure of it opens nothing any more.
    expect(unit !== undefined && units.hasJustOpened(unit)).toBe(false);
  });
});
