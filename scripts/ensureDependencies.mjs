/**
 * Installs the locked dependencies where they are missing or stale, and only then. Uses nothing but Node, because it
 * runs before anything is installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const projectRoot = resolve(fileURLToPath(import.meta.url), "../..");

/** What npm leaves behind after it has installed: the lock of what is really there. */
const INSTALLED_LOCK = "node_modules/.package-lock.json";

/**
 * Why the installed packages are not those of the lock file, in words; undefined when they are.
 * Optional packages for other platforms may be absent, but never be there in another version.
 */
export function staleness(root) {
  const installed = readPackages(join(root, INSTALLED_LOCK));
  if (installed === undefined) return "no dependencies are installed";
  const locked = readPackages(join(root, "package-lock.json"));
  if (locked === undefined) return "package-lock.json cannot be read";
  for (const [path, wanted] of locked) {
    const reason = difference(root, path, wanted, installed.get(path));
    if (reason !== undefined) return reason;
  }
  for (const path of installed.keys()) {
    if (!locked.has(path)) return `${path} is installed but not locked`;
  }
  return undefined;
}

function difference(root, path, wanted, found) {
  if (found === undefined) return wanted.optional && !isForThisMachine(wanted) ? undefined : `${path} is missing`;
  if (found.version !== wanted.version) return `${path} is ${found.version}, locked is ${wanted.version}`;
  if (found.integrity !== wanted.integrity) return `${path} has other contents than the locked ones`;
  return existsSync(join(root, path, "package.json")) ? undefined : `${path} has lost its folder`;
}

/** An optional package made for exactly this system (`node_modules` copied from another machine lack it). */
function isForThisMachine({ os, cpu, libc }) {
  if (os === undefined || cpu === undefined) return false;
  const libcHere = process.report.getReport().header.glibcVersionRuntime === undefined ? "musl" : "glibc";
  return matches(os, process.platform) && matches(cpu, process.arch) && (libc === undefined || libc.includes(libcHere));
}

/** npm's lists: names that fit, or names with `!` that do not. */
function matches(list, name) {
  return list.includes(name) || (list.every((entry) => entry.startsWith("!")) && !list.includes(`!${name}`));
}

function readPackages(file) {
  try {
    const { packages } = JSON.parse(readFileSync(file, "utf8"));
    return new Map(Object.entries(packages).filter(([path]) => path !== ""));
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Installs when needed. npm's own words appear only when it fails; ends the process then. */
export function ensureDependencies(root = projectRoot) {
  const reason = staleness(root);
  if (reason === undefined) return;
  process.stderr.write(`Installing the locked dependencies (${reason}) ...\n`);
  const npm = npmCommand();
  const result = spawnSync(npm.command, [...npm.args, "ci", "--no-audit", "--no-fund"], {
    cwd: root,
    encoding: "utf8",
    // Who asks for dependencies here builds by itself.
    env: { ...process.env, NODE_ENV: "development", MODBUS_EDGE_SKIP_PREPARE: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error ?? ""}\n`);
  process.stderr.write("npm ci failed: is the package registry reachable? Nothing was started.\n");
  process.exit(1);
}

/** The npm that runs this script, else the one on the path. */
export function npmCommand() {
  const running = process.env.npm_execpath;
  if (running?.endsWith("npm-cli.js")) return { command: process.execPath, args: [running] };
  return { command: "npm", args: [] };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) ensureDependencies();
