import { type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser";
import { isJsonObject, type Json, type JsonObject, pointer } from "../../kernel/json";
import { err, ok, type Result } from "../../kernel/result";
import { survivesDouble } from "./exactNumbers";
import { type JsonScan, readPlain, scanJson } from "./plainJson";
import type { Problem } from "./problem";

/** A problem with a place in the text, both counted from 1. */
export interface TextProblem extends Problem {
  readonly line?: number;
  readonly column?: number;
}

/** `line 3, column 1: …`, where the place is known. */
export function textWithPlace({ line, column, text }: TextProblem): string {
  return line === undefined ? text : `line ${line}, column ${column}: ${text}`;
}

/** Larger texts are no configuration: a thousand devices with points of their own take about a tenth. */
const MAX_CHARACTERS = 32 * 1024 * 1024;
/** No configuration is nested deeper than 8; parsers recurse. */
const MAX_DEPTH = 64;
/** After these many the rest says nothing new. */
const MAX_PROBLEMS = 20;

/** What parse errors are called; the codes by their names in jsonc-parser. */
const SYNTAX: ReadonlyMap<string, string> = new Map([
  ["InvalidSymbol", "this is not JSON: true, false, null, a number, a text in double quotes, an object or a list"],
  ["InvalidNumberFormat", "this is not a JSON number"],
  ["PropertyNameExpected", "a name in double quotes is expected (no comma before the closing brace)"],
  ["ValueExpected", "a value is expected (no comma before the closing bracket)"],
  ["ColonExpected", "a colon is expected"],
  ["CommaExpected", "a comma is expected"],
  ["CloseBraceExpected", "a closing brace } is missing"],
  ["CloseBracketExpected", "a closing bracket ] is missing"],
  ["EndOfFileExpected", "the text goes on after its end"],
  ["InvalidCommentToken", "comments are not JSON"],
  ["UnexpectedEndOfComment", "comments are not JSON"],
  ["UnexpectedEndOfString", "the text in quotes does not end"],
  ["UnexpectedEndOfNumber", "the number does not end"],
  ["InvalidUnicode", "\\u takes four hexadecimal digits"],
  ["InvalidEscapeCharacter", 'this is not an escape: after a backslash one of " \\ / b f n r t u'],
  ["InvalidCharacter", "control characters are written as escapes, such as \\t"],
]);

type PathSupplier = () => (string | number)[];

/** Reads JSON (RFC 8259) strictly. Problems carry line and column, and the pointer of what is named twice or has lost digits. */
export function readJsonText(source: string): Result<Json, readonly TextProblem[]> {
  const text = source.startsWith("\ufeff") ? source.slice(1) : source;
  const scan = scanJson(text);
  const unreadable = notText(text, scan);
  if (unreadable !== undefined) return err([{ path: "", text: unreadable }]);
  const plain = readPlain(text, scan);
  if (plain !== undefined) return ok(plain);
  const problems = faultsOf(text);
  if (problems.length > 0) return err(problems);
  try {
    return ok(JSON.parse(text) as Json);
  } catch (error) {
    return err([{ path: "", text: `this is not JSON: ${String(error)}` }]);
  }
}

function notText(text: string, { depth }: JsonScan): string | undefined {
  if (text.trim() === "") return "the file is empty: a JSON object is expected";
  if (text.length > MAX_CHARACTERS) return `the file has ${text.length} characters; at most ${MAX_CHARACTERS} are read`;
  if (/[\0\ufffd]/.test(text))
    return 'the file is not UTF-8 text: save it as UTF-8 ("Unicode" of Windows editors is another encoding)';
  if (depth > MAX_DEPTH) return `objects and lists are nested deeper than ${MAX_DEPTH}`;
  return undefined;
}

function faultsOf(text: string): readonly TextProblem[] {
  const problems: TextProblem[] = [];
  const names: Map<string, number>[] = [];
  let broken = false;

  function add(line: number, column: number, path: string, what: string): void {
    if (problems.length >= MAX_PROBLEMS) return;
    problems.push({ path, text: what, line: line + 1, column: column + 1 });
  }

  visit(
    text,
    {
      onObjectBegin: () => {
        names.push(new Map());
      },
      onObjectEnd: () => {
        names.pop();
      },
      onObjectProperty(name, _offset, _length, line, column, path) {
        const known = names.at(-1);
        const first = known?.get(name);
        if (first === undefined) known?.set(name, line + 1);
        else
          add(line, column, at(path, name), `names ${JSON.stringify(name)} twice (first in line ${first}): keep one`);
      },
      onLiteralValue(value, offset, length, line, column, path) {
        if (typeof value !== "number") return;
        const digits = text.slice(offset, offset + length);
        if (!survivesDouble(digits)) add(line, column, at(path), lostDigits(digits));
      },
      onError(code: ParseErrorCode, _offset, _length, line, column) {
        // One slip makes the parser stumble on: only the first says what to mend.
        if (!broken) add(line, column, "", SYNTAX.get(printParseErrorCode(code)) ?? "this is not JSON");
        broken = true;
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  return broken ? problems.filter((problem) => problem.path === "") : problems;
}

function at(path: PathSupplier, name?: string): string {
  return pointer(name === undefined ? path() : [...path(), name]);
}

function lostDigits(digits: string): string {
  const shown = digits.length > 50 ? `${digits.slice(0, 48)}…` : digits;
  return `the number ${shown} would lose digits: write it as a text, in quotes`;
}

const WRAPPER = "configuration";
/** Where editors find the JSON Schema: of files alone, for a twin takes no name with `$`. */
const EDITOR_KEY = "$schema";

/**
 * Reads a configuration file: the configuration itself, or an object with it under `configuration`; `$schema` at the
 * root is for editors. Pointers of problems are those inside the configuration.
 */
export function readConfigurationText(source: string): Result<Json, readonly TextProblem[]> {
  const read = readJsonText(source);
  if (!read.ok) return err(read.error.map(inside));
  if (!isJsonObject(read.value)) return err([{ path: "", text: "a JSON object is expected: the configuration" }]);
  const document = withoutEditorKey(read.value);
  if (!Object.hasOwn(document, WRAPPER)) return ok(document);
  const beside = Object.keys(document).filter((name) => name !== WRAPPER);
  if (beside.length === 0) return ok(document[WRAPPER] as Json);
  const shown = beside.slice(0, 3).map((name) => JSON.stringify(name));
  return err([
    {
      path: "",
      text: `beside "${WRAPPER}" stands ${shown.join(", ")}: a file holds the configuration and nothing else`,
    },
  ]);
}

function withoutEditorKey(document: JsonObject): JsonObject {
  if (typeof document[EDITOR_KEY] !== "string") return document;
  const { [EDITOR_KEY]: _, ...rest } = document;
  return rest;
}

/** A name found twice inside the wrapper is reported by its place in the configuration. */
function inside(problem: TextProblem): TextProblem {
  const prefix = `/${WRAPPER}/`;
  return problem.path.startsWith(prefix) ? { ...problem, path: problem.path.slice(prefix.length - 1) } : problem;
}
