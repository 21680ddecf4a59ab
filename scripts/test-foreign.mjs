/**
 * `npm run test:foreign`: our wire against programs of others, from Debian, and the bundle under the oldest Node that it
 * has to bear. What is missing is named, and fails.
 */
import { build } from "./build.mjs";
import { ensureDependencies } from "./ensureDependencies.mjs";
import { missingForeign } from "./foreignPackages.mjs";
import { OLD_NODE, oldNode } from "./oldNode.mjs";
import { close, runJest } from "./steps.mjs";

ensureDependencies();
const missing = missingForeign();
if (missing.length > 0) {
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))].join(" ");
  for (const { what, debianPackage } of missing) console.error(`missing: ${what} (Debian package ${debianPackage})`);
  console.error(`Install with: apt-get update && apt-get install -y --no-install-recommends ${packages}`);
  close(missing.map(({ what }) => ({ name: what, passed: 0, failed: 1, seconds: 0, note: "  not installed" })));
} else {
  await build();
  const old = oldNode();
  const ignored = ["/node_modules/", ...(old.path === undefined ? ["oldNode"] : [])];
  process.env.MODBUS_EDGE_OLD_NODE = old.path ?? "";
  const folder = ["--testPathIgnorePatterns", ...ignored, "--testMatch", "<rootDir>/test/foreign/**/*.test.ts"];
  const steps = [{ name: "foreign", ...runJest([...folder, "--runInBand", ...process.argv.slice(2)]) }];
  if (old.reason !== undefined) {
    steps.push({ name: `Node ${OLD_NODE}`, passed: 0, failed: 1, seconds: 0, note: `  ${old.reason}` });
  }
  close(steps);
}
