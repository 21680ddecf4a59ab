import { parseDecimal } from "../points/decimal";

/** A number of RFC 8259 section 6. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const GOES_ON = /[\w.+-]/;

/** Whether the double of a JSON number has its digits, and no others. */
export function survivesDouble(literal: string): boolean {
  const value = Number(literal);
  const written = parseDecimal(literal);
  const kept = Number.isFinite(value) ? parseDecimal(String(value)) : undefined;
  return written !== undefined && kept?.coefficient === written.coefficient && kept.scale === written.scale;
}

/** The JSON text with quotes around every number that a double would not keep; what is no JSON stays as it is. */
export function quoteLongNumbers(text: string): string {
  let result = "";
  let copied = 0;
  for (let at = 0; at < text.length; ) {
    if (text[at] === '"') {
      at = endOfText(text, at);
      continue;
    }
    NUMBER.lastIndex = at;
    const [literal = ""] = NUMBER.exec(text) ?? [];
    const end = at + literal.length;
    if (literal !== "" && !GOES_ON.test(text[end] ?? "") && !survivesDouble(literal)) {
      result += `${text.slice(copied, at)}"${literal}"`;
      copied = end;
    }
    at = literal === "" ? at + 1 : end;
  }
  return result + text.slice(copied);
}

/** Behind the closing quote of the text that begins at `at`. */
function endOfText(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === '"') return i + 1;
  }
  return text.length;
}
