import type { Point } from "../../../../src/core/points/point";
import { PointList, pointListOf } from "../../../../src/core/points/pointList";
import { aPoint } from "../../../support/points";

describe("lists of points", () => {
  const [first, second, third] = [aPoint("a", 0), aPoint("b", 1), aPoint("c", 2)];

  it("are one for the same points, whoever asks", () => {
    expect(pointListOf([first, second])).toBe(pointListOf([first, second]));
  });

  it("are never those of other points, however alike: of another order, number, address or device", () => {
    const list = pointListOf([first, second, third]);
    for (const points of [
      [first, third, second],
      [first, second],
      [first, second, { ...third }],
      [{ ...first }, second, third],
    ]) {
      const other = pointListOf(points);
      expect(other).not.toBe(list);
      expect(other.points).toEqual(points);
      for (const [place, point] of points.entries()) expect(other.points[place]).toBe(point);
    }
  });

  it("decode each point as it is defined, and are bounded", () => {
    const scaled = { ...second, scale: { coefficient: 1n, scale: 1 } };
    const { decoders } = pointListOf([first, scaled, { ...third, notAvailable: new Set([9n]) }]);
    expect(decoders.map((decode, place) => decode(Uint16Array.of(7, 215, 9), place))).toEqual([
      7,
      21.5,
      { bad: "notAvailable" },
    ]);
    const lists = Array.from({ length: 200 }, (_, at) => pointListOf([first, aPoint(`x${at}`, at)]));
    expect(pointListOf(lists[199]?.points ?? [])).not.toBe(lists[199]);
  });

  it("know whether some of them are scaled by others, or more than telemetry", () => {
    const byFirst = { ...second, scaledBy: [{ as: "power", point: first }] } as const;
    const property = { ...second, kind: "property" } as const;
    const known = (points: readonly Point[]) => {
      const { isScaled, hasProperties } = new PointList(points);
      return { isScaled, hasProperties };
    };
    expect(known([])).toEqual({ isScaled: false, hasProperties: false });
    expect(known([first, second])).toEqual({ isScaled: false, hasProperties: false });
    expect(known([first, byFirst])).toEqual({ isScaled: true, hasProperties: false });
    expect(known([property, first])).toEqual({ isScaled: false, hasProperties: true });
    expect(known([first, { ...second, kind: "none" }])).toEqual({ isScaled: false, hasProperties: true });
  });

  it.each<[string, readonly Point[], string | undefined]>([
    ["telemetry of one group", [first, second, third], "default"],
    ["telemetry of another one", [aPoint("a", 0, { group: "slow" })], "slow"],
    ["one that is a property", [first, { ...second, kind: "property" }], undefined],
    ["one that is read for others alone", [first, { ...second, kind: "none" }], undefined],
    ["one that is reported by change", [first, { ...second, report: { atLeastMs: 1000 } }], undefined],
    ["two groups", [first, { ...second, group: "slow" }], undefined],
    ["nothing", [], undefined],
  ])("of %s have the group that all of it belongs to, if it is sent as it is read", (_what, points, group) => {
    const list = new PointList(points);
    // Asked again: what is known by then is the same.
    expect([list.plainGroup, list.plainGroup]).toEqual([group, group]);
  });

  it("know where their points stand among those of a device, by name; -1: nowhere", () => {
    const list = new PointList([third, first, second]);
    const all = [first, second, third];
    const some = [{ ...second, address: 77 }, aPoint("d", 3), first];
    expect(list.placesAmong(all)).toEqual([2, 0, 1]);
    expect(list.placesAmong(some)).toEqual([-1, 2, 0]);
    expect(list.placesAmong(all)).toEqual([2, 0, 1]);
    expect(list.placesAmong([])).toEqual([-1, -1, -1]);
    expect(list.placesAmong(all)).toBe(list.placesAmong(all));
    expect(new PointList([]).placesAmong(all)).toEqual([]);
  });
});
