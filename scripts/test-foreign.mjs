/** `npm run test:foreign`: our wire against programs of others, from Debian. What is missing is named, and fails. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { build } from "./build.mjs";
import { ensureDependencies } from "./ensureDependencies.mjs";
import { close, runJest } from "./steps.mjs";

/** Command → Debian package. */
const NEEDED = { socat: "socat", mbpoll: "mbpoll" };

ensureDependencies();
const missing = Object.entries(NEEDED).filter(([command]) => !isInstalled(command));
if (missing.length > 0) {
  const packages = missing.map(([, name]) => name).join(" ");
  for (const [command, name] of missing) console.error(`missing: the command ${command} (Debian package ${name})`);
  console.error(`Install with: apt-get update && apt-get install -y --no-install-recommends ${packages}`);
  close(missing.map(([command]) => ({ name: command, passed: 0, failed: 1, seconds: 0, note: "  not installed" })));
} else {
  await build();
  const folder = ["--testPathIgnorePatterns", "/node_modules/", "--testMatch", "<rootDir>/test/foreign/**/*.test.ts"];
  close([{ name: "foreign", ...runJest([...folder, "--runInBand", ...process.argv.slice(2)]) }]);
}

function isInstalled(command) {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
