import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** The bundle under the oldest Node 20 that gateways may have (`scripts/oldNode.mjs`): nothing newer may be used. */
const OLD = process.env["MODBUS_EDGE_OLD_NODE"] ?? "";
const root = join(__dirname, "../..");

function run(args: readonly string[], input = "") {
  const options = { cwd: root, input, encoding: "utf8", timeout: 90_000, killSignal: "SIGKILL" } as const;
  const { status, stdout, stderr } = spawnSync(OLD, args, options);
  return { status, stdout, stderr };
}

test("it is what it is meant to be", () => {
  expect(run(["--version"]).stdout.trim()).toBe("v20.11.1");
});

test("the demo delivers every point through the SDK, acknowledged by the hub", () => {
  const { status, stdout, stderr } = run(["dist/main.cjs", "demo", "--seconds", "25", "--json"]);
  const lines = stdout.trim().split("\n");
  const telemetry = lines.filter((line) => line.includes('"output":"telemetry"') && line.includes('"hubTime"'));
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(telemetry.length).toBeGreaterThan(20);
}, 120_000);

test.each<[readonly string[], string, string]>([
  [["check", "examples/boiler.json"], "", "boiler"],
  [["decode"], '{"type":"float32","registers":[17254,6554]}\n', '{"value":230.1}'],
  [["profiles", "list"], "", "eastron-sdm630"],
  [["template", "examples/boiler.json"], "", "EdgeModule"],
  [["schema"], "", "schemaVersion"],
])("modbus-edge %j works", (args, input, expected) => {
  const { status, stdout, stderr } = run(["dist/main.cjs", ...args], input);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toContain(expected);
});

test.each([
  ["CommonJS", 'const { open } = require("./dist/client.cjs"); console.log(typeof open)', []],
  ["ESM", 'import { open } from "./dist/client.mjs"; console.log(typeof open)', ["--input-type=module"]],
])("the library loads as %s", (_what, code, flags) => {
  expect(run([...flags, "-e", code])).toEqual({ status: 0, stdout: "function\n", stderr: "" });
});
