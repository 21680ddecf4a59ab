/** `npm run test:foreign`: our wire against programs of others, from Debian. What is missing is named, and fails. */
import { build } from "./build.mjs";
import { ensureDependencies } from "./ensureDependencies.mjs";
import { missingForeign } from "./foreignPackages.mjs";
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
  const folder = ["--testPathIgnorePatterns", "/node_modules/", "--testMatch", "<rootDir>/test/foreign/**/*.test.ts"];
  close([{ name: "foreign", ...runJest([...folder, "--runInBand", ...process.argv.slice(2)]) }]);
}
