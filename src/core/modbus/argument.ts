import { failure, type ModbusFailure } from "./failure";

/** How a refused value is shown: also what is no number at all. */
function shown(value: unknown): string {
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
