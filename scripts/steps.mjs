/** What `npm test` and `npm run test:foreign` share: run a step, count, close with one line. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { projectRoot } from "./ensureDependencies.mjs";

/** A test run that has not ended by then hangs: that is a failure, not patience. */
const JEST_LIMIT_MS = 15 * 60_000;

/** Runs a command in the project with the tools of its dependencies; its output goes straight through. */
export function runTool(name, args, limitMs) {
  const started = performance.now();
  const result = spawnSync(process.execPath, [join(projectRoot, "node_modules", name), ...args], {
    cwd: projectRoot,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  return { good: result.status === 0, seconds: (performance.now() - started) / 1000 };
}

/** Runs jest and reads its own count. A test that was skipped could not run: it counts as failed. */
export function runJest(args) {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-jest-"));
  try {
    const file = join(folder, "result.json");
    const { good, seconds } = runTool(
      "jest/bin/jest.js",
      ["--ci", "--json", `--outputFile=${file}`, ...args],
      JEST_LIMIT_MS,
    );
    return { ...countJest(file, good), seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function countJest(file, good) {
  const result = readResult(file);
  if (result === undefined) return { passed: 0, failed: 1, skipped: 0 };
  return countResult(result, good);
}

/** The count of a jest result. Suites that could not even load count as one failure each; so does a bad exit alone. */
export function countResult(result, good) {
  const skipped = result.numPendingTests + result.numTodoTests;
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites + skipped;
  return { passed: result.numPassedTests, failed: failed === 0 && !good ? 1 : failed, skipped };
}

function readResult(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    console.error(`jest left no result (${error.message}): it crashed, or did not end in time.`);
    return undefined;
  }
}

/** Prints the summary and the closing line, which CI reads; sets the exit code. */
export function close(steps) {
  console.log("");
  for (const { name, passed, failed, skipped = 0, seconds, note = "" } of steps) {
    const counts = passed + failed === 1 ? "" : `  ${passed} passed, ${failed} failed`;
    const skips = skipped > 0 ? ` (${skipped} of them skipped: what cannot run fails)` : "";
    console.log(
      `${failed === 0 ? "ok  " : "FAIL"}  ${name.padEnd(10)} ${seconds.toFixed(1).padStart(6)} s${counts}${skips}${note}`,
    );
  }
  const sum = (key) => steps.reduce((total, step) => total + step[key], 0);
  const failed = sum("failed");
  console.log(`${sum("passed")} passed, ${failed} failed`);
  process.exitCode = failed === 0 && sum("passed") > 0 ? 0 : 1;
  // What a step has left open (a service of the bundler, say) must not keep the process after its last line.
  setImmediate(() => process.exit());
}

/** A step that is good or bad as a whole. */
export function asStep(name, { good, seconds }) {
  return { name, passed: good ? 1 : 0, failed: good ? 0 : 1, seconds };
}
