import type { ReadBlock } from "../../../../src/core/planning/readPlan";
import { type Split, splitRead } from "../../../../src/core/planning/splitRead";
import type { Point } from "../../../../src/core/points/point";
import { aPoint } from "../../../support/points";

function block(...points: readonly Point[]): ReadBlock {
  const first = Math.min(...points.map(({ address }) => address));
  const end = Math.max(...points.map(({ address, count }) => address + count));
  return { table: "holding", first, count: end - first, points };
}

function shown({ refused, parts }: Split<Point>): string {
  const names = (points: readonly Point[]): string => points.map(({ name }) => name).join(",");
  return [`refused ${names(refused)}`, ...parts.map((p) => `${p.first}+${p.count} ${names(p.points)}`)].join(" | ");
}

describe("splitRead", () => {
  it("cuts at the gap nearest to the middle, a border only where there is no gap", () => {
    const points = [aPoint("a", 0), aPoint("b", 1), aPoint("c", 5), aPoint("d", 6), aPoint("e", 7)];
    expect(shown(splitRead(block(...points)))).toBe("refused  | 0+2 a,b | 5+3 c,d,e");
    expect(shown(splitRead(block(...points.slice(2))))).toBe("refused  | 5+1 c | 6+2 d,e");
  });

  it("has nothing smaller to ask for than the refused addresses themselves", () => {
    expect(shown(splitRead(block(aPoint("a", 4, { count: 2 }))))).toBe("refused a");
    const bits = [aPoint("door", 7, { bit: 0 }), aPoint("water", 7, { bit: 1 })];
    expect(shown(splitRead(block(...bits)))).toBe("refused door,water");
  });

  it("asks for what lies inside refused addresses, and for halves of overlapping points", () => {
    const wide = aPoint("wide", 0, { count: 4 });
    expect(shown(splitRead(block(wide, aPoint("in", 1))))).toBe("refused wide | 1+1 in");
    expect(shown(splitRead(block(wide, aPoint("in", 0), aPoint("last", 3))))).toBe("refused wide | 0+1 in | 3+1 last");
    const chain = [0, 1, 2].map((address) => aPoint(`p${address}`, address, { count: 2 }));
    expect(shown(splitRead(block(...chain)))).toBe("refused  | 0+2 p0 | 1+3 p1,p2");
  });
});
