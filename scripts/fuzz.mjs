/**
 * `npm run fuzz -- [--seconds N | --inputs N] [--seed N]`: framers of every kind and the decoding of answers against
 * random and mutated inputs. Nothing may throw, hang, grow, or be accepted that differs from its reference
 * (fuzz/reference.mjs) in unit, function, length, checksum or value. The same seed gives the same inputs.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { ensureDependencies, projectRoot } from "./ensureDependencies.mjs";
import { close } from "./steps.mjs";

const DEFAULT_INPUTS = 5_000_000;
/** One input takes microseconds. */
const HANG_MS = 20_000;
/** Far above what the run takes, far below what a leak of one frame an input would. */
const MAX_MEGABYTES = 512;

const SOURCE = `
export { decodeResponse, encodeRequest, functionCodeOf, answerLength, mayEcho } from "./src/core/modbus/pdu";
export { lineCodec } from "./src/core/modbus/lineCodec";
export { TcpFramer } from "./src/core/modbus/tcpFrame";
export { TcpDatagramFramer } from "./src/core/modbus/tcpDatagram";
`;

function options() {
  const { values } = parseArgs({
    options: { seconds: { type: "string" }, inputs: { type: "string" }, seed: { type: "string" } },
  });
  const number = (name) => {
    const value = values[name] === undefined ? undefined : Number(values[name]);
    if (value !== undefined && !(Number.isInteger(value) && value >= (name === "seed" ? 0 : 1))) {
      console.error(`--${name} must be a whole number, not ${values[name]}`);
      process.exit(2);
    }
    return value;
  };
  const seed = number("seed") ?? Math.floor(Math.random() * 2 ** 31);
  return { seed, seconds: number("seconds"), inputs: number("inputs") ?? DEFAULT_INPUTS };
}

async function bundleSource(outfile) {
  const { build } = await import("esbuild");
  const stdin = { contents: SOURCE, resolveDir: projectRoot, loader: "ts" };
  await build({ stdin, outfile, bundle: true, platform: "node", format: "cjs", target: "node20", logLevel: "warning" });
}

/** The results by target, or which input did not end. */
function run(workerData) {
  const progress = new SharedArrayBuffer(8);
  const at = new Uint32Array(progress);
  const worker = new Worker(new URL("./fuzz/worker.mjs", import.meta.url), { workerData: { ...workerData, progress } });
  return new Promise((resolve, reject) => {
    let last = "";
    const watch = setInterval(() => {
      const here = at.join();
      if (here === last) {
        void worker.terminate();
        resolve([
          { name: `target ${at[0]}`, inputs: at[1], failures: [`input ${at[1]} did not end in ${HANG_MS} ms`] },
        ]);
      }
      last = here;
    }, HANG_MS);
    worker.on("message", resolve);
    worker.on("error", reject);
    worker.on("exit", () => clearInterval(watch));
  });
}

const { seed, seconds, inputs } = options();
console.log(`fuzz: seed ${seed}, ${seconds === undefined ? `${inputs} inputs` : `${seconds} s`}`);
ensureDependencies();
const folder = mkdtempSync(join(tmpdir(), "modbus-edge-fuzz-"));
const started = performance.now();
try {
  const bundle = join(folder, "source.cjs");
  await bundleSource(bundle);
  const results = await run({ bundle, seed, seconds, inputs });
  const elapsed = (performance.now() - started) / 1000;
  const steps = results.map(({ name, inputs: count, failures }) => {
    for (const failure of failures) console.error(`${name}, seed ${seed}: ${failure}`);
    return {
      name,
      passed: failures.length === 0 ? 1 : 0,
      failed: failures.length === 0 ? 0 : 1,
      seconds: elapsed,
      note: `  ${count} inputs`,
    };
  });
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  const bounded = megabytes <= MAX_MEGABYTES;
  steps.push({
    name: "memory",
    passed: bounded ? 1 : 0,
    failed: bounded ? 0 : 1,
    seconds: elapsed,
    note: `  ${megabytes} MB at most`,
  });
  close(steps);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
