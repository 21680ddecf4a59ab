import { invariant, unreachable } from "../../kernel/invariant";
import { packedDecimal, signAndMagnitude, wordsToBase10000 } from "./codedIntegers";
import { float16, float32, float64 } from "./floatTypes";
import { byteInteger, longInteger, threeByteInteger, wordInteger } from "./integerTypes";
import type { DataType } from "./point";
import { highByteText, lowByteText, utf8Text } from "./textTypes";
import { isoText } from "./timeText";
import { ti081, unixSeconds, ymdhms } from "./timeTypes";
import type { ByteOrder, RawValue, TimeType, TypeSpec } from "./typeSpec";

/** Every data type (contract section 3), by name. A new type is a new entry. */
const TYPES: Readonly<Record<DataType, TypeSpec>> = {
  bool: { shape: "bit", registers: 1, ordering: "none" },
  int8High: byteInteger("first", true),
  int8Low: byteInteger("second", true),
  uint8High: byteInteger("first", false),
  uint8Low: byteInteger("second", false),
  int16: wordInteger(16, true),
  uint16: wordInteger(16, false),
  int32: wordInteger(32, true),
  uint32: wordInteger(32, false),
  int64: longInteger(true),
  uint64: longInteger(false),
  int24: threeByteInteger(true),
  uint24: threeByteInteger(false),
  float16,
  float32,
  float64,
  bcd16: packedDecimal(16),
  bcd32: packedDecimal(32),
  bcd64: packedDecimal(64),
  signMagnitude16: signAndMagnitude(16),
  signMagnitude32: signAndMagnitude(32),
  mod10k: wordsToBase10000(4),
  string: utf8Text,
  stringLow: lowByteText,
  stringHigh: highByteText,
  ti081,
  ymdhms,
  unix32: unixSeconds(32),
  unix64: unixSeconds(64),
};

const MOD10K: Readonly<Record<number, TypeSpec>> = { 2: wordsToBase10000(2), 3: wordsToBase10000(3) };

/** `count`: the registers of the point, which the size of a `mod10k` depends on. */
export function typeSpec(type: DataType, count?: number): TypeSpec {
  return (type === "mod10k" && count !== undefined ? MOD10K[count] : undefined) ?? TYPES[type];
}

/** Registers (of `bool`: bits of a bit table) that a value takes. `length` counts for types without a size of their own. */
export function registersOf(type: DataType, length = 1): number {
  const { registers, lengths } = TYPES[type];
  return registers === undefined || lengths !== undefined ? length : registers;
}

/** Bytes of a value on the wire, which is how many letters its order has; 1 for 8-bit types, 0 for `bool`. */
export function bytesOf(type: DataType, length = 1): number {
  const spec = TYPES[type];
  if (spec.shape === "bit") return 0;
  return spec.shape === "integer" && spec.bits === 8 ? 1 : registersOf(type, length) * 2;
}

/** True where a point of the type must say its `length`. */
export function needsLength(type: DataType): boolean {
  return TYPES[type].lengths !== undefined;
}

/** How many registers a point of such a type may have. */
export function lengthsOf(type: DataType): readonly [least: number, most: number] {
  return TYPES[type].lengths ?? [registersOf(type), registersOf(type)];
}

/** Smallest and largest raw value of an integer type; `undefined` for the others. */
export function integerRange(type: DataType): { readonly min: bigint; readonly max: bigint } | undefined {
  const spec = TYPES[type];
  return spec.shape === "integer" ? { min: spec.min, max: spec.max } : undefined;
}

const PLAIN: Readonly<Record<number, ByteOrder>> = { 2: [0, 1], 4: [0, 1, 2, 3], 8: [0, 1, 2, 3, 4, 5, 6, 7] };
const NO_ORDER: ByteOrder = [];

/** The order to read with: the given one, or most significant byte first. */
export function effectiveOrder(spec: TypeSpec, order: ByteOrder | undefined): ByteOrder {
  if (spec.ordering === "none") return NO_ORDER;
  if (order !== undefined) return order;
  const bytes = spec.ordering === "register" ? 2 : (spec.registers ?? 1) * 2;
  return PLAIN[bytes] ?? Array.from({ length: bytes }, (_, i) => i);
}

/** How a raw value is written down on the wire: type, byte order and, where the type has no size of its own, registers. */
export interface RawFormat {
  readonly type: DataType;
  readonly order?: ByteOrder;
  /** Registers; default 1. Only types without a size of their own look at it. */
  readonly count?: number;
}

/**
 * The raw value at `offset` of the registers: before masks, scaling and texts. A float may be NaN or infinite.
 * `undefined`: the registers hold no value of the type (`decode`). `bool` is not a type of registers.
 */
export function decodeRaw(format: RawFormat, registers: Uint16Array, offset = 0): RawValue | undefined {
  const count = registersOf(format.type, format.count);
  const spec = typeSpec(format.type, count);
  invariant(offset >= 0 && offset + count <= registers.length, "the registers of the point are not all there");
  const order = effectiveOrder(spec, format.order);
  switch (spec.shape) {
    case "bit":
      return (registers[offset] as number) !== 0;
    case "integer":
    case "float":
      return spec.read(registers, offset, order);
    case "text":
      return spec.read(registers, offset, order, count);
    case "time":
      return clockText(spec.read(registers, offset, order));
    default:
      return unreachable(spec);
  }
}

/** What the clock shows, as if it were set to UTC. */
function clockText(time: ReturnType<TimeType["read"]>): string | undefined {
  return time === undefined || time === "invalid" ? undefined : isoText(time.ms, undefined);
}

/** The registers of a raw value; `undefined` where the type cannot carry it. The inverse of `decodeRaw`. */
export function encodeRaw(format: RawFormat, raw: RawValue): number[] | undefined {
  const spec = typeSpec(format.type, format.count);
  const order = effectiveOrder(spec, format.order);
  switch (spec.shape) {
    case "bit":
      return typeof raw === "boolean" ? [raw ? 1 : 0] : undefined;
    case "integer": {
      if (typeof raw !== "bigint" && !Number.isInteger(raw)) return undefined;
      const integer = BigInt(raw);
      return integer < spec.min || integer > spec.max ? undefined : spec.write(integer, order);
    }
    case "float":
      return typeof raw === "number" ? spec.write(raw, order) : undefined;
    case "text":
      return typeof raw === "string" ? spec.write(raw, order, registersOf(format.type, format.count)) : undefined;
    case "time":
      return typeof raw === "string" ? spec.write({ ms: Date.parse(raw) }, order) : undefined;
    default:
      return unreachable(spec);
  }
}
