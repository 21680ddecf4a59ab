import { testimony, witnessesAmong } from "../../../../src/core/fieldwork/meterWitness";
import type { Point } from "../../../../src/core/points/point";

const point = (unit: string, more: Partial<Point> = {}): Point => ({
  ...{ name: unit, table: "input", address: 0, count: 2, type: "float32", group: "default" },
  ...{ access: "read", kind: "telemetry", unit },
  ...more,
});
const V = point("V");
const HZ = point("hertz");

test("voltages and frequencies testify, as many as are wanted", () => {
  const points = [point("A"), V, point("V", { access: "write" }), HZ, point("volt")];
  expect(witnessesAmong(points, 2)).toEqual([V, HZ]);
});

test.each<[string, readonly (readonly [Point, number | undefined])[], number]>([
  [
    "mains",
    [
      [V, 230.1],
      [V, 0],
      [HZ, 49.98],
    ],
    2,
  ],
  [
    "one alone says little",
    [
      [V, 230],
      [V, 0],
    ],
    0,
  ],
  [
    "a denial",
    [
      [V, 230],
      [V, 231],
      [V, 4e-12],
    ],
    0,
  ],
  [
    "no frequency is zero",
    [
      [V, 230],
      [V, 231],
      [HZ, 0],
    ],
    0,
  ],
  [
    "what could not be read",
    [
      [V, 230],
      [V, 231],
      [HZ, undefined],
    ],
    0,
  ],
])("%s", (_, readings, score) => {
  expect(testimony(readings)).toBe(score);
});
