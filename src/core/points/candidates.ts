import { orderBySwitches, parseSwitches, SWITCH_ORDERS } from "./order";
import type { DataType, Point, PointValue } from "./point";
import { decodePoint } from "./transform";

/** One way to read registers: what they mean if they are of this type in this order. */
export interface Candidate {
  readonly type: DataType;
  /** `ABCD`, `CDAB`, `BADC`, `DCBA`: order of the words and of the bytes in them, for any length. */
  readonly order: string;
  readonly value: PointValue;
}

const WIDE: readonly { readonly type: DataType; readonly count: number }[] = [
  { type: "uint32", count: 2 },
  { type: "int32", count: 2 },
  { type: "float32", count: 2 },
  { type: "uint64", count: 4 },
  { type: "int64", count: 4 },
  { type: "float64", count: 4 },
];

/** A measured value is hardly closer to zero, or larger: such floats are other types read wrongly. */
const PLAUSIBLE_FLOAT = { least: 1e-6, most: 1e12 };

interface Reader {
  readonly order: string;
  readonly point: Point;
}

const READERS: readonly Reader[] = WIDE.flatMap(({ type, count }) =>
  SWITCH_ORDERS.map((letters) => ({ order: letters, point: readerPoint(type, count, letters) })),
);

function readerPoint(type: DataType, count: number, letters: string): Point {
  const switches = parseSwitches(letters);
  const order = switches.ok ? orderBySwitches(type, switches.value) : undefined;
  return {
    ...{ name: "candidate", table: "holding", address: 0, count, type, group: "default" },
    ...{ access: "read", kind: "telemetry" },
    ...(order === undefined ? {} : { order }),
  } as const;
}

/** What the registers from `offset` on may mean as types of 2 and 4 registers, in every order of letters. */
export function candidatesAt(registers: Uint16Array, offset: number): readonly Candidate[] {
  return READERS.flatMap(({ order, point }) => {
    if (offset + point.count > registers.length) return [];
    const reading = decodePoint(point, registers, offset);
    if (!("value" in reading) || !isPlausible(point.type, reading.value)) return [];
    return [{ type: point.type, order, value: reading.value }];
  });
}

function isPlausible(type: DataType, value: PointValue): boolean {
  if (!type.startsWith("float") || typeof value !== "number" || value === 0) return true;
  return Math.abs(value) >= PLAUSIBLE_FLOAT.least && Math.abs(value) <= PLAUSIBLE_FLOAT.most;
}

/** The registers as characters, first byte first, dots for what is not printable; undefined where four in a row are not. */
export function textIn(registers: Uint16Array): string | undefined {
  const bytes = [...registers].flatMap((register) => [register >>> 8, register & 0xff]);
  const isText = (code: number): boolean => code >= 0x20 && code < 0x7f;
  const text = bytes.map((code) => (isText(code) ? String.fromCharCode(code) : ".")).join("");
  const runs = bytes.map((code) => (isText(code) ? String.fromCharCode(code) : "\n")).join("");
  return /\w[ -~]{3}/.test(runs) ? text : undefined;
}
