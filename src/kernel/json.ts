/** What JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One step of a JSON pointer, escaped (RFC 6901 section 3). */
export function pointerStep(step: string | number): string {
  return `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** A JSON pointer from its steps: `["devices", "boiler"]` → `/devices/boiler`. */
export function pointer(steps: readonly (string | number)[]): string {
  return steps.map(pointerStep).join("");
}
