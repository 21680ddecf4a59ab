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
});
