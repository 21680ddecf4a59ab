import { isJsonObject, type Json, type JsonObject, pointer } from "../kernel/json";

const MAX_DEPTH = 10;
const MAX_STRING_BYTES = 4096;
const MAX_INTEGER = 2 ** 52;
const MAX_DOCUMENT_BYTES = 32_768;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule forbids
const BAD_NAME = /[.$#\s\u0000-\u001f\u007f]/;

/** Why IoT Hub would refuse this patch of a twin, with the place; `undefined` when it would not. */
export function twinPatchProblem(patch: JsonObject): string | undefined {
  return objectProblem(patch, []);
}

/** The same for the merged document: its size, keys and values in UTF-8, a number counted 8, a boolean 4. */
export function twinDocumentProblem(document: JsonObject): string | undefined {
  const size = twinSize(document);
  return size > MAX_DOCUMENT_BYTES
    ? `the document has ${size} bytes, at most ${MAX_DOCUMENT_BYTES} are allowed`
    : undefined;
}

function objectProblem(object: JsonObject, path: readonly string[]): string | undefined {
  if (path.length >= MAX_DEPTH && Object.keys(object).length > 0)
    return `${pointer(path)}: deeper than ${MAX_DEPTH} levels`;
  for (const [name, value] of Object.entries(object)) {
    const place = [...path, name];
    if (BAD_NAME.test(name)) return `${pointer(place)}: a name must not contain ". $ #", spaces or control characters`;
    const problem = valueProblem(value, place);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function valueProblem(value: Json, path: readonly string[]): string | undefined {
  if (typeof value === "string" && Buffer.byteLength(value) > MAX_STRING_BYTES) {
    return `${pointer(path)}: a string of more than ${MAX_STRING_BYTES} bytes`;
  }
  if (typeof value === "number" && isWrittenAsInteger(value) && Math.abs(value) > MAX_INTEGER) {
    return `${pointer(path)}: an integer beyond ±2^52`;
  }
  if (isArray(value)) return arrayProblem(value, path);
  return isJsonObject(value) ? objectProblem(value, path) : undefined;
}

/** From 1e21 on JSON.stringify writes an exponent, which the hub reads as a double. */
function isWrittenAsInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < 1e21;
}

function arrayProblem(values: readonly Json[], path: readonly string[]): string | undefined {
  for (const [index, value] of values.entries()) {
    const place = [...path, String(index)];
    const problem = value === null ? `${pointer(place)}: null inside an array` : valueProblem(value, place);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function twinSize(value: Json): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return 8;
  if (typeof value === "boolean") return 4;
  if (value === null) return 0;
  if (isArray(value)) return value.reduce<number>((sum, item) => sum + twinSize(item), 0);
  return Object.entries(value).reduce((sum, [name, item]) => sum + Buffer.byteLength(name) + twinSize(item), 0);
}

function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
