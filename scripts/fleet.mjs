/** `npm run fleet -- --minutes 5`: the fleet under faults (test/foreign/fleet.test.ts) for so long; prints its ledger. */
import { parseArgs } from "node:util";
import { ensureDependencies } from "./ensureDependencies.mjs";
import { close, runJest } from "./steps.mjs";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "5" } } });
const minutes = Number(values.minutes);
if (!(minutes >= 0.5 && minutes <= 12)) {
  console.error(`--minutes ${values.minutes}: a number from 0.5 to 12`);
  process.exit(2);
}
ensureDependencies();
process.env.MODBUS_EDGE_FLEET_SECONDS = String(Math.round(minutes * 60));
const folder = ["--testPathIgnorePatterns", "/node_modules/", "--testMatch", "<rootDir>/test/foreign/fleet.test.ts"];
close([{ name: "fleet", ...runJest([...folder, "--runInBand"]) }]);
