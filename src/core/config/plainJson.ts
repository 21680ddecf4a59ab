import type { Json } from "../../kernel/json";

/** What a pass over a JSON text tells before anybody parses it. Of a text that is no JSON it means nothing. */
export interface JsonScan {
  /** How deep braces and brackets are nested, those in texts left out. */
  readonly depth: number;
  /** Named values, those named twice counted twice. */
  readonly names: number;
  /** Every number is short enough that a double surely keeps its digits. */
  readonly shortNumbers: boolean;
}

/** So many characters of a number without an exponent are at most 15 digits: a double keeps them. */
const SHORT = 15;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

export function scanJson(text: string): JsonScan {
  let depth = 0;
  let deepest = 0;
  let names = 0;
  let number = 0;
  let longest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    // { [ and } ]
    else if (code === 0x7b || code === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x7d || code === 0x5d) depth--;
    else if (code === COLON) names++;
    number = isOfNumber(code) ? number + 1 : 0;
    // The e of `true` and `false` stands by itself here.
    if (isExponent(code) && number > 1) longest = Number.POSITIVE_INFINITY;
    else if (number > longest) longest = number;
  }
  return { depth: deepest, names, shortNumbers: longest <= SHORT };
}

/** Where the text ends that begins at `from`; behind everything where it does not end. */
function closingQuote(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) return at;
  }
  return text.length;
}

/** Digits, + - . and the exponent's e. */
function isOfNumber(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e || code === 0x2b || isExponent(code);
}

function isExponent(code: number): boolean {
  return code === 0x65 || code === 0x45;
}

/**
 * The value of a text in which nothing can be amiss: it is JSON, no number is long and no name is there twice (as many
 * names in the text as in what was parsed). `undefined`: somebody must look closer and say what is wrong, and where.
 */
export function readPlain(text: string, { names, shortNumbers }: JsonScan): Json | undefined {
  if (!shortNumbers) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    return namesIn(value) === names ? value : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(value: Json): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) count += namesIn(inner);
  return count;
}
