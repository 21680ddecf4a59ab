import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What npm runs after an installation; it must not stand in the way of one. */
const root = join(__dirname, "../../..");
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { prepare: string } };

function prepare(cwd: string, env: Readonly<Record<string, string>> = {}) {
  return spawnSync("sh", ["-c", scripts.prepare], { cwd, encoding: "utf8", env: { ...process.env, ...env } });
}

test("in a folder with package.json alone (an image is built in layers) there is nothing to do", () => {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-prepare-"));
  const { status, stderr } = prepare(folder);
  rmSync(folder, { recursive: true });
  expect([status, stderr]).toEqual([0, ""]);
});

test("who installs in order to build is not built for", () => {
  const { ino } = statSync(join(root, "dist/main.cjs"));
  const { status, stdout, stderr } = prepare(root, { MODBUS_EDGE_SKIP_PREPARE: "1" });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
  expect(statSync(join(root, "dist/main.cjs")).ino).toBe(ino);
});
