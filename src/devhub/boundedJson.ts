import type { Json } from "../kernel/json";
import { deeperThan } from "../kernel/jsonDepth";
import { err, ok, type Result } from "../kernel/result";

/** Deeper than anything a twin, a method or a message of a module may be; far from the end of the stack. */
const MAX_DEPTH = 100;

/** A JSON text from outside, or why it is none that could be walked or written again. */
export function boundedJson(text: string): Result<Json, string> {
  try {
    const json = JSON.parse(text) as Json;
    return deeperThan(json, MAX_DEPTH) ? err(`it is nested more than ${MAX_DEPTH} levels deep`) : ok(json);
  } catch (error) {
    return err(error instanceof Error ? error.message : String(error));
  }
}
