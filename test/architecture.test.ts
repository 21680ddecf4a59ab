import { join } from "node:path";
import { readSource, type SourceFacts, sourceFacts, sourceFiles } from "./support/sourceFacts";

/** Which room may import from which (its own files always). Reads: the room on the left stands on those on the right. */
const CORE = [
  "core/modbus",
  "core/points",
  "core/config",
  "core/planning",
  "core/assess",
  "core/model",
  "core/telemetry",
];
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  "core/modbus": ["kernel"],
  "core/points": ["kernel", "core/modbus"],
  "core/config": ["kernel", "core/modbus", "core/points"],
  "core/planning": ["kernel", "core/modbus", "core/points", "core/config"],
  "core/telemetry": ["kernel", "core/modbus", "core/points", "core/config", "core/planning"],
  "core/assess": ["kernel", "core/modbus", "core/points", "core/config", "core/planning", "core/telemetry"],
  "core/model": ["kernel", "core/modbus", "core/points", "core/config", "core/planning", "core/assess"],
  "core/fieldwork": ["kernel", "core/modbus", "core/points", "core/config", "core/planning", "core/assess"],
  store: ["kernel"],
  bus: ["kernel", "core/modbus", "core/config", "core/planning"],
  cloud: ["kernel", ...CORE],
  runtime: ["kernel", ...CORE, "bus", "cloud", "store"],
  operator: ["kernel", ...CORE, "cloud", "store", "runtime"],
  simulator: ["kernel", ...CORE, "bus/serialLink"],
  devhub: ["kernel", "core/telemetry"],
  cli: [
    "kernel",
    ...CORE,
    "core/fieldwork",
    "bus",
    "cloud",
    "store",
    "runtime",
    "operator",
    "simulator",
    "devhub",
    "app",
    "client",
    "version",
    "desk",
    "gateway",
    "workshop",
  ],
  app: ["kernel", ...CORE, "bus", "cloud", "store", "runtime", "operator"],
  client: ["kernel", "core/modbus", "core/config", "bus"],
  desk: ["cli"],
  gateway: ["cli"],
  workshop: ["cli"],
  version: [],
  main: ["kernel", "cli", "version"],
};

/** npm packages a room may use, by prefix. Node's own modules: everywhere but in `kernel` and `core`. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "core/config": ["zod", "jsonc-parser"],
  bus: ["serialport", "@serialport/"],
  cloud: ["azure-iot-", "mqtt"],
  store: ["classic-level"],
  runtime: ["pino"],
  cli: ["jsonc-parser"],
  simulator: ["modbus-serial", "serialport", "@serialport/", "@lydell/node-pty"],
  devhub: ["mqtt-packet", "@peculiar/x509"],
};

/** Uses that are restricted, and the files that may. */
const RESTRICTED: Readonly<Record<string, RegExp>> = {
  any: /^$/,
  "throw new Error": /^kernel\/invariant$/,
  setTimeout: /^kernel\/systemClock$/,
  setInterval: /^kernel\/systemClock$/,
  "Date.now": /^kernel\/systemClock$/,
  "performance.now": /^kernel\/systemClock$/,
  process: /^main$/,
};

const MAX_FILE_LINES = 300;
const MAX_FUNCTION_LINES = 50;
const AIM_FUNCTION_LINES = 22;
const FORBIDDEN_NAMES = /^(utils?|helpers?|managers?|common|index|misc)$/i;

const sourceRoot = join(__dirname, "../src");
const sources = sourceFiles(sourceRoot).map((file) => readSource(file, sourceRoot));

function roomOf(path: string): string {
  const steps = path.split("/");
  return steps[0] === "core" ? `core/${steps[1]}` : (steps[0] ?? "");
}

/** The rules that one file breaks, each as a sentence with its place. */
function violations(source: SourceFacts): readonly string[] {
  return [...importViolations(source), ...useViolations(source), ...sizeViolations(source)];
}

function importViolations(source: SourceFacts): readonly string[] {
  const room = roomOf(source.path);
  const allowed = ROOMS[room];
  if (allowed === undefined) return [`src/${source.path}.ts: the room "${room}" is not in the table of rooms`];
  return source.imports.flatMap(({ specifier, target, line }) => {
    const fine = target === undefined ? packageAllowed(source.path, specifier) : targetAllowed(room, allowed, target);
    return fine ? [] : [`src/${source.path}.ts:${line}: ${room} may not import ${target ?? specifier}`];
  });
}

function targetAllowed(room: string, allowed: readonly string[], target: string): boolean {
  if (target.startsWith("../"))
    return /^\.\.\/(profiles\/[a-z0-9-]+\.json|examples\/[a-z0-9-]+\.json|package\.json)$/.test(target);
  return roomOf(target) === room || allowed.includes(roomOf(target)) || allowed.includes(target);
}

function packageAllowed(path: string, specifier: string): boolean {
  const room = roomOf(path);
  if (specifier.startsWith("node:")) return room !== "kernel" && !room.startsWith("core/");
  if (/^(azure-iot-|mqtt$)/.test(specifier) && !/^cloud\/azure\w*$/.test(path)) return false;
  return (PACKAGES[room] ?? []).some((prefix) => specifier.startsWith(prefix));
}

function useViolations(source: SourceFacts): readonly string[] {
  return source.uses
    .filter(({ what }) => RESTRICTED[what] !== undefined && !RESTRICTED[what].test(source.path))
    .map(({ what, line }) => `src/${source.path}.ts:${line}: ${what}`);
}

function sizeViolations(source: SourceFacts): readonly string[] {
  const name = source.path.split("/").at(-1) ?? "";
  return [
    ...(FORBIDDEN_NAMES.test(name) ? [`src/${source.path}.ts: a name that says nothing`] : []),
    ...(source.lines > MAX_FILE_LINES
      ? [`src/${source.path}.ts: ${source.lines} lines, at most ${MAX_FILE_LINES}`]
      : []),
    ...source.functions
      .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
      .map(
        (one) => `src/${source.path}.ts:${one.line}: ${one.name} has ${one.lines} lines, at most ${MAX_FUNCTION_LINES}`,
      ),
  ];
}

/** Files that `from` reaches through any number of imports. */
function reachable(from: string): ReadonlySet<string> {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const seen = new Set<string>();
  const waiting = [from];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { target } of byPath.get(path)?.imports ?? []) if (target !== undefined) waiting.push(target);
  }
  return seen;
}

describe("the house", () => {
  test("imports, restricted uses and sizes keep to the rules", () => {
    expect(sources.flatMap(violations)).toEqual([]);
  });

  test("bus and cloud know nothing of each other, not through others either", () => {
    const rooms = ["bus", "cloud"] as const;
    const meetings = sources.flatMap(({ path }) => {
      const other = rooms.find((room) => room !== roomOf(path));
      if (!rooms.some((room) => room === roomOf(path))) return [];
      return [...reachable(path)]
        .filter((reached) => roomOf(reached) === other)
        .map((reached) => `${path} reaches ${reached}`);
    });
    expect(meetings).toEqual([]);
  });

  test("every import of ours leads to a file", () => {
    const known = new Set(sources.map(({ path }) => path));
    const lost = sources.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => target !== undefined && !target.startsWith("../") && !known.has(target))
        .map(({ specifier }) => `${path}: ${specifier}`),
    );
    expect(lost).toEqual([]);
  });

  test("figures (printed, not enforced)", () => {
    const files = sources.map(({ lines }) => lines).sort((a, b) => a - b);
    const functions = sources.flatMap((source) => source.functions);
    const short = functions.filter(({ lines }) => lines <= AIM_FUNCTION_LINES).length;
    const share = ((100 * short) / functions.length).toFixed(1);
    process.stdout.write(
      `src: ${files.length} files, median ${files[files.length >> 1]} lines; ${functions.length} functions, ${share} % of at most ${AIM_FUNCTION_LINES} lines\n`,
    );
    expect(functions.length).toBeGreaterThan(0);
  });
});

describe("the rules see", () => {
  const seen = (path: string, text: string): readonly string[] =>
    violations(sourceFacts(text, join(sourceRoot, `${path}.ts`), sourceRoot));

  test.each<[string, string, string, RegExp]>([
    ["a forbidden room", "bus/x", 'import type { A } from "../cloud/edgeHub";', /bus may not import cloud\/edgeHub/],
    ["a re-export", "core/points/x", 'export { a } from "../config/schema";', /may not import core\/config\/schema/],
    ["a lazy import", "cloud/x", 'const a = () => import("../bus/link");', /cloud may not import bus\/link/],
    ["Node in the core", "core/modbus/x", 'import { x } from "node:fs";', /may not import node:fs/],
    ["a package in the core", "core/points/x", 'import { z } from "zod";', /may not import zod/],
    [
      "the SDK outside its file",
      "cloud/outbox",
      'import { Message } from "azure-iot-device";',
      /may not import azure-iot-device/,
    ],
    ["an unknown room", "shed/x", "export const a = 1;", /not in the table/],
    ["any", "kernel/x", "export const a = (b: any) => b;", /any/],
    ["a thrown Error", "bus/x", 'export function a() { throw new Error("é"); }', /throw new Error/],
    ["a bare timer", "bus/x", "setTimeout(() => 1, 2);", /setTimeout/],
    ["an argument", "bus/x", "export const t = start(setTimeout);", /setTimeout/],
    ["the wall clock", "core/points/x", "export const now = () => Date.now();", /Date\.now/],
    ["the process", "cli/x", "export const e = process.env;", /process/],
    ["a long file", "kernel/x", "export const a = 1;\n".repeat(301), /301 lines/],
    ["a long function", "kernel/x", `// ü\nexport function a() {\n${"  f();\n".repeat(49)}}\n`, /ts:2: a has 51 lines/],
    ["a long method", "kernel/x", `export const o = {\n  m() {\n${"  f();\n".repeat(49)}},\n};\n`, /m has 51 lines/],
    ["a vague name", "kernel/utils", "export const a = 1;", /says nothing/],
  ])("%s", (_what, path, text, expected) => {
    expect(seen(path, text).join("\n")).toMatch(expected);
  });

  test("what is allowed: members of the same name, serial links for the simulator, timers of the clock", () => {
    expect(seen("bus/x", "socket.setTimeout(5); const a = { process: 1 };")).toEqual([]);
    expect(seen("simulator/x", 'import { a } from "../bus/serialLink";')).toEqual([]);
    expect(seen("simulator/x", 'import { a } from "../bus/link";')).toHaveLength(1);
    expect(seen("kernel/systemClock", "setTimeout(() => Date.now(), 2);")).toEqual([]);
  });
});
