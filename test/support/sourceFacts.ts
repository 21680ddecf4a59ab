import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseSync } from "@swc/core";

/** One import, re-export, `import()` or `require()` of a source file. */
export interface ImportFact {
  /** As written. */
  readonly specifier: string;
  /** The file it means, from `src/` on without extension; undefined for packages and Node's own modules. */
  readonly target: string | undefined;
  readonly line: number;
}

export interface FunctionFact {
  readonly name: string;
  readonly line: number;
  /** From its first to its last line, nested functions included. */
  readonly lines: number;
}

/** A use that the house rules restrict: `any`, `process`, `setTimeout`, `throw new Error` … */
export interface UseFact {
  readonly what: string;
  readonly line: number;
}

export interface SourceFacts {
  /** From `src/` on, without extension: `core/modbus/pdu`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly ImportFact[];
  readonly functions: readonly FunctionFact[];
  readonly uses: readonly UseFact[];
}

interface Node {
  readonly type: string;
  readonly span?: { readonly start: number; readonly end: number };
  readonly [key: string]: unknown;
}

const FUNCTIONS = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ClassMethod",
  "PrivateMethod",
  "MethodProperty",
  "Constructor",
  "GetterProperty",
  "SetterProperty",
]);
const GLOBALS = new Set(["process", "setTimeout", "setInterval", "setImmediate"]);
const CLOCKS = new Set(["Date.now", "performance.now"]);

/** All TypeScript files below `folder`, as absolute paths, sorted. */
export function sourceFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name))
    .sort();
}

/** What the house rules ask about one file. */
export function readSource(file: string, sourceRoot: string): SourceFacts {
  return sourceFacts(readFileSync(file, "utf8"), file, sourceRoot);
}

/** The same for a text that need not exist as a file. */
export function sourceFacts(text: string, file: string, sourceRoot: string): SourceFacts {
  const tree = parseSync(text, { syntax: "typescript", target: "es2022" }) as unknown as Node;
  const lineAt = lineFinder(Buffer.from(text));
  const imports: ImportFact[] = [];
  const functions: FunctionFact[] = [];
  const uses: UseFact[] = [];
  visit(tree, undefined, (node, parent) => {
    const line = lineAt(node.span?.start ?? 1);
    const specifier = specifierOf(node);
    if (specifier !== undefined) imports.push({ specifier, target: targetOf(specifier, file, sourceRoot), line });
    if (FUNCTIONS.has(node.type))
      functions.push({ name: nameOf(node, parent), line, lines: lineAt((node.span?.end ?? 1) - 1) - line + 1 });
    const use = useOf(node, parent);
    if (use !== undefined) uses.push({ what: use, line });
  });
  const lines = text.endsWith("\n") ? text.split("\n").length - 1 : text.split("\n").length;
  return { path: relative(sourceRoot, file).replace(/\.ts$/, ""), lines, imports, functions, uses };
}

function visit(node: Node, parent: Node | undefined, see: (node: Node, parent: Node | undefined) => void): void {
  see(node, parent);
  for (const child of Object.values(node)) {
    for (const item of Array.isArray(child) ? child : [child]) visitItem(item, node, see);
  }
}

/** Arguments, array elements and properties come wrapped in objects without a type: look inside. */
function visitItem(item: unknown, parent: Node, see: (node: Node, parent: Node | undefined) => void): void {
  if (typeof item !== "object" || item === null) return;
  if (isNode(item)) visit(item, parent, see);
  else for (const inner of Object.values(item)) visitItem(inner, parent, see);
}

function isNode(value: object): value is Node {
  return "type" in value && typeof value.type === "string";
}

function specifierOf(node: Node): string | undefined {
  if (["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration"].includes(node.type))
    return literal(node["source"]);
  if (node.type !== "CallExpression") return undefined;
  const callee = node["callee"] as Node;
  if (callee.type !== "Import" && !(callee.type === "Identifier" && callee["value"] === "require")) return undefined;
  return literal((node["arguments"] as readonly { expression: unknown }[])[0]?.expression);
}

function literal(node: unknown): string | undefined {
  if (typeof node !== "object" || node === null || !isNode(node) || node.type !== "StringLiteral") return undefined;
  return node["value"] as string;
}

function targetOf(specifier: string, file: string, sourceRoot: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  return relative(sourceRoot, resolve(dirname(file), specifier)).replace(/\.ts$/, "");
}

function nameOf(node: Node, parent: Node | undefined): string {
  for (const named of [node["identifier"], node["key"], parent?.["id"], parent?.["key"]]) {
    if (typeof named === "object" && named !== null && isNode(named) && typeof named["value"] === "string")
      return named["value"];
  }
  return "(nameless)";
}

function useOf(node: Node, parent: Node | undefined): string | undefined {
  if (node.type === "TsKeywordType" && node["kind"] === "any") return "any";
  if (node.type === "ThrowStatement") return plainError(node["argument"] as Node) ? "throw new Error" : undefined;
  if (node.type === "MemberExpression") return clockOf(node);
  if (node.type !== "Identifier" || !GLOBALS.has(node["value"] as string)) return undefined;
  return isReference(node, parent) ? (node["value"] as string) : undefined;
}

function plainError(node: Node): boolean {
  const thrown = node.type === "NewExpression" || node.type === "CallExpression" ? (node["callee"] as Node) : undefined;
  return thrown?.type === "Identifier" && ["Error", "TypeError", "RangeError"].includes(thrown["value"] as string);
}

function clockOf(node: Node): string | undefined {
  const text = `${(node["object"] as Node)["value"]}.${(node["property"] as Node)["value"]}`;
  return CLOCKS.has(text) ? text : undefined;
}

/** Not the name of a member or key: `socket.setTimeout()` and `{ process: 1 }` are others. */
function isReference(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined) return true;
  if (parent.type === "MemberExpression") return parent["object"] === node;
  return parent["key"] !== node && !parent.type.startsWith("Ts");
}

/** Line (from 1) of a byte position as swc counts them (from 1). */
function lineFinder(bytes: Buffer): (position: number) => number {
  const starts = [0];
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) starts.push(at + 1);
  return (position) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= position - 1) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
