import { createTimetable, type NextStep, type Timetable } from "../../../../src/core/planning/timetable";
import { monotonicMs } from "../../../../src/kernel/units";
import { aGroup } from "../../../support/points";

const at = monotonicMs;

function shown(step: NextStep): string {
  if (step.kind === "due") return `${step.cycle.device}:${step.cycle.groups.join("+")} missed ${step.cycle.missed}`;
  return step.kind === "wake" ? `wake ${step.at}` : "idle";
}

/** Everything due at `now`, then when to wake. */
function allAt(table: Timetable, now: number): string[] {
  const steps: string[] = [];
  for (let step = table.next(at(now)); ; step = table.next(at(now))) {
    steps.push(shown(step));
    if (step.kind !== "due") return steps;
  }
}

describe("timetable", () => {
  it("polls a device at once, then on the grid of its interval", () => {
    const table = createTimetable(at(100));
    table.apply([{ name: "a", fingerprint: "1", groups: [aGroup("g", 1000)] }], at(350));
    expect(allAt(table, 350)).toEqual(["a:g missed 0", "wake 1100"]);
    expect(allAt(table, 1099)).toEqual(["wake 1100"]);
    expect(allAt(table, 1103)).toEqual(["a:g missed 0", "wake 2100"]);
  });

  it("makes one cycle of the groups that fall due together", () => {
    const table = createTimetable(at(0));
    table.apply([{ name: "a", fingerprint: "1", groups: [aGroup("fast", 100), aGroup("slow", 300)] }], at(0));
    expect(allAt(table, 0)).toEqual(["a:fast+slow missed 0", "wake 100"]);
    expect(allAt(table, 100)).toEqual(["a:fast missed 0", "wake 200"]);
    expect(allAt(table, 200)).toEqual(["a:fast missed 0", "wake 300"]);
    expect(allAt(table, 300)).toEqual(["a:fast+slow missed 0", "wake 400"]);
  });

  it("coalesces and counts what was missed, and stays on the grid", () => {
    const table = createTimetable(at(0));
    table.apply([{ name: "a", fingerprint: "1", groups: [aGroup("g", 100)] }], at(0));
    allAt(table, 0);
    expect(allAt(table, 370)).toEqual(["a:g missed 2", "wake 400"]);
  });

  it("prefers high to normal to low", () => {
    const table = createTimetable(at(0));
    const devices = (["low", "normal", "high"] as const).map((priority) => ({
      name: priority,
      fingerprint: "1",
      groups: [aGroup("g", 10_000, { priority })],
    }));
    table.apply(devices, at(0));
    expect(allAt(table, 0)).toEqual(["high:g missed 0", "normal:g missed 0", "low:g missed 0", "wake 10000"]);
  });

  it("keeps the due times of devices whose fingerprint is unchanged", () => {
    const table = createTimetable(at(0));
    const a = { name: "a", fingerprint: "1", groups: [aGroup("g", 1000)] };
    const b = { name: "b", fingerprint: "1", groups: [aGroup("g", 1000)] };
    table.apply([a, b], at(0));
    allAt(table, 0);
    table.apply([{ ...a }, { ...b, fingerprint: "2" }, { ...a, name: "c" }], at(400));
    expect(allAt(table, 400)).toEqual(["b:g missed 0", "c:g missed 0", "wake 1000"]);
    table.apply([a], at(500));
    expect(allAt(table, 1000)).toEqual(["a:g missed 0", "wake 2000"]);
    table.apply([], at(1100));
    expect(allAt(table, 5000)).toEqual(["idle"]);
  });

  it("polls everything at once after a reconnect and counts no miss for it", () => {
    const table = createTimetable(at(0));
    table.apply([{ name: "a", fingerprint: "1", groups: [aGroup("g", 1000)] }], at(0));
    allAt(table, 0);
    table.restart(at(4200));
    expect(allAt(table, 4200)).toEqual(["a:g missed 0", "wake 5000"]);
  });

  it("takes up a group without an interval once after each restart, and when it is to be tried again", () => {
    const table = createTimetable(at(0));
    const once = aGroup("once", Number.POSITIVE_INFINITY, { poll: "connect" });
    table.apply([{ name: "a", fingerprint: "1", groups: [once, aGroup("g", 1000)] }], at(5));
    expect(allAt(table, 5)).toEqual(["a:once+g missed 0", "wake 1000"]);
    expect(allAt(table, 1000)).toEqual(["a:g missed 0", "wake 2000"]);
    table.retry("a", ["once"], at(1500));
    table.retry("nobody", ["once"], at(1100));
    expect(allAt(table, 1000)).toEqual(["wake 1500"]);
    expect(allAt(table, 1500)).toEqual(["a:once missed 0", "wake 2000"]);
    table.restart(at(1600));
    expect(allAt(table, 1600)).toEqual(["a:once+g missed 0", "wake 2000"]);
  });

  it("never brings an earlier instant back by trying again", () => {
    const table = createTimetable(at(0));
    table.apply([{ name: "a", fingerprint: "1", groups: [aGroup("g", 1000)] }], at(0));
    allAt(table, 0);
    table.retry("a", ["g"], at(5000));
    expect(allAt(table, 1000)).toEqual(["a:g missed 0", "wake 2000"]);
  });

  it("lets a device rest after a reconnect, not its neighbours", () => {
    const table = createTimetable(at(0));
    const device = { fingerprint: "1", groups: [aGroup("g", 10_000)] };
    table.apply(
      [
        { ...device, name: "a", connectDelayMs: 700 },
        { ...device, name: "b" },
      ],
      at(0),
    );
    table.restart(at(100));
    expect(allAt(table, 100)).toEqual(["b:g missed 0", "wake 800"]);
    expect(allAt(table, 800)).toEqual(["a:g missed 0", "wake 10000"]);
  });

  describe("on the grid of UTC", () => {
    const quarter = 900_000;
    /** Monotonic 0 is 10:07:00 UTC. */
    const start = Date.UTC(2026, 0, 1, 10, 7);
    const device = { name: "a", fingerprint: "1", groups: [aGroup("g", quarter, { align: true })] };

    it("polls at once, then at the quarter hours; looks at the wall clock every minute", () => {
      const table = createTimetable(at(0), () => start);
      table.apply([device], at(0));
      expect(allAt(table, 0)).toEqual(["a:g missed 0", "wake 60000"]);
      const due = Date.UTC(2026, 0, 1, 10, 15) - start;
      expect(allAt(table, due - 1)).toEqual([`wake ${due}`]);
      expect(allAt(table, due)).toEqual(["a:g missed 0", `wake ${due + 60_000}`]);
      expect(allAt(table, due + 2 * quarter)).toEqual(["a:g missed 1", `wake ${due + 2 * quarter + 60_000}`]);
    });

    it("follows the wall clock when it is set, in both directions", () => {
      let offset = start;
      const table = createTimetable(at(0), () => offset);
      table.apply([device], at(0));
      allAt(table, 0);
      // It is 10:07:10 and the clock is set to 10:14:50.
      offset += 460_000;
      expect(allAt(table, 10_000)).toEqual(["wake 20000"]);
      expect(allAt(table, 20_000)).toEqual(["a:g missed 0", "wake 80000"]);
      // 10:15:30 becomes 10:14:59: this quarter of an hour begins a second time.
      offset -= 31_000;
      expect(allAt(table, 50_000)).toEqual(["wake 51000"]);
    });
  });

  it("begins the grid of a device at its phase, the same for all its groups", () => {
    const table = createTimetable(at(0));
    const groups = [aGroup("fast", 100), aGroup("slow", 300)];
    table.apply([{ name: "a", fingerprint: "1", groups, phaseMs: 45_025 }], at(0));
    expect(allAt(table, 0)).toEqual(["a:fast+slow missed 0", "wake 25"]);
    expect(allAt(table, 25)).toEqual(["a:fast+slow missed 0", "wake 125"]);
    expect(allAt(table, 125)).toEqual(["a:fast missed 0", "wake 225"]);
  });

  it("lets a lower priority go first once it is so much later, in intervals, that weights are even", () => {
    const table = createTimetable(at(0));
    const of = (name: string, priority: "high" | "low") => ({
      name,
      fingerprint: "1",
      groups: [aGroup("g", 1000, { priority })],
    });
    table.apply([of("low", "low")], at(0));
    table.apply([of("low", "low"), of("high", "high")], at(2900));
    expect(allAt(table, 2900)[0]).toBe("high:g missed 0");
    table.apply([of("low", "low")], at(10_000));
    allAt(table, 10_000);
    table.apply([of("low", "low"), of("high", "high")], at(14_100));
    // Due at 11,000: 3.1 intervals late, 1 + 3.1 against 4 times 1.
    expect(allAt(table, 14_100)[0]).toBe("low:g missed 3");
  });
});
