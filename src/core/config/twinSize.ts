import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";
import { deeperThan } from "../../kernel/jsonDepth";

/** Limits of IoT Hub for each half of a twin: bytes as `twinSize` counts them, levels of objects and arrays. */
export const MAX_TWIN_BYTES = 32_768;
export const MAX_TWIN_DEPTH = 10;

const utf8 = new TextEncoder();

/** How IoT Hub measures a twin: names and texts in UTF-8, a number 8, a boolean 4. Not for documents deeper than the stack. */
export function twinSize(value: Json): number {
  if (typeof value === "string") return utf8.encode(value).length;
  if (typeof value === "number") return 8;
  if (typeof value === "boolean") return 4;
  if (value === null) return 0;
  if (!isJsonObject(value)) return (value as readonly Json[]).reduce<number>((sum, item) => sum + twinSize(item), 0);
  return Object.entries(value).reduce((sum, [name, item]) => sum + utf8.encode(name).length + twinSize(item), 0);
}

/** Why IoT Hub would not hold this half of a twin, for people; `undefined` when it would. What it measures may be hostile. */
export function twinLimitProblem(document: JsonObject): string | undefined {
  // The half itself is no level; arrays count here, though the hub has a limit of its own for them.
  if (deeperThan(document, MAX_TWIN_DEPTH + 1)) return `nested more than ${MAX_TWIN_DEPTH} levels deep`;
  const size = twinSize(document);
  return size > MAX_TWIN_BYTES ? `${size} bytes; a twin holds at most ${MAX_TWIN_BYTES}` : undefined;
}
