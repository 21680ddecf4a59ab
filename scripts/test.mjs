/** `npm test [-- jest arguments]`: install if needed, then types, lint, bundle, generated documents, and every test. */
import { build } from "./build.mjs";
import { ensureDependencies } from "./ensureDependencies.mjs";
import { asStep, close, runJest, runTool } from "./steps.mjs";

ensureDependencies();
const steps = [
  asStep("types", runTool("typescript/bin/tsc", ["-p", "tsconfig.json"])),
  asStep("lint", runTool("@biomejs/biome/bin/biome", ["check", "."])),
  asStep("bundle", await attempt(build)),
  asStep("documents", await attempt(async () => (await import("./docs.mjs")).checkDocuments())),
];
steps.push({ name: "jest", ...runJest(process.argv.slice(2)) });
close(steps);

async function attempt(act) {
  const started = performance.now();
  let good = true;
  try {
    await act();
  } catch (error) {
    good = false;
    console.error(error.message);
  }
  return { good, seconds: (performance.now() - started) / 1000 };
}
