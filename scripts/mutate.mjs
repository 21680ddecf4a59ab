/**
 * `npm run mutate [-- WORDS]`: breaks a copy of the client in the ways of mutants.mjs (those whose name has the words),
 * one at a time, and runs the tests of the wire that need only memory. A mutant that no test notices is a hole in the
 * tests, and fails. The sources themselves are not touched.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDependencies, projectRoot } from "./ensureDependencies.mjs";
import { MUTANTS } from "./mutants.mjs";
import { close } from "./steps.mjs";

/** Seconds a run, not minutes. */
const TESTS = [
  "test/unit/core/modbus",
  "test/unit/bus",
  "test/property/modbus",
  "test/integration/wire/memory",
  "test/integration/wire/situations",
  "test/integration/client.test",
];
const COPIED = ["src", "test", "profiles", "package.json", "jest.config.cjs", "tsconfig.json"];
/** A mutant may make the client wait for ever: that is noticed too. */
const LIMIT_MS = 90_000;

function copyProject() {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-mutate-"));
  for (const name of COPIED) cpSync(join(projectRoot, name), join(folder, name), { recursive: true });
  symlinkSync(join(projectRoot, "node_modules"), join(folder, "node_modules"));
  return folder;
}

/** `good`, and where not the first test that failed. */
function runTests(folder) {
  const args = ["--runInBand", "--ci", "--bail", "--silent", "--testTimeout", "8000", ...TESTS];
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(folder, "node_modules/jest/bin/jest.js"), ...args],
    {
      cwd: folder,
      encoding: "utf8",
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    },
  );
  const seconds = (performance.now() - started) / 1000;
  const first = /^ {2}● (.+)$/m.exec(`${stdout}${stderr}`)?.[1];
  return { good: status === 0, seconds, first: first ?? (status === null ? "did not end" : `exit code ${status}`) };
}

function tryMutant(folder, { name, file, from, to }) {
  const path = join(folder, file);
  const source = readFileSync(path, "utf8");
  if (source.split(from).length !== 2)
    return { name, seconds: 0, passed: 0, failed: 1, note: `  no longer fits ${file}` };
  writeFileSync(
    path,
    source.replace(from, () => to),
  );
  const { good, seconds, first } = runTests(folder);
  writeFileSync(path, source);
  const note = good ? "  NO TEST NOTICES" : `  ${first}`;
  console.log(`${good ? "SURVIVED" : "caught  "}  ${name}\n          ${note}`);
  return { name, seconds, passed: good ? 0 : 1, failed: good ? 1 : 0, note };
}

ensureDependencies();
const words = process.argv.slice(2).join(" ").toLowerCase();
const chosen = MUTANTS.filter(({ name }) => name.toLowerCase().includes(words));
const folder = copyProject();
try {
  const { good, seconds, first } = runTests(folder);
  const unbroken = {
    name: "unbroken",
    seconds,
    passed: good ? 1 : 0,
    failed: good ? 0 : 1,
    note: good ? "" : `  ${first}`,
  };
  close(good ? [unbroken, ...chosen.map((mutant) => tryMutant(folder, mutant))] : [unbroken]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
