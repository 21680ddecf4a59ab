/**
 * `npm run bench -- NAME…`: measures, prints figures against their bars, and ends with 1 where a bar is broken. Every
 * file `bench/NAME.ts` is one bench; it is bundled as it is used (`bench/support/*Worker.ts` as processes of their own).
 * Without a name: the list.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { build as buildProduct } from "./build.mjs";
import { ensureDependencies, projectRoot } from "./ensureDependencies.mjs";

const folder = join(projectRoot, "bench");
/** Beside `node_modules`, which the bundles need for what cannot be bundled. */
const out = join(projectRoot, `dist.bench.${process.pid}`);

ensureDependencies();
const names = readdirSync(folder)
  .filter((name) => /^[a-z]+\.ts$/.test(name))
  .map((name) => basename(name, ".ts"));
const [first, ...rest] = process.argv.slice(2);
if (first === undefined || !names.includes(first)) {
  console.error(`npm run bench -- NAME, with NAME one of: ${names.join(", ")}`);
  process.exit(2);
}
await buildProduct();
mkdirSync(out, { recursive: true });
try {
  await bundle();
  const result = spawnSync(process.execPath, ["--enable-source-maps", join(out, `${first}.cjs`), ...rest], {
    cwd: projectRoot,
    stdio: "inherit",
  });
  process.exitCode = result.status ?? 1;
} finally {
  rmSync(out, { recursive: true, force: true });
}

async function bundle() {
  const { build } = await import("esbuild");
  const workers = readdirSync(join(folder, "support")).filter((name) => name.endsWith("Worker.ts"));
  await build({
    absWorkingDir: projectRoot,
    entryPoints: [
      { in: `bench/${first}.ts`, out: first },
      ...workers.map((name) => ({ in: `bench/support/${name}`, out: `support/${basename(name, ".ts")}` })),
    ],
    outdir: out,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    minify: true,
    sourcemap: "linked",
    platform: "node",
    target: "node20",
    format: "cjs",
    external: ["@serialport/bindings-cpp", "@lydell/node-pty", "classic-level"],
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    logLevel: "error",
  });
}
