/**
 * `npm run soak -- --minutes N --seed S`: the reconciliation run. The bundle as a process between a simulator with
 * counters in its registers and the development hub; faults on the lines, the hub, the process, its disk and its clock
 * from a seeded schedule; at the end every sample that reached the process must be at the hub, in order, with its value
 * and its time. Prints the ledger; ends with 1 where something is lost, wrong or leaked.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build as buildProduct } from "./build.mjs";
import { ensureDependencies, projectRoot } from "./ensureDependencies.mjs";

/** Beside `node_modules`, which the bundle needs for what cannot be bundled. */
const out = join(projectRoot, `dist.soak.${process.pid}`);

ensureDependencies();
await buildProduct();
mkdirSync(out, { recursive: true });
// A copy: what is built meanwhile does not come between two lives of the process.
cpSync(join(projectRoot, "dist"), join(out, "product"), { recursive: true });
try {
  await bundle();
  const child = spawn(process.execPath, ["--enable-source-maps", join(out, "main.cjs"), ...process.argv.slice(2)], {
    cwd: projectRoot,
    stdio: "inherit",
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve) => child.on("exit", (code) => resolve(code ?? 1)));
} finally {
  rmSync(out, { recursive: true, force: true });
}

async function bundle() {
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: projectRoot,
    entryPoints: ["soak/main.ts"],
    outfile: join(out, "main.cjs"),
    bundle: true,
    sourcemap: "linked",
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["@serialport/bindings-cpp", "@lydell/node-pty", "classic-level"],
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    logLevel: "error",
  });
}
