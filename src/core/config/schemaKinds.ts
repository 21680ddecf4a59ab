import * as z from "zod";
import { didYouMean, show } from "./nearest";

/** What zod tells about a value that does not fit. */
interface Misfit {
  readonly code: string;
  readonly input: unknown;
  readonly keys?: readonly string[];
}

/**
 * What a misfit is called: `"is missing: …"` texts get the name of their key in front (`validate.ts`), all others stand
 * as they are.
 */
export const MISSING = "is missing: ";

function misfit(expected: string): (issue: Misfit) => string {
  return ({ code, input }) => {
    if (input === undefined) return `${MISSING}${expected}`;
    if (code === "too_big" || code === "too_small") return `${show(input)} is out of range: ${expected}`;
    if (typeof input === "string" && /^-?\d+(\.\d+)?$/.test(input)) {
      return `${show(input)} is a text: write the number without quotes; ${expected}`;
    }
    return `${show(input)} does not fit: ${expected}`;
  };
}

/** Fields a key of the reference gets: `description` for people, `default` where there is one. */
export interface About {
  readonly description: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** An optional key with its line in the reference. */
export function key<S extends z.ZodType>(schema: S, description: string, fallback?: unknown): z.ZodOptional<S> {
  const about: About = fallback === undefined ? { description } : { description, default: fallback };
  return schema.optional().meta({ ...about });
}

/** A required key with its line in the reference. */
export function required<S extends z.ZodType>(schema: S, description: string): S {
  return schema.meta({ description });
}

/** `what` as in messages: `a unit id is a whole number from 0 to 255`. */
export function integer(what: string, min: number, max: number, range = `${min} to ${max}`): z.ZodInt {
  const error = misfit(`${what} is a whole number from ${range}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export function duration(min: number, max: number): z.ZodInt {
  return integer("a duration in ms", min, max);
}

export function flag(): z.ZodBoolean {
  return z.boolean({ error: misfit("true or false") });
}

/** Twins carry strings of at most 4 KB; nothing here needs one that long. */
const LONGEST_TEXT = 1024;

export function text(what: string): z.ZodString {
  const error = misfit(`${what} is a text of 1 to ${LONGEST_TEXT} characters`);
  return z.string({ error }).min(1, { error }).max(LONGEST_TEXT, { error });
}

/** A text that `pattern` accepts. `expected` says what it should be, with an example. */
export function pattern(form: RegExp, expected: string): z.ZodString {
  const error = ({ input }: Misfit): string =>
    input === undefined ? `${MISSING}${expected}` : `${show(input)} does not fit: ${expected}`;
  return z.string({ error }).regex(form, { error });
}

/** One of the words; `later` are words that this version knows but does not carry out yet. */
export function oneOf<const W extends readonly [string, ...string[]]>(
  what: string,
  words: W,
  later: readonly string[] = [],
): z.ZodEnum<{ [K in W[number]]: K }> {
  return z.enum(words, { error: ({ input }) => wordText(input, what, words, later) });
}

/** `"flaot32" is not a type; did you mean "float32"?` */
export function wordText(input: unknown, what: string, words: readonly string[], later: readonly string[]): string {
  const list = `one of ${words.join(", ")}`;
  if (input === undefined) return `${MISSING}${list}`;
  if (typeof input !== "string") return `${show(input)} is not ${what}: ${list}`;
  if (later.includes(input)) return `${show(input)} is not supported yet: ${list}`;
  return `${show(input)} is not ${what}${didYouMean(input, words) || `: ${list}`}`;
}

/** An object with these keys and no others. `label` as in messages: `a group`. `later`: keys of coming versions. */
export function objectOf<S extends z.ZodRawShape>(
  label: string,
  shape: S,
  later: readonly string[] = [],
): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      const { code, input, keys } = issue as Misfit;
      if (code === "unrecognized_keys")
        return (keys ?? []).map((name) => keyText(name, label, known, later)).join("\n");
      return input === undefined
        ? `${MISSING}${label}, an object`
        : `${show(input)} is not ${label}: an object is expected`;
    },
  });
}

function keyText(name: string, label: string, known: readonly string[], later: readonly string[]): string {
  if (later.includes(name)) return `"${name}" is not supported yet`;
  const hint = didYouMean(name, known) || didYouMean(name, later);
  return `${show(name)} is not a key of ${label}${hint || `; it has ${known.join(", ")}`}`;
}

/** An object keyed by name. `fault` says what is wrong with a name, or nothing; `form` is the rule as a pattern. */
export function namedBy<V extends z.ZodType>(
  label: string,
  form: { readonly pattern: RegExp; fault(name: string): string | undefined },
  value: V,
): z.ZodRecord<z.ZodString, V> {
  const name = z
    .string()
    .regex(form.pattern, { error: ({ input }) => form.fault(String(input)) ?? "", abort: true })
    .refine((found) => form.fault(found) === undefined, { error: ({ input }) => form.fault(String(input)) ?? "" });
  return z.record(name, value, {
    error: ({ input }) => `${show(input)} is not ${label}: an object keyed by name is expected`,
  });
}

/** The same object, each key of which may also be `null` (merge patch: takes the key away). */
export function nullableKeys<S extends z.ZodRawShape>(
  shape: S,
): { [K in keyof S]: z.ZodOptional<z.ZodNullable<S[K]>> } {
  const entries = Object.entries(shape).map(([name, schema]) => [name, z.nullable(schema as z.ZodType).optional()]);
  return Object.fromEntries(entries) as { [K in keyof S]: z.ZodOptional<z.ZodNullable<S[K]>> };
}

const DECIMAL = /^-?(?:0|[1-9]\d{0,39})(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?$/;

/** An exact decimal: a number, or a text of digits where a double would not keep them all. */
export function decimal(): z.ZodUnion<readonly [z.ZodNumber, z.ZodString]> {
  const error = ({ input }: Misfit): string => {
    const expected = 'a decimal number such as 0.1, or as a text "0.1" where a number cannot keep every digit';
    const unsafe = typeof input === "number" && Math.abs(input) > Number.MAX_SAFE_INTEGER;
    return unsafe
      ? `${show(input)} has lost digits: write it as a text, in quotes`
      : `${show(input)} does not fit: ${expected}`;
  };
  const number = z.number({ error }).min(-Number.MAX_SAFE_INTEGER, { error }).max(Number.MAX_SAFE_INTEGER, { error });
  return z.union([number, z.string({ error }).regex(DECIMAL, { error })], { error });
}

export const RAW_INTEGER = /^(?:-?\d{1,20}|0[xX][0-9A-Fa-f]{1,16})$/;

/** A raw integer of up to 64 bits: a number, or a text of digits or hexadecimal ("0x8000"). */
export function rawInteger(): z.ZodUnion<readonly [z.ZodInt, z.ZodString]> {
  const error = ({ input }: Misfit): string =>
    `${show(input)} does not fit: a whole number, or a text such as "0x8000" or "18446744073709551615"`;
  return z.union([z.int({ error }), z.string({ error }).regex(RAW_INTEGER, { error })], { error });
}
