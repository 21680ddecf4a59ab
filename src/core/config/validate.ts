import type * as z from "zod";
import { pointer } from "../../kernel/json";
import { show } from "./nearest";
import type { Problem } from "./problem";
import { MISSING } from "./schemaKinds";

/** Deeper is no configuration; the schema itself ends at 6. */
const MAX_DEPTH = 16;
/** Values in one document: a thousand devices of a hundred points of their own have about 700,000. */
const MAX_VALUES = 4_000_000;

type Path = readonly (string | number)[];

/** What is wrong with a value by its schema, as problems under `base`. Empty: it is of the schema's type. */
export function validate(schema: z.ZodType, value: unknown, base: Path = []): readonly Problem[] {
  const odd = oddities(value, base);
  const parsed = schema.safeParse(value);
  const found = parsed.success ? [] : parsed.error.issues.flatMap((issue) => problemsOf(issue, base));
  return firstAtEachPlace([...odd, ...found]);
}

/** One misfit can break several rules of the schema: the first says enough. */
function firstAtEachPlace(problems: readonly Problem[]): readonly Problem[] {
  const places = new Map<string, Problem>();
  for (const problem of problems) if (!places.has(problem.path)) places.set(problem.path, problem);
  return [...places.values()];
}

function problemsOf(issue: z.core.$ZodIssue, base: Path): readonly Problem[] {
  const path = [...base, ...issue.path.map((step) => (typeof step === "number" ? step : String(step)))];
  if (issue.code === "unrecognized_keys") {
    const texts = issue.message.split("\n");
    return issue.keys.map((key, at) => ({ path: pointer([...path, key]), text: texts[at] ?? issue.message }));
  }
  if (issue.code === "invalid_key") return [{ path: pointer(path), text: issue.issues[0]?.message ?? issue.message }];
  return [{ path: pointer(path), text: named(issue.message, path.at(-1)) }];
}

function named(message: string, key: string | number | undefined): string {
  return message.startsWith(MISSING) && key !== undefined ? `${show(String(key))} ${message}` : message;
}

/** What JSON can't say or no schema looks at: too deep, too much, a key that would be a prototype. */
function oddities(root: unknown, base: Path): readonly Problem[] {
  const problems: Problem[] = [];
  const open: { readonly value: unknown; readonly path: Path }[] = [{ value: root, path: base }];
  let values = 0;
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const { value, path } = item;
    if (typeof value !== "object" || value === null) continue;
    if (path.length > MAX_DEPTH) {
      problems.push({
        path: pointer(path.slice(0, MAX_DEPTH)),
        text: `nested deeper than ${MAX_DEPTH}: nothing here is`,
      });
      continue;
    }
    values += Object.keys(value).length;
    if (values > MAX_VALUES) return [{ path: "", text: `the document has more than ${MAX_VALUES} values` }];
    for (const [key, inner] of Object.entries(value)) {
      if (key === "__proto__") problems.push({ path: pointer([...path, key]), text: '"__proto__" is not a name' });
      if (typeof inner === "object" && inner !== null) open.push({ value: inner, path: [...path, key] });
    }
  }
  return problems;
}
