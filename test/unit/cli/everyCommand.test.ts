import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../../../src/cli/commands";
import { dispatch } from "../../../src/cli/dispatch";
import { readFileText } from "../../../src/cli/fileText";
import type { CliIo } from "../../../src/cli/io";
import { ok } from "../../../src/kernel/result";

const ROOT = join(__dirname, "../../..");
const NAMES = COMMANDS.map(({ name }) => name);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "modbus-edge-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Stage {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Interrupted from the start: what would run on ends at once. */
  readonly interrupted?: boolean;
}

/** What a command line says: files are real ones, what is written goes nowhere. */
async function say(argv: readonly string[], { columns, env = {}, stdin = "", interrupted = false }: Stage = {}) {
  const spoken = { out: "", err: "" };
  const io: CliIo = {
    out: (text) => {
      spoken.out += text;
    },
    err: (text) => {
      spoken.err += text;
    },
    env: { MODBUS_EDGE_DATA: join(folder, "data"), NO_COLOR: "1", ...env },
    isTerminal: columns !== undefined,
    size: () => ({ columns: columns ?? 80, rows: 24 }),
    readFile: (path, most) =>
      path === "-" ? Promise.resolve(ok(stdin)) : readFileText(path.startsWith("/") ? path : join(ROOT, path), most),
    writeFile: () => Promise.resolve(ok(undefined)),
    signal: interrupted ? AbortSignal.abort() : new AbortController().signal,
  };
  const code = await dispatch(argv, io, COMMANDS, "1.2.3");
  return { code, ...spoken, all: spoken.out + spoken.err };
}

const helpOf = async (name: string): Promise<string> => (await say([name, "--help"])).out;

describe.each(NAMES)("modbus-edge %s --help", (name) => {
  test("says how it is used, what exit codes mean, and gives an example", async () => {
    const { code, out, err } = await say([name, "--help"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(new RegExp(`^Usage: modbus-edge ${name}( |\\n)`));
    expect(out).toContain("Exit code: 0 ");
    expect(out).toMatch(/\bExamples?[,:]/);
    expect(out.endsWith("\n")).toBe(true);
    expect((await say(["help", name])).out).toBe(out);
    expect((await say([name, "-h"])).out).toBe(out);
  });

  test("fits 80 columns, and loses no word there", async () => {
    const whole = await helpOf(name);
    const { out } = await say([name, "--help"], { columns: 80 });
    const typed = /^\s*(Usage:|Examples?[,:]|modbus-edge |\{|echo )/;
    const long = out.split("\n").filter((line) => line.length > 80 && !typed.test(line));
    expect(long).toEqual([]);
    const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");
    expect(words(out)).toEqual(words(whole));
  });

  test("a wrong option is named, with the way to this help", async () => {
    const { code, err, out } = await say([name, "--no-such-option"]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(new RegExp(`no-such-option|Usage: modbus-edge ${name}|which shell`));
    expect(err.split("\n").length).toBeLessThan(14);
  });
});

/** The command lines that a help text shows, as arguments. */
function examplesIn(help: string): readonly (readonly string[])[] {
  const typed = help.slice(help.search(/\bExamples?[,:]/));
  return [...typed.matchAll(/modbus-edge ([^|>&\n]+)/g)].map(([, line = ""]) =>
    [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? ""),
  );
}

/** Those that end by themselves and touch neither a device nor a port. */
const HARMLESS = [
  "check",
  "plan",
  "template",
  "manifest",
  "decode",
  "encode",
  "profiles",
  "schema",
  "completion",
  "migrate",
];
/** What the example of a help pipes into it. */
const pipedIn = (help: string): string => /echo '([^']*)'/.exec(help)?.[1] ?? "";

test.each(NAMES)("the examples of %s can be typed", async (name) => {
  const help = await helpOf(name);
  const examples = examplesIn(help).filter(([command]) => command === name);
  expect(examples.length).toBeGreaterThan(0);
  for (const argv of examples) {
    if (HARMLESS.includes(name)) {
      expect({ argv, ...(await say(argv, { stdin: pipedIn(help) })) }).toMatchObject({ argv, code: 0 });
    } else {
      // Options are looked at in order: that the last one is the first unknown one, all before it are known.
      const { code, err } = await say([...argv, "--no-such-option"]);
      expect({ argv, code, err }).toEqual({ argv, code: 2, err: expect.stringContaining("no-such-option") });
    }
  }
});

/** How a command is given a file that is not what it should be; those not here: as the only argument. */
const WITH_FILE: Readonly<Record<string, readonly ((file: string) => readonly string[])[]>> = {
  run: [(file) => ["--config", file, "--hub", "stdout"]],
  demo: [],
  scan: [(file) => ["--config", file]],
  schema: [],
  completion: [],
  read: [(file) => ["--config", file, "boiler"]],
  write: [(file) => ["--config", file, "boiler", "x=1"]],
  find: [(file) => ["--expect", "1", "--config", file, "boiler"]],
  profiles: [],
  template: [
    (file) => [file],
    (file) => ["examples/site.json", "--previous", file],
    (file) => ["examples/site.json", "--manifest", file],
  ],
  manifest: [
    (file) => [file, "--image", "example/modbus-edge:1"],
    (file) => ["examples/site.json", "--image", "example/modbus-edge:1", "--into", file],
  ],
  simulate: [(file) => [file], (file) => ["examples/demo.json", "--faults", file]],
  devhub: [(file) => ["--desired", file]],
};

const BAD_FILES = ["missing", "folder", "empty", "huge", "binary", "half", "list"] as const;

function badFile(kind: (typeof BAD_FILES)[number]): string {
  const path = join(folder, `${kind}.json`);
  if (kind === "folder") return folder;
  if (kind === "huge") {
    const file = openSync(path, "w");
    ftruncateSync(file, 50 * 1024 * 1024);
    closeSync(file);
  }
  if (kind === "empty") writeFileSync(path, "");
  if (kind === "binary") writeFileSync(path, Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 151 + 7) % 256)));
  if (kind === "half") writeFileSync(path, '{ "connections": { "plant": { "transport": "tcp", "ho');
  if (kind === "list") writeFileSync(path, "[1, 2]");
  return path;
}

const cases = NAMES.flatMap((name) =>
  (WITH_FILE[name] ?? [(file: string) => [file]]).flatMap((argvOf) =>
    BAD_FILES.map((kind) => ({ name, kind, argvOf })),
  ),
);

test.each(cases)("$name on a file that is $kind: a sentence, and exit 1", async ({ name, kind, argvOf }) => {
  const argv = [name, ...argvOf(badFile(kind))];
  const { code, all } = await say(argv, { interrupted: true });
  // No line in, no line out.
  if (kind === "empty" && (name === "decode" || name === "encode")) {
    expect({ code, all }).toEqual({ code: 0, all: "" });
    return;
  }
  expect({ argv, code, all }).toMatchObject({ code: 1 });
  expect(all).not.toMatch(/--help|Usage:/);
  expect(all).toMatch(/[a-z]{3,} [a-z]{2,}/);
  expect(all).not.toMatch(/\n\s+at .*:\d+|undefined|\[object|ENOENT|EISDIR/);
  if (kind === "huge") expect(all).toMatch(/too large \(50 MB\): at most \d+ MB/);
});

test("what is too much is not read to its end, whatever it is", async () => {
  expect(await readFileText("/dev/zero", 1000)).toEqual({
    ok: false,
    error: "/dev/zero: is too large: at most 0 MB are read",
  });
});

test("profiles names a file of the folder that can't be used", async () => {
  for (const kind of ["empty", "huge", "binary", "half", "list"] as const) badFile(kind);
  const { code, all } = await say(["profiles", "list"], { env: { MODBUS_EDGE_PROFILES: folder } });
  expect(code).toBe(1);
  for (const kind of ["empty", "huge", "binary", "half", "list"]) expect(all).toContain(kind);
  expect(all).not.toMatch(/\n\s+at .*:\d+/);
});

describe("completion", () => {
  test.each(["bash", "zsh", "fish"])("%s knows every command, and the options of their helps", async (shell) => {
    const { code, out } = await say(["completion", shell]);
    expect(code).toBe(0);
    for (const name of NAMES) expect(out).toContain(name);
    expect(out).toMatch(shell === "fish" ? /-l previous\b/ : /--previous\b/);
  });
});
