import { isJsonObject, type Json, type JsonObject, pointer } from "../../kernel/json";
import { err, ok, type Result } from "../../kernel/result";
import { fillText, type HoledText, parseHoles, type Variable, type Variables } from "./instanceText";
import { show } from "./nearest";
import type { Problem } from "./problem";

/** One instance that a template makes. */
export interface Instance {
  readonly name: string;
  readonly body: JsonObject;
}

/** A template that can be carried out. */
export interface Template {
  /** How many instances it makes. */
  readonly count: number;
  instances(): Iterable<Instance>;
}

type Steps = readonly (string | number)[];
type Make = (variables: Variables) => Json;

const RANGE = /^(\d{1,6})(?:-(\d{1,6}))?$/;
const VARIABLE = /^[A-Za-z][A-Za-z0-9]*$/;
const MAX_VARIABLES = 4;
/** Deeper is no configuration: left as it is, and refused by validation. */
const DEEPEST = 16;

/** Keys whose value is a text, and stays one where it is a number in braces alone. */
const TEXTS = new Set(
  "host path line connection profile group block unit title description caPath certPath keyPath serverName".split(" "),
);

/** `name` has holes, `body` a key `for`; `at` is where it stands. */
export function parseTemplate(name: string, body: JsonObject, at: Steps): Result<Template, readonly Problem[]> {
  const { for: range, ...rest } = body;
  const ranges = rangesOf(range, [...at, "for"]);
  if (!ranges.ok) return ranges;
  const known = new Set(ranges.value.keys());
  const title = parseHoles(name, known);
  if (!title.ok) return err([{ path: pointer(at), text: title.error }]);
  const unused = [...known].find((variable) => !title.value.holes.some(({ names }) => names.has(variable)));
  if (unused !== undefined) {
    const text = `{${unused}} is not in the name ${show(name)}: instances would share a name`;
    return err([{ path: pointer([...at, "for", unused]), text }]);
  }
  const problems: Problem[] = [];
  const make = compile(rest, { known, steps: at, isText: false, mayKeep: false }, problems);
  if (problems.length > 0) return err(problems);
  const constant = make ?? (() => rest);
  return ok({
    count: [...ranges.value.values()].reduce((product, values) => product * values.count, 1),
    *instances() {
      for (const variables of combinations([...ranges.value])) {
        yield { name: fillText(title.value, variables), body: constant(variables) as JsonObject };
      }
    },
  });
}

interface Range {
  readonly first: number;
  readonly count: number;
  /** Digits at least. */
  readonly width: number;
}

function rangesOf(range: Json | undefined, at: Steps): Result<ReadonlyMap<string, Range>, readonly Problem[]> {
  if (!isJsonObject(range)) {
    return err([{ path: pointer(at), text: `${show(range)} does not fit: ranges by name, such as { "c": "01-40" }` }]);
  }
  const ranges = new Map<string, Range>();
  const problems: Problem[] = [];
  const entries = Object.entries(range);
  if (entries.length === 0 || entries.length > MAX_VARIABLES) {
    problems.push({ path: pointer(at), text: `"for" has 1 to ${MAX_VARIABLES} variables` });
  }
  for (const [name, value] of entries) {
    const path = pointer([...at, name]);
    if (!VARIABLE.test(name)) problems.push({ path, text: `${show(name)} is not a variable: letters and digits` });
    const parsed = rangeOf(value);
    if (parsed === undefined) {
      const text = `${show(value)} is not a range: a text such as "1-8", or "01-40" for two digits, smaller number first`;
      problems.push({ path, text });
    } else ranges.set(name, parsed);
  }
  return problems.length > 0 ? err(problems) : ok(ranges);
}

function rangeOf(value: Json): Range | undefined {
  const [, from, to = from] = (typeof value === "string" && RANGE.exec(value)) || [];
  if (from === undefined || to === undefined || Number(from) > Number(to)) return undefined;
  const width = from.startsWith("0") ? from.length : 1;
  return { first: Number(from), count: Number(to) - Number(from) + 1, width };
}

/** The last variable changes fastest. */
function* combinations(ranges: readonly (readonly [string, Range])[]): Generator<Variables> {
  const [head, ...rest] = ranges;
  if (head === undefined) {
    yield new Map();
    return;
  }
  const [name, { first, count, width }] = head;
  for (let number = first; number < first + count; number++) {
    const variable: Variable = { number, text: String(number).padStart(width, "0") };
    for (const others of combinations(rest)) yield new Map([[name, variable], ...others]);
  }
}

interface Context {
  readonly known: ReadonlySet<string>;
  readonly steps: Steps;
  /** Below a key whose values are texts. */
  readonly isText: boolean;
  /** Commands have braces of their own: `"{level}"` is a field of the request. */
  readonly mayKeep: boolean;
}

/** How a value is made for each instance; `undefined` where it is the same for all. */
function compile(value: Json, context: Context, problems: Problem[]): Make | undefined {
  if (typeof value === "string") return value.includes("{") ? compileText(value, context, problems) : undefined;
  if (typeof value !== "object" || value === null || context.steps.length > DEEPEST) return undefined;
  const inside = Object.entries(value).flatMap(([key, inner]: [string, Json]) => {
    const make = compile(inner, below(context, key), problems);
    return make === undefined ? [] : [[key, make] as const];
  });
  if (inside.length === 0) return undefined;
  const made = new Map<string, Make>(inside);
  if (Array.isArray(value)) {
    return (variables) => value.map((item: Json, at) => made.get(String(at))?.(variables) ?? item);
  }
  return (variables) =>
    Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, made.get(key)?.(variables) ?? inner]));
}

function below(context: Context, key: string): Context {
  return {
    ...context,
    steps: [...context.steps, key],
    isText: context.isText || TEXTS.has(key) || key === "tags",
    mayKeep: context.mayKeep || key === "commands",
  };
}

function compileText(value: string, context: Context, problems: Problem[]): Make | undefined {
  const parsed = parseHoles(value, context.known);
  if (!parsed.ok) {
    if (!context.mayKeep) problems.push({ path: pointer(context.steps), text: parsed.error });
    return undefined;
  }
  const text: HoledText = parsed.value;
  const [hole, second] = text.holes;
  const isNumber = !context.isText && hole !== undefined && second === undefined && text.pieces.join("") === "";
  return isNumber ? hole.compute : (variables) => fillText(text, variables);
}
