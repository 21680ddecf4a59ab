/**
 * The package export `modbus-edge/client`, in `dist`:
 *   client.cjs     the client with what it needs (the driver of serial ports stays a package)
 *   client.mjs     the same for `import`: one instance for both, so that an error of one is an error of the other
 *   types/         declarations of what a user of it can see; client.d.mts leads there for `import`
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { projectRoot } from "./ensureDependencies.mjs";

const ENTRY = "src/client.ts";

/** Bundles into the folder `into`; `options` are those of the other bundles. Returns esbuild's metafile. */
export async function buildClient(bundle, options, into) {
  const file = join(into, "client.cjs");
  const { metafile } = await bundle({ ...options, entryPoints: [ENTRY], outfile: file, metafile: true });
  // Node finds the names in the annotation that esbuild leaves for it.
  writeFileSync(join(into, "client.mjs"), 'export * from "./client.cjs";\n');
  writeFileSync(join(into, "client.d.mts"), 'export * from "./types/client.js";\n');
  declarations(join(into, "types"));
  return metafile;
}

/** Types as they are written, not checked again: that is `npm run typecheck`. */
function declarations(into) {
  const everything = mkdtempSync(join(tmpdir(), "modbus-edge-types-"));
  try {
    const options = ["--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--types", "node"];
    const resolution = ["--module", "preserve", "--moduleResolution", "bundler", "--resolveJsonModule"];
    const output = ["--declaration", "--emitDeclarationOnly", "--rootDir", "src", "--outDir", everything];
    const tsc = join(projectRoot, "node_modules/typescript/bin/tsc");
    const quick = ["--ignoreConfig", "--noCheck", "--skipLibCheck"];
    const args = [tsc, ...quick, ...options, ...resolution, ...output, ENTRY];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: projectRoot, encoding: "utf8" });
    if (status !== 0) throw new Error(`the types of the client could not be made:\n${stdout}${stderr}`);
    copyReachable(join(everything, "client.d.ts"), everything, into, new Set());
  } finally {
    rmSync(everything, { recursive: true, force: true });
  }
}

/** What a user's compiler will ask for, and nothing else. */
function copyReachable(file, from, into, seen) {
  if (seen.has(file)) return;
  seen.add(file);
  const target = join(into, relative(from, file));
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(file, target);
  for (const [, specifier] of readFileSync(file, "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+)"/g))
    copyReachable(join(dirname(file), `${specifier}.d.ts`), from, into, seen);
}
