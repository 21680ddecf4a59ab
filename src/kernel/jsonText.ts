/**
 * A JSON text as it may stand inside a JSON line: every digit kept (nothing is parsed and written anew), line breaks
 * between tokens turned into spaces. A text that is no JSON becomes a JSON string.
 */
export function verbatimJson(text: string): string {
  return isJsonText(text) ? text.replace(/[\r\n]+/g, " ") : JSON.stringify(text);
}

/** Whether `text` is one complete JSON value (RFC 8259). */
export function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
