/**
 * Bundles the sources into `dist`, so that the folder alone runs:
 *   main.cjs       finds the command and loads its bundle, so that neither start nor memory pays for the others:
 *   gateway.cjs    run, the module itself
 *   desk.cjs       check, read, template and their like: what answers at once
 *   workshop.cjs   demo, devhub, simulate and their like
 *   client.*       the package export modbus-edge/client (clientPackage.mjs)
 *   node_modules   the native packages, which cannot be bundled, and what they need
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { buildClient } from "./clientPackage.mjs";
import { ensureDependencies, projectRoot } from "./ensureDependencies.mjs";

const NATIVE = ["@serialport/bindings-cpp", "@lydell/node-pty", "classic-level"];
/** Needed to compile them, not to run them. */
const COMPILE_ONLY = new Set(["node-addon-api", "napi-macros"]);

/** Bundles of commands beside main. */
const APART = ["gateway", "desk", "workshop"];

const dist = join(projectRoot, "dist");
/** Built aside and then put in place, so that nobody meets half a bundle. */
const fresh = join(projectRoot, `dist.${process.pid}`);

/** Bundles and copies. Throws what esbuild throws (it has printed the reasons). */
export async function build() {
  const { build: bundle } = await import("esbuild");
  const options = {
    absWorkingDir: projectRoot,
    bundle: true,
    minify: true,
    keepNames: false,
    sourcemap: "linked",
    sourcesContent: false,
    platform: "node",
    target: "node20",
    format: "cjs",
    // `import()` becomes `require()`: both ends are CommonJS.
    supported: { "dynamic-import": false },
    external: NATIVE,
    // Its CommonJS form requires its parts by computed names, which no bundler can follow.
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    logLevel: "warning",
    legalComments: "none",
    plugins: [bundlesApart, blobStorageLeftOut, numbersNotCached],
  };
  mkdirSync(fresh, { recursive: true });
  try {
    await Promise.all([
      ...["main", ...APART].map((name) =>
        bundle({ ...options, entryPoints: [`src/${name}.ts`], outfile: join(fresh, `${name}.cjs`) }),
      ),
      buildClient(bundle, options, fresh),
    ]);
    for (const name of NATIVE) copyClosure(name, projectRoot, new Set());
    rmSync(dist, { recursive: true, force: true });
    renameSync(fresh, dist);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** main reaches the other bundles by `require("./NAME.cjs")`. */
const bundlesApart = {
  name: "bundles apart",
  setup(bundler) {
    const filter = new RegExp(`^\\.\\.?/(?:${APART.join("|")})$`);
    bundler.onResolve({ filter }, ({ path }) => ({ path: `./${basename(path)}.cjs`, external: true }));
  },
};

/** The SDK asks for it only to upload files, which modules cannot do. Two thirds of the bundle, 13 MB of resident memory. */
const blobStorageLeftOut = {
  name: "blob storage left out",
  setup(bundler) {
    bundler.onResolve({ filter: /^@azure\/storage-blob$/ }, ({ path }) => ({ path, namespace: "left-out" }));
    bundler.onLoad({ filter: /.*/, namespace: "left-out" }, ({ path }) => ({
      contents: `throw new Error("${path} is not part of modbus-edge: modules do not upload files");`,
    }));
  },
};

/**
 * The SDK's MQTT client keeps a buffer for each of 65,536 numbers, 6.6 MB, so as not to write two bytes a packet. This is
 * the library's own switch, set where its module is loaded: the SDK has a copy of its own, out of anybody's reach.
 */
const numbersNotCached = {
  name: "numbers not cached",
  setup(bundler) {
    bundler.onLoad({ filter: /mqtt-packet[\\/]writeToStream\.js$/ }, ({ path }) => ({
      contents: `${readFileSync(path, "utf8")}\nmodule.exports.cacheNumbers = false;\n`,
    }));
  },
};

/** Copies a package and those it needs to run; optional ones where they are installed. */
function copyClosure(name, from, seen) {
  const folder = packageFolder(name, from);
  if (folder === undefined || seen.has(folder)) return;
  seen.add(folder);
  const target = join(fresh, relative(projectRoot, folder));
  mkdirSync(dirname(target), { recursive: true });
  const compiled = existsSync(join(folder, "binding.gyp"));
  cpSync(folder, target, { recursive: true, filter: (file) => runs(relative(folder, file), compiled) });
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  for (const needed of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })) {
    if (!COMPILE_ONLY.has(needed)) copyClosure(needed, folder, seen);
  }
}

/** The folder that Node would find, from `from` upwards. */
function packageFolder(name, from) {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, "node_modules", name);
    if (existsSync(join(folder, "package.json"))) return folder;
    if (at === dirname(at)) return undefined;
  }
}

/** Not what is only compiled or read by people, and no binaries of other systems. */
function runs(file, compiled) {
  const [first, second] = file.split("/");
  if (first === "node_modules" || (compiled && ["src", "deps", "binding.gyp"].includes(first))) return false;
  if (first === "prebuilds" && second !== undefined) return second.startsWith(`${process.platform}-`);
  return !/\.(md|map|d\.ts|pdb|cc|h)$/i.test(file);
}

/** For people: what came out. */
function summary() {
  const size = (file) => `${file} ${(statSync(join(dist, file)).size / 1024 / 1024).toFixed(2)} MB`;
  return `dist: ${["main", ...APART, "client"].map((name) => size(`${name}.cjs`)).join(", ")}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureDependencies();
  const started = performance.now();
  try {
    await build();
    console.log(`${summary()} (${Math.round(performance.now() - started)} ms)`);
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
