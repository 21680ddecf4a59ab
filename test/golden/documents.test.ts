import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { COMMANDS } from "../../src/cli/commands";
import { applyDocument } from "../../src/core/config/apply";
import { readConfigurationText } from "../../src/core/config/jsonText";
import { builtInProfiles } from "../../src/core/config/profiles";
import { isJsonObject, type Json, type JsonObject } from "../../src/kernel/json";
import { sourceFiles } from "../support/sourceFacts";

const ROOT = join(__dirname, "../..");

/** Every page for people. */
function pages(): readonly string[] {
  const in_ = (folder: string) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => join(folder, name));
  return [...in_("."), ...in_("docs"), ...in_("docs/adr")];
}

const textOf = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/** Its blocks of one language. */
function blocksOf(page: string, language: string): readonly string[] {
  return [...textOf(page).matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, "gm"))].map(([, block = ""]) => block);
}

/** What stands outside code. */
const prose = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "").replaceAll(/`[^`\n]*`/g, "``");

function anchorsOf(page: string): ReadonlySet<string> {
  const headings = textOf(page)
    .replaceAll(/^ *```[\s\S]*?^ *```/gm, "")
    .matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(" ", "-")
        .replaceAll(/[^\p{L}\p{N}_-]/gu, ""),
    ),
  );
}

test.each(pages())("every link of %s leads somewhere", (page) => {
  const broken = [...prose(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^(https?|mailto):/.test(target)) return [];
    const [file = "", anchor] = target.split("#");
    const path = file === "" ? page : relative(ROOT, join(ROOT, dirname(page), file));
    if (!existsSync(join(ROOT, path))) return [target];
    return anchor !== undefined && path.endsWith(".md") && !anchorsOf(path).has(anchor) ? [target] : [];
  });
  expect(broken).toEqual([]);
});

test("every page of docs is linked from the README, or from a page that is", () => {
  const seen = new Set<string>();
  const open = ["README.md"];
  for (let page = open.pop(); page !== undefined; page = open.pop()) {
    if (seen.has(page)) continue;
    seen.add(page);
    for (const [, target = ""] of textOf(page).matchAll(/\]\(([^)\s#]+\.md)[^)]*\)/g)) {
      const path = relative(ROOT, join(ROOT, dirname(page), target));
      if (existsSync(join(ROOT, path))) open.push(path);
    }
  }
  const unreachable = pages().filter((page) => page.startsWith("docs/") && !page.startsWith("docs/adr/") && !seen.has(page));
  expect(unreachable).toEqual([]);
});

const KINDS = ["connections", "devices", "profiles", "groups", "outputs", "module"];

/** A whole configuration, or a part that stands on names of its surroundings. */
function configurationIn(block: string): JsonObject | undefined {
  const read = readConfigurationText(block);
  if (!read.ok || !isJsonObject(read.value)) return undefined;
  return Object.keys(read.value).some((key) => KINDS.includes(key)) ? read.value : undefined;
}

const examples = pages().flatMap((page) => blocksOf(page, "json").map((block, index) => ({ page, number: index + 1, block })));

test("there are examples to try", () => {
  expect(examples.length).toBeGreaterThan(8);
  expect(examples.filter(({ block }) => configurationIn(block) !== undefined).length).toBeGreaterThan(5);
});

test.each(examples)("example $number of $page: a configuration is valid, and the rest is JSON", ({ block }) => {
  const document = configurationIn(block);
  if (document === undefined) {
    // A part of an object, `"groups": {…}`; or lines.
    const whole = /^\s*"/.test(block) ? [`{${block}}`] : [block];
    const parses = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const lines = block.trim().split("\n");
    expect({ block, good: whole.every(parses) || lines.every(parses) }).toEqual({ block, good: true });
    return;
  }
  expect(applyDocument(undefined, withSurroundings(document), builtInProfiles).problems).toEqual([]);
});

/** An example may show devices alone: their connections are elsewhere. */
function withSurroundings(document: JsonObject): Json {
  if (document["connections"] !== undefined || !isJsonObject(document["devices"])) return document;
  const names = Object.values(document["devices"]).flatMap((device) => (isJsonObject(device) && typeof device["connection"] === "string" ? [device["connection"]] : []));
  const connections = names.map((name) => [name, { transport: "tcp", host: `${name}.example` }]);
  return { ...document, connections: Object.fromEntries(connections) };
}

/** Commands in blocks of shells, and in the text between. */
function commandsOf(page: string): readonly string[] {
  const shells = ["sh", "console", "bash"].flatMap((language) => blocksOf(page, language));
  const typed = [...shells.join("\n").matchAll(/(?:^|[$;|&(] *)modbus-edge +([^\n|;&]*)/gm)];
  const named = [...prose2(textOf(page)).matchAll(/`modbus-edge ([a-z][^`]*)`/g)];
  return [...typed, ...named].map(([, line = ""]) => line.trim());
}

const prose2 = (text: string): string => text.replaceAll(/^ *```[\s\S]*?^ *```/gm, "");

test("the commands and options that pages name exist", async () => {
  const helps = new Map<string, string>();
  for (const { name, load } of COMMANDS) {
    let help = "";
    const command = await load();
    await command(["--help"], {
      out: (text) => {
        help += text;
      },
      err: () => undefined,
      env: {},
      isTerminal: false,
      size: () => ({ columns: 80, rows: 24 }),
      readFile: () => Promise.resolve({ ok: false, error: "" }),
      writeFile: () => Promise.resolve({ ok: false, error: "" }),
      signal: AbortSignal.abort(),
    });
    helps.set(name, `${help} --help`);
  }
  const all = pages().flatMap((page) => commandsOf(page).map((line) => ({ page, line })));
  expect(all.length).toBeGreaterThan(20);
  const wrong = all.flatMap(({ page, line }) => {
    const [name = "", ...words] = line.split(/\s+/);
    if (["--help", "--version", "COMMAND", "…"].includes(name)) return [];
    const help = helps.get(name);
    if (help === undefined) return [`${page}: modbus-edge ${line}: no such command`];
    return words
      .filter((word) => /^--[a-z]/.test(word))
      .map((word) => word.replace(/[=,.)].*$/, ""))
      .filter((option) => !new RegExp(`${option}(?![a-z-])`).test(help))
      .map((option) => `${page}: modbus-edge ${line}: ${option}`);
  });
  expect(wrong).toEqual([]);
});

test("what the FAQ quotes is what the product says", () => {
  const source = sourceFiles(join(ROOT, "src"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n")
    .replaceAll("\\'", "'");
  const quotes = [...textOf("docs/faq.md").matchAll(/^> (.+)$/gm)].flatMap(([, line = ""]) => [...line.matchAll(/`([^`]+)`/g)].map(([, quote = ""]) => quote));
  expect(quotes.length).toBeGreaterThan(20);
  const inSource = (quote: string): boolean => quote.split("…").every((part) => source.includes(part.trim()));
  expect(quotes.filter((quote) => !inSource(quote))).toEqual([]);
});

test.each(readdirSync(join(ROOT, "examples")).filter((name) => name.endsWith(".json")))("examples/%s is valid", (name) => {
  const read = readConfigurationText(textOf(join("examples", name)));
  expect(read.ok ? applyDocument(undefined, read.value, builtInProfiles).problems : read.error).toEqual([]);
});

test("every reference of the JSON Schema leads somewhere, and it knows what a file may have at its root", () => {
  const schema = JSON.parse(textOf("modbus-edge.schema.json")) as {
    $defs: Record<string, unknown>;
    properties: Record<string, unknown>;
  };
  const references = [...JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)].map(([, name = ""]) => name);
  expect(references.length).toBeGreaterThan(10);
  expect(references.filter((name) => !(name in schema.$defs))).toEqual([]);
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(["$schema", "configuration", ...KINDS]));
});
