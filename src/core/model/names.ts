import { sha256 } from "../config/sha256";

/** Names and identifiers of DTDL. */
const MAX_NAME = 64;

/**
 * A DTDL name (letters, digits, underscores; begins with a letter, ends with none; at most 64) made of any text, unlike
 * those in `taken`, to which it is added: "Phase loss (L1)" → `phaseLossL1`.
 */
export function memberName(text: string, fallback: string, taken: Set<string>): string {
  const words = text.normalize("NFKD").match(/[A-Za-z0-9]+/g) ?? [];
  const joined = words.map((word, index) => (index === 0 ? lowerFirst(word) : upperFirst(word))).join("");
  const stem = (/^[A-Za-z]/.test(joined) ? joined : `${fallback}${upperFirst(joined)}`).slice(0, MAX_NAME - 4);
  let name = stem;
  for (let count = 2; taken.has(name); count++) name = `${stem}${count}`;
  taken.add(name);
  return name;
}

/** A profile's name as a segment of a DTMI: `eastron-sdm630` → `eastronSdm630`. */
export function segmentOf(name: string): string {
  const [first = "", ...rest] = name.split("-");
  return first + rest.map(upperFirst).join("");
}

function upperFirst(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function lowerFirst(word: string): string {
  return word === word.toUpperCase() ? word.toLowerCase() : word.charAt(0).toLowerCase() + word.slice(1);
}

/** An interface's identifier has at most 128 characters; `;` and up to four digits of a version belong to it. */
const MAX_IDENTIFIER = 128 - 5;
const DIGEST = 8;

/** An identifier without its version: prefix and segments; a digest ends what would be too long, so that two stay two. */
export function interfaceId(prefix: string, ...segments: readonly string[]): string {
  const whole = [prefix, ...segments].join(":");
  if (whole.length <= MAX_IDENTIFIER) return whole;
  const head = whole.slice(0, MAX_IDENTIFIER - DIGEST - 1).replace(/[:_]+$/, "");
  return `${head}_${sha256(whole).slice(0, DIGEST)}`;
}

const PREFIX = /^dtmi(?::[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?)+$/;
/** Interfaces' identifiers have 128 characters at most; the rest is for our own segments. */
const MAX_PREFIX = 60;

/** What is wrong with `dtmi:acme:site1` as the beginning of identifiers; `undefined`: nothing. */
export function prefixFault(prefix: string): string | undefined {
  if (!PREFIX.test(prefix)) {
    return `"${prefix}" does not begin identifiers: "dtmi:" and segments of letters, digits and underscores, such as dtmi:acme:site1, without a version`;
  }
  return prefix.length > MAX_PREFIX ? `"${prefix}" is too long: at most ${MAX_PREFIX} characters` : undefined;
}
