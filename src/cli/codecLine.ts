import { quoteLongNumbers } from "../core/config/exactNumbers";
import { readJsonText } from "../core/config/jsonText";
import { parseDecimal } from "../core/points/decimal";
import type { Point, PointValue } from "../core/points/point";
import { powerFactor, withFactor } from "../core/points/scaledBy";
import { decodePoint, type PointData } from "../core/points/transform";
import { pointValueFromJson, valueToJsonText } from "../core/points/valueText";
import { encodeForWrite, withField } from "../core/points/writeField";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { pointOfLine } from "./codecPoint";

/** What one line comes to: JSON text, and whether it says that the line itself was wrong. */
export interface LineOutcome {
  readonly text: string;
  readonly isError: boolean;
}

/** One line of `decode`: `{"value"}`, `{"bad"}` or `{"error"}`. */
export function decodeLine(line: string): LineOutcome {
  const read = readLine(line);
  if (!read.ok) return wrong(read.error);
  const { keys, data } = read.value;
  if (data === undefined) return wrong('"registers" or "bits" are missing: a list of what was read');
  if (Object.hasOwn(keys, "value")) return wrong('"value" is what comes out: "encode" takes it');
  const point = pointFor(read.value);
  if (!point.ok) return wrong(point.error);
  const { count } = point.value;
  if (data.length !== count) {
    return wrong(`${point.value.type} takes ${count} ${kindOf(data)}, and ${data.length} are given`);
  }
  const now = scaledBy(point.value, read.value.power);
  const reading = now === undefined ? ({ bad: "decode" } as const) : decodePoint(now, data, 0);
  return good(
    "value" in reading ? `{"value":${valueToJsonText(reading.value)}}` : JSON.stringify({ bad: reading.bad }),
  );
}

/** One line of `encode`: `{"registers"}`, `{"bits"}` or `{"error"}`. */
export function encodeLine(line: string): LineOutcome {
  const read = readLine(line);
  if (!read.ok) return wrong(read.error);
  const { keys, data, isScaled, power } = read.value;
  const value = valueGiven(line, keys["value"]);
  if (!value.ok) return wrong(value.error);
  const { value: _value, ...own } = keys;
  const point = pointFor({ ...read.value, keys: { access: "readWrite", ...own } });
  if (!point.ok) return wrong(point.error);
  const now = scaledBy(point.value, power);
  if (now === undefined) return wrong(`scalePointValue: a power of ten from -10 to 10${isScaled ? " is needed" : ""}`);
  const encoded = encodeForWrite(now, value.value);
  if (!encoded.ok) return wrong(encoded.error.text, encoded.error.nearest);
  const wire = encoded.value;
  if (typeof wire.encoded === "boolean") return good(JSON.stringify({ bits: [wire.encoded] }));
  const before = data === undefined ? wire.encoded.map(() => 0) : [...data].map(Number);
  if (before.length !== wire.encoded.length)
    return wrong(`${now.type} takes ${now.count} registers, and ${before.length} are given`);
  return good(JSON.stringify({ registers: wire.mask === undefined ? wire.encoded : withField(before, wire) }));
}

const good = (text: string): LineOutcome => ({ text, isError: false });

function wrong(error: string, nearest?: PointValue): LineOutcome {
  const more = nearest === undefined ? "" : `,"nearest":${valueToJsonText(nearest)}`;
  return { text: `{"error":${JSON.stringify(error)}${more}}`, isError: true };
}

interface Line {
  /** Those of a point, and `value`. */
  readonly keys: JsonObject;
  readonly data?: PointData;
  readonly isScaled: boolean;
  /** Absent: not known. */
  readonly power?: number;
}

function readLine(text: string): Result<Line, string> {
  const json = readJsonText(quoteLongNumbers(text));
  if (text.trim() === "") return err("the line is empty: a JSON object is expected");
  if (!json.ok) return err(json.error.map((problem) => problem.text).join("; "));
  if (!isJsonObject(json.value)) return err("a line is a JSON object");
  const { registers, bits, scalePointValue, ...rest } = json.value;
  const bitList = Array.isArray(bits) ? bits : undefined;
  const keys = bits === undefined || bitList !== undefined ? rest : { ...rest, bits };
  if (registers !== undefined && bitList !== undefined) return err('either "registers" or "bits"');
  const data = registers === undefined ? bitsIn(bitList) : registersIn(registers);
  if (!data.ok) return data;
  const isScaled = scalePointValue !== undefined || keys["scalePoint"] !== undefined;
  if (scalePointValue !== undefined && scalePointValue !== null && !Number.isInteger(scalePointValue)) {
    return err("scalePointValue: a whole number, the raw power of ten");
  }
  return ok({
    ...{ keys, isScaled },
    ...(data.value === undefined ? {} : { data: data.value }),
    ...(typeof scalePointValue === "number" ? { power: scalePointValue } : {}),
  });
}

function registersIn(list: Json): Result<Uint16Array, string> {
  const isRegister = (item: Json): item is number =>
    Number.isInteger(item) && Number(item) >= 0 && Number(item) <= 0xffff;
  if (Array.isArray(list) && list.length > 0 && list.length <= 125 && list.every(isRegister))
    return ok(Uint16Array.from(list));
  return err("registers: a list of 1 to 125 whole numbers from 0 to 65535");
}

function bitsIn(list: readonly Json[] | undefined): Result<readonly boolean[] | undefined, string> {
  if (list === undefined) return ok(undefined);
  const bits = list.map((item) =>
    item === 1 || item === true ? true : item === 0 || item === false ? false : undefined,
  );
  return bits.includes(undefined) || bits.length === 0 ? err("bits: a list of true and false") : ok(bits as boolean[]);
}

function kindOf(data: PointData): string {
  return data instanceof Uint16Array ? "registers" : "bits";
}

function pointFor({ keys, data, isScaled }: Line): Result<Point, string> {
  const given =
    data === undefined
      ? {}
      : {
          given: { kind: data instanceof Uint16Array ? ("registers" as const) : ("bits" as const), count: data.length },
        };
  return pointOfLine(keys, { ...given, isScaled });
}

/** The point with its power of ten; `undefined` where that is none. */
function scaledBy(point: Point, power: number | undefined): Point | undefined {
  if (point.scaledBy === undefined) return point;
  const factor = power === undefined ? undefined : powerFactor(power);
  return factor === undefined ? undefined : withFactor(point, factor);
}

/** A number whose digits a double does not keep has come as a text: in the line itself it is a number. */
function valueGiven(line: string, value: Json | undefined): Result<PointValue, string> {
  if (value === undefined) return err('"value" is missing: what is to be written');
  const exact =
    typeof value === "string" && typeof (JSON.parse(line) as { value: unknown }).value === "number"
      ? parseDecimal(value)
      : undefined;
  return exact === undefined ? pointValueFromJson(value) : ok(exact);
}
