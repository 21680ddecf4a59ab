import type { JsonObject } from "../../kernel/json";
import { integerRange } from "../points/dataType";
import type { Point } from "../points/point";
import { memberName } from "./names";

/** What a model says of a value: a schema of DTDL, and whether units may stand beside it. */
export interface ValueSchema {
  readonly schema: string | JsonObject;
  readonly numeric: boolean;
  /** Where the schema cannot say the whole truth: a sentence for the description. */
  readonly caveat?: string;
}

/** How a value leaves: in messages, or in twins and payloads of methods. */
export interface ValueForm {
  /** `bigIntegers` of the output: 64-bit integers as texts of digits. */
  readonly bigIntegersAsText?: boolean;
  readonly inTwin?: boolean;
  /** The group publishes a mean: whatever was a whole number is one no more. */
  readonly mean?: boolean;
}

const TEXTS: ReadonlySet<string> = new Set(["string", "stringLow", "stringHigh"]);
const DATES: ReadonlySet<string> = new Set(["ti081", "ymdhms", "unix32", "unix64"]);
const INT32 = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
/** Beyond it the hub and the SDK cut digits of numbers in twins. */
const TWIN_INTEGER = 2n ** 52n;
const MAX_ENUM_VALUES = 100;

const BOOLEAN: ValueSchema = { schema: "boolean", numeric: false };
const TEXT: ValueSchema = { schema: "string", numeric: false };
const DOUBLE: ValueSchema = { schema: "double", numeric: true };

/**
 * The schema of a point's values (DTDL has no unsigned types: uint32 is a `long`; so is uint64, whose upper half no
 * schema carries, unless its output sends texts of digits).
 */
export function valueSchema(point: Point, form: ValueForm = {}): ValueSchema {
  if (point.type === "bool" || point.bit !== undefined) return BOOLEAN;
  if (point.enum !== undefined) return enumSchema(point.enum);
  if (TEXTS.has(point.type)) return TEXT;
  if (DATES.has(point.type)) return { schema: "dateTime", numeric: false };
  const range = integerRange(point.type);
  if (range === undefined)
    return isPlainFloat(point) && form.mean !== true ? { schema: "float", numeric: true } : DOUBLE;
  return form.mean === true || !staysWhole(point) ? DOUBLE : integerSchema(point, range, form);
}

/** float16 and float32 as they are; the shortest decimal of a float32 reads back as the same float32. */
function isPlainFloat(point: Point): boolean {
  return point.type !== "float64" && point.scale === undefined && point.offset === undefined && !isDerived(point);
}

/** Multiplied by what is known only when it is read, or mapped onto a range without an end of digits. */
function isDerived(point: Pick<Point, "scaledBy" | "divisor">): boolean {
  return point.scaledBy !== undefined || point.divisor !== undefined;
}

/** Whole raw values give whole values. */
function staysWhole({ scale, offset, ...point }: Point): boolean {
  if (isDerived(point)) return false;
  return [scale, offset].every((factor) => factor === undefined || factor.scale <= 0);
}

function integerSchema(
  point: Point,
  range: { readonly min: bigint; readonly max: bigint },
  form: ValueForm,
): ValueSchema {
  const scale = point.scale === undefined ? 1n : whole(point.scale);
  const offset = point.offset === undefined ? 0n : whole(point.offset);
  const highest = point.mask === undefined ? range.max : maskMax(point.mask);
  const lowest = point.mask === undefined ? range.min : 0n;
  const ends = [lowest * scale + offset, highest * scale + offset].sort((a, b) => (a < b ? -1 : 1));
  const [min = 0n, max = 0n] = ends;
  if (min >= INT32.min && max <= INT32.max) return { schema: "integer", numeric: true };
  const is64 = highest > 2n ** 53n || lowest < -(2n ** 53n);
  if (is64 && form.bigIntegersAsText === true && form.inTwin !== true) return { ...TEXT, caveat: "A text of digits." };
  const beyondTwin = form.inTwin === true && (max > TWIN_INTEGER || min < -TWIN_INTEGER);
  const long = { schema: "long", numeric: true } as const;
  return beyondTwin ? { ...long, caveat: "Beyond ±2^52 a text of digits: twins would cut the number." } : long;
}

function whole({ coefficient, scale }: { readonly coefficient: bigint; readonly scale: number }): bigint {
  return coefficient * 10n ** BigInt(-scale);
}

function maskMax(mask: bigint): bigint {
  let shifted = mask;
  while (shifted !== 0n && (shifted & 1n) === 0n) shifted >>= 1n;
  return shifted;
}

/** The values are texts; several raw values may share one. */
function enumSchema(texts: ReadonlyMap<string, string>): ValueSchema {
  const values = [...new Set(texts.values())];
  if (values.length > MAX_ENUM_VALUES) return { ...TEXT, caveat: `One of ${values.length} texts.` };
  const taken = new Set<string>();
  const enumValues = values.map((text) => {
    const name = memberName(text, "value", taken);
    return { name, ...(name === text ? {} : { displayName: text.slice(0, 64) }), enumValue: text };
  });
  return { schema: { "@type": "Enum", valueSchema: "string", enumValues }, numeric: false };
}
