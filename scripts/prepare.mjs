/**
 * Run by `npm ci` and `npm install` in a clone: builds, so that `npx modbus-edge` and `modbus-edge/client` work. Needs no
 * network. Without the development packages (`--omit=dev`) there is nothing to build with, and nothing to do.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { projectRoot } from "./ensureDependencies.mjs";

const hasTools = ["esbuild", "typescript"].every((name) => existsSync(join(projectRoot, "node_modules", name)));
// Who installs in order to build (`npm start`, `npm test`) says so.
if (hasTools && process.env.MODBUS_EDGE_SKIP_PREPARE !== "1") {
  try {
    await build();
  } catch (error) {
    console.error(`modbus-edge could not be built: ${error.message}`);
    process.exitCode = 1;
  }
}
