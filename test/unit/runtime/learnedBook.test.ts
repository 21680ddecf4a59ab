import type { KeptFact } from "../../../src/core/planning/learned";
import type { Json } from "../../../src/kernel/json";
import { silentLog } from "../../../src/kernel/log";
import { epochMs } from "../../../src/kernel/units";
import { createConnectionRunner } from "../../../src/runtime/connectionRunner";
import { createLearnedBook } from "../../../src/runtime/learnedBook";
import type { FakeRequest } from "../../support/fakeSession";
import { createFakeSession } from "../../support/fakeSession";
import { createManualClock } from "../../support/manualClock";
import { aConnection, aDevice, aPoint } from "../../support/points";

/** A data folder in memory. */
function folder(document?: Json) {
  const kept = new Map<string, Json>(document === undefined ? [] : [["learned", document]]);
  return {
    kept,
    read: async (name: string) => kept.get(name),
    write: async (name: string, json: Json) => void kept.set(name, JSON.parse(JSON.stringify(json)) as Json),
  };
}

const fact: KeptFact = {
  fact: { kind: "refusal", range: { table: "holding", first: 24, last: 24, code: 2 } },
  standsMs: 600_000,
  until: epochMs(600_000),
};

describe("the book of what was learned", () => {
  it("survives a restart, for the same definition only", async () => {
    const data = folder();
    const book = createLearnedBook(data);
    await book.load();
    book.remember("line", 7, "one", [fact]);
    book.remember("constructor", 7, "one", []);
    const again = createLearnedBook(data);
    await again.load();
    expect(again.recall("line", 7, () => "one")).toEqual([fact]);
    expect(again.recall("line", 7, () => "two")).toEqual([]);
    expect(again.recall("line", 8, () => "one")).toEqual([]);
    expect(again.recall("constructor", 7, () => "one")).toEqual([]);
  });

  it.each<[string, Json]>([
    ["no object", [1]],
    ["no units", { units: 3 }],
    [
      "damaged entries",
      { units: { "line/7": 5, "line/8": { fingerprint: "one", facts: "x" }, "line/9": { facts: [] } } },
    ],
  ])("forgets %s", async (_what, document) => {
    const book = createLearnedBook(folder(document));
    await book.load();
    expect([7, 8, 9].flatMap((unit) => book.recall("line", unit, () => "one"))).toEqual([]);
  });

  it("a runner begins with it: nothing that was refused is asked for again", async () => {
    const points = Array.from({ length: 20 }, (_, n) => aPoint(`p${n}`, 2 * n));
    const data = folder();
    const run = async (fingerprint: string): Promise<number> => {
      const clock = createManualClock();
      const session = createFakeSession(clock);
      session.behave = (_, request: FakeRequest["request"]) => {
        const count = "count" in request ? request.count : 1;
        return request.address <= 24 && request.address + count > 24 ? 2 : "answer";
      };
      const book = createLearnedBook(data);
      await book.load();
      const ports = {
        clock,
        log: silentLog,
        learned: book,
        openLink: () => Promise.reject(new TypeError("not used")),
        onCycle: () => undefined,
        onConnection: () => undefined,
      };
      const runner = createConnectionRunner(aConnection(), ports, session.open);
      runner.apply([aDevice("meter", points, { fingerprint })]);
      session.state("open");
      await clock.advance(900);
      await clock.advanceUntil(runner.close());
      return session.requests.length;
    };
    expect(await run("one")).toBeGreaterThan(2);
    expect(await run("one")).toBe(2);
    expect(await run("two")).toBeGreaterThan(2);
  });
});
