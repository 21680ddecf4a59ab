import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";
import { deeperThan } from "../../kernel/jsonDepth";
import { utf8Length } from "../../kernel/utf8";

/** Limits of IoT Hub for each half of a twin: bytes as `twinSize` counts them, levels of objects and arrays. */
export const MAX_TWIN_BYTES = 32_768;
export const MAX_TWIN_DEPTH = 10;

/** Of a text, in UTF-8. */
export const MAX_TWIN_TEXT_BYTES = 4096;
/** Integers beyond it lose digits in a twin. */
export const MAX_TWIN_INTEGER = 2 ** 52;
/** Of names that a twin does not take. */
export const BAD_TWIN_NAME = /^$|[.$#\s\p{Cc}]/u;

/** How IoT Hub measures a twin: names and texts in UTF-8, a number 8, a boolean 4. Not for documents deeper than the stack. */
export function twinSize(value: Json): number {
  if (typeof value === "string") return utf8Length(value);
  if (typeof value === "number") return 8;
  if (typeof value === "boolean") return 4;
  if (value === null) return 0;
  if (!isJsonObject(value)) return (value as readonly Json[]).reduce<number>((sum, item) => sum + twinSize(item), 0);
  return Object.entries(value).reduce((sum, [name, item]) => sum + utf8Length(name) + twinSize(item), 0);
}

/** Why IoT Hub would not hold this half of a twin, for people; `undefined` when it would. What it measures may be hostile. */
export function twinLimitProblem(document: JsonObject): string | undefined {
  // The half itself is no level; arrays count here, though the hub has a limit of its own for them.
  if (deeperThan(document, MAX_TWIN_DEPTH + 1)) return `nested more than ${MAX_TWIN_DEPTH} levels deep`;
  const size = twinSize(document);
  return size > MAX_TWIN_BYTES ? `${size} bytes; a twin holds at most ${MAX_TWIN_BYTES}` : undefined;
}

/**
 * The document as a twin bears it, so that one thing that it does not bear costs not all the others: names with
 * `. $ #`, spaces or control characters and what is nested too deep are left out, texts cut, numbers beyond ±2^52
 * written as texts. Shared where nothing is to be changed.
 */
export function twinBearable(document: JsonObject, depth = 1): JsonObject {
  let same = true;
  const entries = Object.entries(document).flatMap(([name, value]): [string, Json][] => {
    const bearable = BAD_TWIN_NAME.test(name) || depth > MAX_TWIN_DEPTH ? undefined : bearableValue(value, depth);
    same = same && bearable === value;
    return bearable === undefined ? [] : [[name, bearable]];
  });
  return same ? document : Object.fromEntries(entries);
}

function bearableValue(value: Json, depth: number): Json | undefined {
  if (typeof value === "string") return bearableText(value);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return undefined;
    return Math.abs(value) > MAX_TWIN_INTEGER ? BigInt(value).toString() : value;
  }
  if (isJsonObject(value)) return depth >= MAX_TWIN_DEPTH ? undefined : twinBearable(value, depth + 1);
  return value;
}

function bearableText(text: string): string {
  if (text.length * 3 <= MAX_TWIN_TEXT_BYTES) return text;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MAX_TWIN_TEXT_BYTES) return text;
  let end = MAX_TWIN_TEXT_BYTES - 3;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return `${new TextDecoder().decode(bytes.subarray(0, end))}…`;
}
