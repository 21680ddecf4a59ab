import { tellSoon } from "../../../src/bus/telling";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("telling", () => {
  it("hands outcomes over in the order of their settling, when the code that settled them has ended", async () => {
    const told: string[] = [];
    for (const name of ["one", "two", "three"]) tellSoon({ tell: () => told.push(name) });
    told.push("settled all");
    await turn();
    expect(told).toEqual(["settled all", "one", "two", "three"]);
  });

  it("what is settled by who is told comes behind all that had been settled before, in the same turn", async () => {
    const told: string[] = [];
    const settle = (name: string, leadsTo: readonly string[] = []): void =>
      tellSoon({
        tell() {
          told.push(name);
          for (const next of leadsTo) settle(next);
        },
      });
    settle("a", ["c", "d"]);
    settle("b", ["e"]);
    const others = turn().then(() => told.push("the rest of the event loop"));
    await others;
    expect(told).toEqual(["a", "b", "c", "d", "e", "the rest of the event loop"]);
  });
});
