/** `npm start [-- arguments]`: install if needed, build, run the demo. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { build } from "./build.mjs";
import { ensureDependencies, projectRoot } from "./ensureDependencies.mjs";

ensureDependencies();
try {
  await build();
} catch (error) {
  console.error(`The bundle could not be built: ${error.message}`);
  process.exit(1);
}

const demo = spawn(process.execPath, [join(projectRoot, "dist/main.cjs"), "demo", ...process.argv.slice(2)], {
  stdio: "inherit",
});
// Ctrl-C reaches the demo by itself (one process group); a signal sent to us alone is handed on. We stay until it ends.
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => demo.kill(signal));
process.on("SIGINT", () => undefined);
demo.on("exit", (code, signal) => process.exit(signal === null ? code : 1));
