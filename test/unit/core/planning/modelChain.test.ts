import { createModelChain, type ModelChain } from "../../../../src/core/planning/modelChain";

/** Walks over `memory`; what is not in it is refused. Tells the addresses asked. */
function walk(chain: ModelChain, memory: ReadonlyMap<number, number>): number[] {
  const asked: number[] = [];
  for (let at = chain.next; at !== undefined && asked.length < 1000; at = chain.next) {
    asked.push(at);
    const [first, second] = [memory.get(at), memory.get(at + 1)];
    if (first === undefined || second === undefined) chain.refused();
    else chain.answered([first, second]);
  }
  return asked;
}

/** `SunS` at `base`, then models as `[id, length]`. */
function memoryOf(base: number, models: readonly (readonly [number, number])[], end = true): Map<number, number> {
  const memory = new Map([
    [base, 0x5375],
    [base + 1, 0x6e53],
  ]);
  let at = base + 2;
  for (const [id, length] of models) {
    memory.set(at, id).set(at + 1, length);
    at += 2 + length;
  }
  if (end) memory.set(at, 0xffff).set(at + 1, 0);
  return memory;
}

const INVERTER = [101, 102, 103];

describe("the chain of SunSpec models", () => {
  it("is walked from the marker to the model looked for, two registers at a time", () => {
    const chain = createModelChain(new Map([[7, INVERTER]]));
    const asked = walk(
      chain,
      memoryOf(40_000, [
        [1, 66],
        [103, 50],
        [120, 26],
      ]),
    );
    expect(asked).toEqual([40_000, 40_002, 40_070]);
    expect(chain.found).toEqual(new Map([[7, { start: 40_070, length: 50 }]]));
  });

  it.each([
    [0, [40_000, 0, 2, 70]],
    [50_000, [40_000, 0, 50_000, 50_002, 50_070]],
  ])("begins at %i too", (base, expected) => {
    const chain = createModelChain(new Map([[7, INVERTER]]));
    const memory = memoryOf(base, [
      [1, 66],
      [101, 50],
    ]);
    expect(walk(chain, memory)).toEqual(expected);
    expect(chain.found.get(7)?.start).toBe(base + 70);
  });

  it("takes of each list the first model that comes, and of two equal models the first", () => {
    const wanted = new Map([
      [1, INVERTER],
      [2, [120, 103]],
      [3, [160]],
    ]);
    const chain = createModelChain(wanted);
    walk(
      chain,
      memoryOf(40_000, [
        [103, 50],
        [101, 50],
        [120, 26],
      ]),
    );
    expect([...chain.found].map(([number, { start }]) => [number, start])).toEqual([
      [1, 40_002],
      [2, 40_002],
    ]);
    expect(chain.hasMarker).toBe(true);
  });

  it("ends where there is no end, at the last address, and where memory is empty", () => {
    const open = createModelChain(new Map([[1, [999]]]));
    expect(walk(open, memoryOf(40_000, [[1, 66]], false))).toEqual([40_000, 40_002, 40_070]);
    const far = createModelChain(new Map([[1, [999]]]));
    expect(walk(far, memoryOf(50_000, [[1, 15_531]], false))).toEqual([40_000, 0, 50_000, 50_002]);
    const zeros = createModelChain(new Map([[1, [999]]]));
    expect(walk(zeros, memoryOf(40_000, [[0, 0]]))).toEqual([40_000, 40_002]);
  });

  it("is bounded, whatever a device answers", () => {
    const chain = createModelChain(new Map([[1, [999]]]));
    let requests = 0;
    for (; chain.next !== undefined && requests < 10_000; requests++) {
      chain.answered(chain.hasMarker ? [5, 0] : [0x5375, 0x6e53]);
    }
    expect(requests).toBe(1 + 256);
  });

  it("says when there is no marker at all", () => {
    const chain = createModelChain(new Map([[1, INVERTER]]));
    expect(walk(chain, new Map())).toEqual([40_000, 0, 50_000]);
    expect(chain.hasMarker).toBe(false);
    expect(createModelChain(new Map()).next).toBeUndefined();
  });
});
