import { textRuns } from "./candidateText";
import { orderBySwitches, parseSwitches, SWITCH_ORDERS } from "./order";
import type { DataType, Point, PointValue } from "./point";
import { decodePoint } from "./transform";

/** One way to read registers: what they mean if they are of this type in this order. */
export interface Candidate {
  readonly type: DataType;
  /**
   * `ABCD`, `CDAB`, `BADC`, `DCBA`: order of the words and of the bytes in them, for any length. `BA`: one register whose
   * bytes are swapped; of text `AB` or `BA`. Empty where the register is taken as it stands.
   */
  readonly order: string;
  /** Registers, of a type that has no fixed number of them. */
  readonly length?: number;
  readonly value: PointValue;
}

/** `float32 CDAB`, `uint8High`, `mod10k[3] ABCD`. */
export function candidateName({ type, order, length }: Omit<Candidate, "value">): string {
  const shown = length === undefined ? type : `${type}[${length}]`;
  return order === "" ? shown : `${shown} ${order}`;
}

const WORDS = ["ABCD", "CDAB"];
/** A register as it stands is named by its type alone. The switches that make each. */
const PLAIN: OrderNames = [["", "ABCD"]];
const BYTES: OrderNames = [...PLAIN, ["BA", "BADC"]];

interface Forms {
  readonly types: readonly DataType[];
  /** Registers. */
  readonly count: number;
  readonly orders: OrderNames;
}

const FORMS: readonly Forms[] = [
  { types: ["uint16", "int16", "float16"], count: 1, orders: BYTES },
  { types: ["bcd16", "signMagnitude16", "uint8High", "uint8Low", "int8High", "int8Low"], count: 1, orders: PLAIN },
  {
    types: ["uint32", "int32", "float32", "bcd32", "signMagnitude32", "unix32"],
    count: 2,
    orders: twice(SWITCH_ORDERS),
  },
  { types: ["mod10k"], count: 2, orders: twice(WORDS) },
  { types: ["mod10k", "ymdhms"], count: 3, orders: twice(WORDS) },
  { types: ["uint64", "int64", "float64", "bcd64", "unix64"], count: 4, orders: twice(SWITCH_ORDERS) },
  { types: ["mod10k", "ti081"], count: 4, orders: twice(WORDS) },
];

type OrderNames = readonly (readonly [shown: string, switches: string])[];

function twice(names: readonly string[]): OrderNames {
  return names.map((name) => [name, name]);
}

/** A measured value is hardly closer to zero, or larger: such floats are other types read wrongly. */
const PLAUSIBLE = { float16: [1e-3, 65_504], float32: [1e-6, 1e12], float64: [1e-6, 1e12] } as const;
/** Clocks of devices, by ISO 8601 text: others are numbers, or a clock that was never set. */
const PLAUSIBLE_DATE = ["2010", "2040"] as const;
/** Below, coded integers say what the plain ones say. */
const LEAST_CODED = 10;

interface Reader {
  readonly order: string;
  readonly point: Point;
}

const READERS: readonly Reader[] = FORMS.flatMap(({ types, count, orders }) =>
  types.flatMap((type) => orders.map(([order, switches]) => ({ order, point: readerPoint(type, count, switches) }))),
);

function readerPoint(type: DataType, count: number, letters: string): Point {
  const switches = parseSwitches(letters);
  const order = switches.ok ? orderBySwitches(type, switches.value, count) : undefined;
  return {
    ...{ name: "candidate", table: "holding", address: 0, count, type, group: "default" },
    ...{ access: "read", kind: "telemetry" },
    ...(order === undefined ? {} : { order }),
  } as const;
}

/**
 * What the registers from `offset` on may mean: each type of one to four registers in each order that makes sense of
 * them, and text that begins here. Left out is what hardly anybody measures (a float of 1e-30, a date in 1971), and what
 * says the same as a plainer type does.
 */
export function candidatesAt(registers: Uint16Array, offset: number): readonly Candidate[] {
  const found = READERS.flatMap(({ order, point }) => {
    if (offset + point.count > registers.length) return [];
    const reading = decodePoint(point, registers, offset);
    if (!("value" in reading) || !isPlausible(point.type, reading.value)) return [];
    const length = point.type === "mod10k" ? { length: point.count } : {};
    return [{ type: point.type, order, ...length, value: reading.value }];
  });
  return [...found, ...textRuns(registers, offset)];
}

function isPlausible(type: DataType, value: PointValue): boolean {
  if (type === "float16" || type === "float32" || type === "float64") return isMeasured(type, value);
  if (type === "ymdhms" || type === "ti081" || type.startsWith("unix")) return isRecent(value);
  if (type.startsWith("bcd") || type === "mod10k") return typeof value !== "number" || value >= LEAST_CODED;
  // Of one byte, and with a sign of its own, only what is negative differs from the unsigned number.
  if (type.startsWith("int8") || type.startsWith("signMagnitude")) return typeof value === "number" && value < 0;
  return true;
}

function isMeasured(type: keyof typeof PLAUSIBLE, value: PointValue): boolean {
  const [least, most] = PLAUSIBLE[type];
  if (typeof value !== "number" || value === 0) return true;
  return Math.abs(value) >= least && Math.abs(value) <= most;
}

function isRecent(value: PointValue): boolean {
  const [first, end] = PLAUSIBLE_DATE;
  return typeof value === "string" && value >= first && value < end;
}

/** The registers as characters, first byte first, dots for what is not printable; undefined where four in a row are not. */
export function textIn(registers: Uint16Array): string | undefined {
  const bytes = [...registers].flatMap((register) => [register >>> 8, register & 0xff]);
  const isText = (code: number): boolean => code >= 0x20 && code < 0x7f;
  const text = bytes.map((code) => (isText(code) ? String.fromCharCode(code) : ".")).join("");
  const runs = bytes.map((code) => (isText(code) ? String.fromCharCode(code) : "\n")).join("");
  return /\w[ -~]{3}/.test(runs) ? text : undefined;
}
