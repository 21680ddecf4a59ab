import { linkCost } from "../../../../src/core/planning/cost";
import { planReads, type ReadBlock } from "../../../../src/core/planning/readPlan";
import { aConnection, aPoint, LIMITS_OF_THE_SPEC as LIMITS } from "../../../support/points";

function shape(blocks: readonly ReadBlock[]): string[] {
  return blocks.map(
    ({ table, first, count, points }) => `${table} ${first}+${count}: ${points.map((p) => p.name).join(",")}`,
  );
}

describe("planReads", () => {
  it("reads neighbours in one request, whatever the order of the document", () => {
    const points = [aPoint("c", 12, { count: 2, type: "float32" }), aPoint("a", 10), aPoint("b", 11)];
    expect(shape(planReads(points, LIMITS))).toEqual(["holding 10+4: a,b,c"]);
  });

  it("reads over a gap of maxGap registers and not over one more", () => {
    const limits = { ...LIMITS, maxGap: 3 };
    expect(shape(planReads([aPoint("a", 0), aPoint("b", 4)], limits))).toEqual(["holding 0+5: a,b"]);
    expect(shape(planReads([aPoint("a", 0), aPoint("b", 5)], limits))).toEqual(["holding 0+1: a", "holding 5+1: b"]);
  });

  it("does not read over a gap that costs more than a request", () => {
    const slow = linkCost({
      ...aConnection(),
      transport: "serial",
      framing: "rtu",
      path: "/dev/ttyUSB0",
      line: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
    });
    const far = { ...LIMITS, maxGap: 100 };
    // 9600 8N1: 1.04 ms a byte; a request costs 13 bytes, the quiet gap and the turnaround: 27.5 ms, 13 registers.
    expect(planReads([aPoint("a", 0), aPoint("b", 14)], far, slow)).toHaveLength(1);
    expect(planReads([aPoint("a", 0), aPoint("b", 15)], far, slow)).toHaveLength(2);
    expect(planReads([aPoint("a", 0), aPoint("b", 90)], far)).toHaveLength(1);
  });

  it("keeps inside maxReadRegisters without splitting a point", () => {
    const limits = { ...LIMITS, maxReadRegisters: 4 };
    const points = [0, 2, 4, 6].map((address) => aPoint(`p${address}`, address + 1, { count: 2, type: "int32" }));
    expect(shape(planReads([aPoint("first", 0), ...points], limits))).toEqual([
      "holding 0+3: first,p0",
      "holding 3+4: p2,p4",
      "holding 7+2: p6",
    ]);
  });

  it("never reads over a forbidden address, even inside a gap that pays", () => {
    const limits = { ...LIMITS, neverRead: [[5, 6]] as const };
    expect(shape(planReads([aPoint("a", 4), aPoint("b", 7)], limits))).toEqual(["holding 4+1: a", "holding 7+1: b"]);
    expect(planReads([aPoint("on", 6), aPoint("across", 4, { count: 2 })], limits)).toEqual([]);
  });

  it("gives each point its own request where the device wants that; the bits of one word share theirs", () => {
    const limits = { ...LIMITS, singlePointReads: true };
    const bits = [aPoint("door", 7, { bit: 0 }), aPoint("water", 7, { bit: 1 })];
    expect(shape(planReads([...bits, aPoint("next", 8)], limits))).toEqual([
      "holding 7+1: door,water",
      "holding 8+1: next",
    ]);
  });

  it("separates the tables and counts bits by maxReadBits", () => {
    const coil = (address: number) => aPoint(`c${address}`, address, { table: "coil", type: "bool" });
    const blocks = planReads([aPoint("i", 0, { table: "input" }), coil(0), coil(9), aPoint("h", 0)], {
      ...LIMITS,
      maxReadBits: 10,
    });
    expect(shape(blocks)).toEqual(["coil 0+10: c0,c9", "input 0+1: i", "holding 0+1: h"]);
  });

  it("reads points that overlap, or lie inside another, once", () => {
    const points = [
      aPoint("word", 3),
      aPoint("long", 2, { count: 4, type: "uint64" }),
      aPoint("float", 4, { count: 2 }),
    ];
    expect(shape(planReads(points, LIMITS))).toEqual(["holding 2+4: long,word,float"]);
  });

  it("plans nothing for nothing", () => {
    expect(planReads([], LIMITS)).toEqual([]);
  });
});
