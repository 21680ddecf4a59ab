import type { Json } from "../../kernel/json";
import { err, ok, type Result } from "../../kernel/result";
import { decimalFromNumber, decimalText, type ExactDecimal } from "./decimal";
import type { PointValue } from "./point";

/** Beyond this the hub and the SDK cut digits of JSON numbers (edge runtime: integers within ±2^52). */
export const TWIN_LIMIT = 2 ** 52;

/** A JSON value with every digit, for messages and the command line: `61.5`, `18446744073709551.615`, `true`, `"on"`. */
export function valueToJsonText(value: PointValue): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  return typeof value === "boolean" ? String(value) : decimalText(value);
}

/** For twins and method payloads: beyond ±2^52, and where a double cannot carry it, a string of digits. */
export function valueForTwin(value: PointValue): boolean | string | number {
  if (typeof value === "object") return decimalText(value);
  if (typeof value !== "number") return value;
  if (Math.abs(value) > TWIN_LIMIT) return decimalText(decimalFromNumber(value));
  return value === 0 ? 0 : value;
}

/**
 * A value that came as JSON, where numbers may have lost digits on the way: an integer beyond ±(2^53-1) is refused and
 * asked for as a string of digits. The error says what is wrong and what to send.
 */
export function pointValueFromJson(value: Json): Result<Exclude<PointValue, ExactDecimal>, string> {
  if (typeof value === "boolean" || typeof value === "string") return ok(value);
  if (typeof value !== "number") return err(`expected a boolean, a number or a text, not ${describe(value)}`);
  if (!Number.isFinite(value)) return err("the number is too large: send it as a string of digits");
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return err(unsafeText(value));
  return ok(value);
}

/** Why an integer beyond ±(2^53-1) is not taken as a number. */
export function unsafeText(value: number): string {
  return `${value} may have lost digits on its way, for it is beyond ±9007199254740991: send it as a string of digits`;
}

function describe(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : "an object";
}
