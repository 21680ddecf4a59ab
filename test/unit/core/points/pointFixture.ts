import { type ExactDecimal, parseDecimal } from "../../../../src/core/points/decimal";
import type { Point } from "../../../../src/core/points/point";

/** A decimal literal of a test. */
export function decimal(text: string): ExactDecimal {
  const parsed = parseDecimal(text);
  if (parsed === undefined) throw new TypeError(`${text} is no decimal`);
  return parsed;
}

/** A holding register point that may be written; `count` only matters for strings. */
export function pointOf(parts: Partial<Point>): Point {
  return {
    name: "point",
    table: "holding",
    address: 0,
    count: 1,
    type: "uint16",
    group: "default",
    access: "readWrite",
    kind: "telemetry",
    write: { verify: "readBack" },
    ...parts,
  };
}
