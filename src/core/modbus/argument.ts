import { failure, type ModbusFailure } from "./failure";

/** How a refused value is shown: also what is no number at all. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

/** Refuses what is not an integer from `min` to `max` (NaN, fractions, undefined too), naming argument, range and value. */
export function refuseUnlessInteger(name: string, value: unknown, min: number, max: number): ModbusFailure | undefined {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return undefined;
  return failure("argument", `${name} must be a whole number from ${min} to ${max}, not ${shown(value)}`);
}

/** Refuses what is not true or false. */
export function refuseUnlessBoolean(name: string, value: unknown): ModbusFailure | undefined {
  if (typeof value === "boolean") return undefined;
  return failure("argument", `${name} must be true or false, not ${shown(value)}`);
}

/** Refuses what is not one of the words. */
export function refuseUnlessOneOf(name: string, value: unknown, words: readonly string[]): ModbusFailure | undefined {
  if (words.includes(value as string)) return undefined;
  return failure("argument", `${name} must be one of ${words.join(", ")}, not ${shown(value)}`);
}

/** Refuses what is not a list of `min` to `max` members. */
export function refuseUnlessList(
  name: string,
  value: unknown,
  min: number,
  max: number,
  what: string,
): ModbusFailure | undefined {
  if (!isList(value)) return failure("argument", `${name} must be a list of ${what}, not ${shown(value)}`);
  if (value.length >= min && value.length <= max) return undefined;
  return failure("argument", `${name} must have ${min} to ${max} ${what}, not ${value.length}`);
}

/** Refuses what is not a list of `min` to `max` words, each 0 … 65535. */
export function refuseUnlessWords(name: string, value: unknown, min: number, max: number): ModbusFailure | undefined {
  return refuseUnlessIntegers(name, value, min, max, { highest: 0xffff, what: "values" });
}

/** Refuses what is not a list of `min` to `max` bytes, each 0 … 255. */
export function refuseUnlessBytes(name: string, value: unknown, min: number, max: number): ModbusFailure | undefined {
  return refuseUnlessIntegers(name, value, min, max, { highest: 0xff, what: "bytes" });
}

function refuseUnlessIntegers(
  name: string,
  value: unknown,
  min: number,
  max: number,
  member: { readonly highest: number; readonly what: string },
): ModbusFailure | undefined {
  const wrong = refuseUnlessList(name, value, min, max, member.what);
  if (wrong !== undefined) return wrong;
  // An index loop: a list may have holes, which iteration by method would leave out.
  const list = value as ArrayLike<unknown>;
  for (let index = 0; index < list.length; index++) {
    const odd = refuseUnlessInteger(`${name}[${index}]`, list[index], 0, member.highest);
    if (odd !== undefined) return odd;
  }
  return undefined;
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || value instanceof Uint8Array || value instanceof Uint16Array;
}
