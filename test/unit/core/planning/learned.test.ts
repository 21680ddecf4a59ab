import { createLearned, isKeptFact } from "../../../../src/core/planning/learned";
import { epochMs as at } from "../../../../src/kernel/units";

const MINUTE = 60_000;
const range = (first: number, last = first) => ({ table: "holding", first, last, code: 2 }) as const;

describe("what is learned of a unit", () => {
  it("keeps a refusal ten minutes, then twice as long each time it proves true, at last a day", () => {
    const learned = createLearned();
    let now = 0;
    const stands: number[] = [];
    for (let n = 0; n < 9; n++) {
      learned.refused([range(7)], at(now));
      const [kept] = learned.facts();
      stands.push(((kept?.until ?? 0) - now) / MINUTE);
      expect(learned.expire(at((kept?.until ?? 0) - 1))).toBe(false);
      now = kept?.until ?? 0;
      expect(learned.expire(at(now))).toBe(true);
      expect(learned.refusals).toEqual([]);
    }
    expect(stands).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 1440]);
  });

  it("tries facts again one at a time", () => {
    const learned = createLearned();
    learned.refused([range(7), range(90)], at(0));
    expect(learned.expire(at(MINUTE * 60))).toBe(true);
    expect(learned.refusals).toHaveLength(1);
  });

  it("replaces a wide refusal by a narrower one inside it, and ignores a wider one", () => {
    const learned = createLearned();
    learned.refused([range(10, 20)], at(0));
    learned.refused([range(12, 13)], at(1));
    learned.refused([range(5, 30)], at(2));
    expect(learned.refusals).toEqual([range(12, 13)]);
  });

  it("halves requests that fail three times while smaller ones are answered", () => {
    const learned = createLearned();
    for (const _ of [1, 2, 3]) {
      expect(learned.most("holding")).toBeUndefined();
      learned.failed("holding", 100, at(0));
      learned.answered("holding", 10);
    }
    expect(learned.most("holding")).toBe(50);
    expect(learned.most("input")).toBeUndefined();
  });

  it("blames the size of a request neither while the unit is dead, nor when a large one was answered meanwhile", () => {
    const dead = createLearned();
    for (let n = 0; n < 20; n++) dead.failed("holding", 100, at(n));
    expect(dead.facts()).toEqual([]);
    const noisy = createLearned();
    for (let n = 0; n < 20; n++) {
      noisy.failed("holding", 100, at(n));
      noisy.answered("holding", n % 2 === 0 ? 100 : 10);
    }
    expect(noisy.facts()).toEqual([]);
  });

  it("goes on halving, one outage for each step at most", () => {
    const learned = createLearned();
    const step = (count: number) => {
      learned.failed("holding", count, at(0));
      learned.answered("holding", 1);
    };
    for (let n = 0; n < 3; n++) step(100);
    expect(learned.most("holding")).toBe(50);
    step(50);
    learned.answered("holding", 25);
    for (let n = 0; n < 9; n++) learned.failed("holding", 25, at(0));
    expect(learned.most("holding")).toBe(25);
  });

  it("believes three refusals of a function", () => {
    const learned = createLearned();
    learned.illegalFunction("input", at(0));
    learned.illegalFunction("input", at(0));
    learned.answered("input", 1);
    for (const _ of [1, 2]) learned.illegalFunction("input", at(0));
    expect(learned.lacks("input")).toBe(false);
    learned.illegalFunction("input", at(0));
    expect([learned.lacks("input"), learned.lacks("holding")]).toEqual([true, false]);
  });

  it("tries again what was learned by a wall clock that had gone years ahead, and keeps all while none is known", () => {
    const [ahead, now] = [Date.UTC(2040, 0, 1), Date.UTC(2026, 0, 1)];
    const learned = createLearned();
    learned.refused([range(7)], at(ahead));
    learned.refused([range(9)], at(now));
    expect(learned.expire(at(10_000))).toBe(false);
    expect(learned.expire(at(now + 1))).toBe(true);
    expect(learned.refusals).toEqual([range(9)]);
    expect(learned.expire(at(now + 1))).toBe(false);
  });

  it("says by `revision` when plans are out of date, and survives as JSON", () => {
    const learned = createLearned();
    const before = learned.revision;
    learned.refused([range(7)], at(0));
    learned.failed("holding", 3, at(0));
    expect(learned.revision).toBe(before + 1);
    const json: unknown[] = JSON.parse(JSON.stringify(learned.facts()));
    expect(createLearned(json.filter(isKeptFact)).refusals).toEqual([range(7)]);
  });

  it.each([
    [null],
    [{ fact: { kind: "refusal", range: { table: "holding", first: 9, last: 8, code: 2 } }, standsMs: 1, until: 1 }],
    [{ fact: { kind: "limit", table: "holding", most: 0 }, standsMs: 1, until: 1 }],
    [{ fact: { kind: "limit", table: "registers", most: 4 }, standsMs: 1, until: 1 }],
    [{ fact: { kind: "gossip" }, standsMs: 1, until: 1 }],
  ])("does not take %j for a fact", (json) => {
    expect(isKeptFact(json)).toBe(false);
  });
});
