import { err, ok, type Result } from "../../kernel/result";
import { didYouMean, show } from "./nearest";

/** A variable of an instance: its number, and how it stands in a name (`01`). */
export interface Variable {
  readonly number: number;
  readonly text: string;
}

export type Variables = ReadonlyMap<string, Variable>;
type Compute = (variables: Variables) => number;

/** What stands between two braces. */
export interface Hole {
  readonly compute: Compute;
  /** Set where it is a variable alone, which keeps its leading zeros. */
  readonly variable?: string;
  readonly names: ReadonlySet<string>;
}

/** A text with holes: `"10.20.0.{100+c}"`. Between two pieces is one hole. */
export interface HoledText {
  readonly pieces: readonly string[];
  readonly holes: readonly Hole[];
}

const LONGEST_HOLE = 64;
const TOKEN = /\s*(?:(\d{1,9})|([A-Za-z][A-Za-z0-9]*)|([-+*()]))/y;

/** Takes a text with braces apart. `known`: the variables that there are. */
export function parseHoles(text: string, known: ReadonlySet<string>): Result<HoledText, string> {
  const parts = text.split(/[{}]/);
  const braces = text.replaceAll(/[^{}]/g, "");
  if (braces.replaceAll("{}", "") !== "") return err(`${show(text)}: each { needs its }, and none stands in another`);
  const holes: Hole[] = [];
  for (const [at, part] of parts.entries()) {
    if (at % 2 === 0) continue;
    const hole = parseHole(part, known);
    if (!hole.ok) return err(`${show(text)}: ${hole.error}`);
    holes.push(hole.value);
  }
  return ok({ pieces: parts.filter((_, at) => at % 2 === 0), holes });
}

export function fillText({ pieces, holes }: HoledText, variables: Variables): string {
  const filled = holes.map(({ variable, compute }) =>
    variable === undefined ? String(compute(variables)) : (variables.get(variable)?.text ?? ""),
  );
  return pieces.map((piece, at) => piece + (filled[at] ?? "")).join("");
}

/** Sums, differences and products of whole numbers and variables. */
function parseHole(source: string, known: ReadonlySet<string>): Result<Hole, string> {
  const tokens = tokensOf(source);
  if (tokens === undefined || tokens.length === 0 || source.length > LONGEST_HOLE) {
    return err(`{${source.slice(0, LONGEST_HOLE)}} is no number: write a variable, or sums such as {100+c}`);
  }
  const names = new Set(tokens.filter((token) => /^[A-Za-z]/.test(token)));
  for (const name of names) {
    if (known.has(name)) continue;
    const hint = didYouMean(name, known) || `; "for" has ${[...known].join(", ")}`;
    return err(`there is no variable "${name}"${hint}`);
  }
  const parser = new HoleParser(tokens);
  const compute = parser.sum();
  if (compute === undefined || !parser.atEnd) return err(`{${source}} is no sum that can be read`);
  const [only] = tokens;
  const variable = tokens.length === 1 && only !== undefined && names.has(only) ? { variable: only } : {};
  return ok({ compute, names, ...variable });
}

function tokensOf(source: string): readonly string[] | undefined {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const text = source.trimEnd();
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (match === null) return undefined;
    tokens.push(match[0].trim());
  }
  return tokens;
}

/** Recursive descent; the depth is bounded by the length of a hole. */
class HoleParser {
  private at = 0;

  constructor(private readonly tokens: readonly string[]) {}

  get atEnd(): boolean {
    return this.at === this.tokens.length;
  }

  sum(): Compute | undefined {
    let left = this.product();
    while (left !== undefined && (this.tokens[this.at] === "+" || this.tokens[this.at] === "-")) {
      const sign = this.tokens[this.at++] === "+" ? 1 : -1;
      const [a, b] = [left, this.product()];
      left = b === undefined ? undefined : (variables) => a(variables) + sign * b(variables);
    }
    return left;
  }

  private product(): Compute | undefined {
    let left = this.factor();
    while (left !== undefined && this.tokens[this.at] === "*") {
      this.at++;
      const [a, b] = [left, this.factor()];
      left = b === undefined ? undefined : (variables) => a(variables) * b(variables);
    }
    return left;
  }

  private factor(): Compute | undefined {
    const token = this.tokens[this.at++];
    if (token === undefined) return undefined;
    if (/^\d/.test(token)) return () => Number(token);
    if (/^[A-Za-z]/.test(token)) return (variables) => variables.get(token)?.number ?? 0;
    if (token !== "(") return undefined;
    const inner = this.sum();
    return this.tokens[this.at++] === ")" ? inner : undefined;
  }
}
