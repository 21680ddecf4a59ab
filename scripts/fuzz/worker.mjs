/** Runs the inputs, beside the main thread, which can end it when an input never ends. */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { inputSeed, Random } from "./random.mjs";
import { targets } from "./targets.mjs";

const { bundle, seed, seconds, inputs, progress } = workerData;
const ROUND = 200;
const all = Object.entries(targets(createRequire(import.meta.url)(bundle)));
/** Target, input: what is under way. */
const now = new Uint32Array(progress);
const results = all.map(([name]) => ({ name, inputs: 0, failures: [] }));

function runOne(position, index) {
  now[0] = position;
  now[1] = index;
  const result = results[position];
  result.inputs++;
  try {
    const wrong = all[position][1](new Random(inputSeed(seed, position, index)));
    if (wrong !== undefined) result.failures.push(`input ${index}: ${wrong}`);
  } catch (error) {
    result.failures.push(`input ${index} threw ${error.stack}`);
  }
}

const started = performance.now();
const isOver = (done) => (seconds === undefined ? done >= inputs : performance.now() - started >= 1000 * seconds);
for (let first = 0, done = 0; !isOver(done); first += ROUND) {
  for (let position = 0; position < all.length; position++) {
    for (let index = first; index < first + ROUND; index++) runOne(position, index);
  }
  done += ROUND * all.length;
  if (results.some(({ failures }) => failures.length >= 5)) break;
}
parentPort.postMessage(results);
