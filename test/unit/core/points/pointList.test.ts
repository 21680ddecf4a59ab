import { pointListOf } from "../../../../src/core/points/pointList";
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
    const { decoders } = pointListOf([first, scaled]);
    expect(decoders.map((decode, place) => decode(Uint16Array.of(7, 215), place))).toEqual([
      { value: 7 },
      { value: 21.5 },
    ]);
    const lists = Array.from({ length: 200 }, (_, at) => pointListOf([first, aPoint(`x${at}`, at)]));
    expect(pointListOf(lists[199]?.points ?? [])).not.toBe(lists[199]);
  });
});
