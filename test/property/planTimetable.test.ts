import fc from "fast-check";
import { phaseMs } from "../../src/core/planning/phase";
import { createTimetable, type TimetableDevice } from "../../src/core/planning/timetable";
import { monotonicMs } from "../../src/kernel/units";
import { aGroup } from "../support/points";

const groupArbitrary = fc.record({
  intervalMs: fc.integer({ min: 10, max: 3000 }),
  priority: fc.constantFrom("high", "normal", "low"),
});

const devicesArbitrary: fc.Arbitrary<TimetableDevice[]> = fc
  .array(fc.array(groupArbitrary, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 })
  .map((all) =>
    all.map((groups, index) => ({
      name: `d${index}`,
      fingerprint: "1",
      groups: groups.map(({ intervalMs, priority }, at) => aGroup(`g${at}`, intervalMs, { priority })),
    })),
  );

/** Runs the table with one worker that takes `busy[i]` ms for its i-th cycle, and tells every start of every group. */
function simulate(devices: TimetableDevice[], origin: number, busy: readonly number[], rounds: number) {
  const table = createTimetable(monotonicMs(origin));
  const starts: { key: string; at: number; missed: number }[] = [];
  let now = origin;
  table.apply(devices, monotonicMs(now));
  for (let round = 0; round < rounds; round++) {
    const step = table.next(monotonicMs(now));
    if (step.kind === "idle") break;
    if (step.kind === "wake") {
      expect(step.at).toBeGreaterThan(now);
      now = step.at;
      continue;
    }
    const { device, groups, missed } = step.cycle;
    for (const group of groups) starts.push({ key: `${device}/${group}`, at: now, missed });
    now += busy[round % busy.length] ?? 0;
  }
  return { starts, end: now };
}

const busyArbitrary = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 10 });
const originArbitrary = fc.double({ min: 0, max: 1e6, noNaN: true });

describe("timetable", () => {
  it("never runs a group twice for one grid instant, whatever the delays", () => {
    fc.assert(
      // Whole milliseconds, so that the test can tell the instants apart exactly.
      fc.property(devicesArbitrary, fc.nat(1_000_000), busyArbitrary, (devices, origin, busy) => {
        const { starts } = simulate(devices, origin, busy, 300);
        for (const device of devices) {
          for (const group of device.groups) {
            const times = starts
              .filter((start) => start.key === `${device.name}/${group.name}`)
              .map((start) => start.at);
            const instants = times.map((time) => Math.floor((time - origin) / group.intervalMs));
            expect(new Set(instants).size).toBe(instants.length);
          }
        }
      }),
    );
  });

  it("keeps the grid exactly when nothing is late", () => {
    fc.assert(
      fc.property(devicesArbitrary, originArbitrary, (devices, origin) => {
        const { starts, end } = simulate(devices, origin, [0], 300);
        for (const device of devices) {
          for (const group of device.groups) {
            const times = starts
              .filter((start) => start.key === `${device.name}/${group.name}`)
              .map((start) => start.at);
            const expected = [];
            for (let n = 0; origin + n * group.intervalMs < end; n++) expected.push(origin + n * group.intervalMs);
            expect(times.filter((time) => time < end)).toEqual(expected);
          }
        }
        expect(starts.every((start) => start.missed === 0)).toBe(true);
      }),
    );
  });

  it("starves nobody, however overloaded the connection is", () => {
    fc.assert(
      fc.property(devicesArbitrary, fc.integer({ min: 100, max: 2000 }), (devices, busyMs) => {
        const { starts, end } = simulate(devices, 0, [busyMs], 400);
        // Four times as late, in intervals of 1 to 5 s, as a high priority that waits for a turn of every device.
        const bound = 4 * (5000 + 5 * (devices.length + 1) * busyMs);
        for (const device of devices) {
          for (const group of device.groups) {
            const times = starts
              .filter((start) => start.key === `${device.name}/${group.name}`)
              .map((start) => start.at);
            const gaps = [...times, end].map((time, index) => time - (times[index - 1] ?? 0));
            expect(Math.max(...gaps)).toBeLessThanOrEqual(bound + group.intervalMs);
          }
        }
      }),
    );
  });

  it("on overload everything slows down in proportion to its priority", () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 10 }), fc.integer({ min: 150, max: 400 }), (each, busyMs) => {
        const devices = (["high", "normal", "low"] as const).flatMap((priority) =>
          Array.from({ length: each }, (_, n) => ({
            name: `${priority}${n}`,
            fingerprint: "1",
            groups: [aGroup("g", 1000, { priority })],
          })),
        );
        const { starts } = simulate(devices, 0, [busyMs], 4000);
        const polls = (priority: string): number => starts.filter(({ key }) => key.startsWith(priority)).length;
        const ratio = (a: string, b: string): number => polls(a) / polls(b);
        // The demand is at least 1.8 times the line: high ones need not wait for all of theirs, low ones always get some.
        // Twice as often each, as nearly as the grid allows.
        expect(ratio("high", "normal")).toBeGreaterThan(1.5);
        expect(ratio("high", "normal")).toBeLessThan(3.1);
        expect(ratio("normal", "low")).toBeGreaterThan(1.5);
        expect(ratio("normal", "low")).toBeLessThan(2.6);
      }),
      { numRuns: 30 },
    );
  });

  it("phases of like devices are spread over their interval", () => {
    for (const intervalMs of [100, 1000, 10_000]) {
      const phases = Array.from({ length: 1000 }, (_, n) => phaseMs(`gw${n}`, 1) % intervalMs);
      const tenths = Array.from(
        { length: 10 },
        (_, tenth) => phases.filter((phase) => Math.floor((10 * phase) / intervalMs) === tenth).length,
      );
      expect(Math.min(...tenths)).toBeGreaterThan(60);
      expect(Math.max(...tenths)).toBeLessThan(140);
    }
    const ofUnits = Array.from({ length: 247 }, (_, n) => Math.floor(phaseMs("line", n + 1)));
    expect(new Set(ofUnits).size).toBeGreaterThan(240);
  });
});
