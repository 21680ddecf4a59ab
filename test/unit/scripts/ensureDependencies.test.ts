import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const script = pathToFileURL(join(__dirname, "../../../scripts/ensureDependencies.mjs")).href;
let root = "";

interface Entry {
  readonly version: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

/** What the script says, in a process of its own: it must run before anything can be installed. */
function staleness(): string {
  const code = `import(${JSON.stringify(script)}).then((m) => process.stdout.write(String(m.staleness(${JSON.stringify(root)}))))`;
  return execFileSync(process.execPath, ["-e", code], { encoding: "utf8" });
}

function write(path: string, content: unknown): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), JSON.stringify(content));
}

function lock(packages: Record<string, Entry>): void {
  write("package-lock.json", { packages: { "": { name: "x" }, ...packages } });
}

function install(packages: Record<string, Entry>): void {
  write("node_modules/.package-lock.json", { packages });
  for (const path of Object.keys(packages)) write(`${path}/package.json`, {});
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "modbus-edge-install-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const a = { version: "1.0.0", integrity: "sha512-a" };

test("nothing installed", () => {
  lock({ "node_modules/a": a });
  expect(staleness()).toBe("no dependencies are installed");
});

test("exactly the locked ones", () => {
  lock({ "node_modules/a": a });
  install({ "node_modules/a": a });
  expect(staleness()).toBe("undefined");
});

test("one that is missing, has another version or other contents, or is too many", () => {
  lock({ "node_modules/a": a });
  install({});
  expect(staleness()).toBe("node_modules/a is missing");
  install({ "node_modules/a": { ...a, version: "0.9.0" } });
  expect(staleness()).toBe("node_modules/a is 0.9.0, locked is 1.0.0");
  install({ "node_modules/a": { ...a, integrity: "sha512-b" } });
  expect(staleness()).toBe("node_modules/a has other contents than the locked ones");
  install({ "node_modules/a": a, "node_modules/b": a });
  expect(staleness()).toBe("node_modules/b is installed but not locked");
});

test("a folder that somebody has deleted", () => {
  lock({ "node_modules/a": a });
  install({ "node_modules/a": a });
  rmSync(join(root, "node_modules/a"), { recursive: true });
  expect(staleness()).toBe("node_modules/a has lost its folder");
});

test("packages for other systems may be absent, those for this one not", () => {
  const here = { ...a, optional: true, os: [process.platform], cpu: [process.arch] };
  const elsewhere = { ...a, optional: true, os: ["sunos"], cpu: ["ppc64"] };
  lock({ "node_modules/elsewhere": elsewhere });
  install({});
  expect(staleness()).toBe("undefined");
  lock({ "node_modules/here": here });
  expect(staleness()).toBe("node_modules/here is missing");
});

test("a half-written installation counts as none", () => {
  lock({ "node_modules/a": a });
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "node_modules/.package-lock.json"), "{");
  expect(staleness()).toBe("no dependencies are installed");
});
