import { isJsonObject, type Json, type JsonObject, pointer } from "../../../kernel/json";
import { didYouMean, show } from "../nearest";
import type { Problem } from "../problem";

/** What is found while a document is read. */
export interface Findings {
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

/** The keys that an object may have, by themselves in small letters. */
export type KnownKeys = ReadonlyMap<string, string>;

export function knownKeys(...keys: readonly string[]): KnownKeys {
  return new Map(keys.map((key) => [key.toLowerCase(), key]));
}

export interface WholeRange {
  readonly least: number;
  readonly most: number;
}

/**
 * An object of a legacy document, read as the archived module did: keys without regard to case, values as texts or
 * numbers, `null` as if it were absent. What does not fit becomes a problem at its place.
 */
export class LegacyObject {
  readonly path: readonly string[];
  readonly #findings: Findings;
  /** By the key in small letters: the key as it is written, and the value. */
  readonly #entries = new Map<string, readonly [key: string, value: Json]>();

  /** Keys that are not `known` are warned of: `label` as in messages, `a slave`. */
  constructor(object: JsonObject, path: readonly string[], label: string, known: KnownKeys, into: Findings) {
    this.path = path;
    this.#findings = into;
    for (const [key, value] of Object.entries(object)) {
      const small = key.toLowerCase();
      const twin = this.#entries.get(small);
      if (!known.has(small)) {
        const names = [...known.values()];
        const hint = didYouMean(key, names) || `; it has ${names.join(", ")}`;
        into.warnings.push({ path: pointer([...path, key]), text: `${show(key)} is no key of ${label}${hint}` });
      } else if (twin !== undefined) this.#problem(key, `${show(twin[0])} says the same key already: keep one`);
      else this.#entries.set(small, [key, value]);
    }
  }

  has(key: string): boolean {
    return this.#value(key) !== undefined;
  }

  /** The place of a key: as it is written, or would be. */
  place(key: string): readonly string[] {
    return [...this.path, this.#entries.get(key.toLowerCase())?.[0] ?? key];
  }

  fault(key: string, text: string): undefined {
    return this.#problem(this.place(key).at(-1) ?? key, text);
  }

  warn(key: string, text: string): void {
    this.#findings.warnings.push({ path: pointer(this.place(key)), text });
  }

  text(key: string): string | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    return this.fault(key, `${show(value)} does not fit: a text or a number is expected`);
  }

  /** A text that must be there and say something. */
  required(key: string, what: string): string | undefined {
    if (!this.has(key)) return this.fault(key, `"${key}" is missing: ${what}`);
    const text = this.text(key)?.trim();
    return text === "" ? this.fault(key, `"${key}" is empty: ${what}`) : text;
  }

  /** A whole number, as a number or a text. */
  whole(key: string, what: string, { least, most }: WholeRange): number | undefined {
    const text = this.text(key)?.trim();
    if (text === undefined) return undefined;
    const number = /^[+-]?\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    return this.fault(
      key,
      `${show(this.#value(key))} does not fit: ${what} is a whole number from ${least} to ${most}`,
    );
  }

  /** Objects by name; a name whose value is `null` is left out. */
  named(key: string, what: string): readonly (readonly [name: string, value: JsonObject])[] {
    const value = this.#value(key);
    if (!isJsonObject(value)) {
      this.fault(key, value === undefined ? `"${key}" is missing: ${what}` : `${show(value)} does not fit: ${what}`);
      return [];
    }
    return Object.entries(value).flatMap(([name, inner]) => {
      if (isJsonObject(inner)) return [[name, inner] as const];
      if (inner === null) return [];
      const path = pointer([...this.place(key), name]);
      this.#findings.problems.push({ path, text: `${show(inner)} does not fit: an object is expected` });
      return [];
    });
  }

  #value(key: string): Json | undefined {
    return this.#entries.get(key.toLowerCase())?.[1] ?? undefined;
  }

  #problem(key: string, text: string): undefined {
    this.#findings.problems.push({ path: pointer([...this.path, key]), text });
    return undefined;
  }
}
