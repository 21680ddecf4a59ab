import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, type ModuleProcess, startModule } from "../support/moduleProcess";

/** A process and what else uses its data folder, or hears its terminal. */
const folder = mkdtempSync(join(tmpdir(), "modbus-edge-alone-"));
const file = join(folder, "site.json");
const ARGS = ["run", "--config", file, "--hub", "stdout"];
const started: ModuleProcess[] = [];

function start(options?: { asOfTerminal: boolean }): ModuleProcess {
  const module = startModule(ARGS, { MODBUS_EDGE_DATA: join(folder, "data") }, options);
  started.push(module);
  return module;
}

const isUp = (module: ModuleProcess) =>
  eventually("it is up", () => module.err().includes("configuration applied"), module.err);

beforeAll(() => writeFileSync(file, JSON.stringify({ schemaVersion: 1, module: { metricsPort: 0 } })));

afterAll(async () => {
  for (const module of started) if (module.running) module.kill("SIGKILL");
  await Promise.all(started.map(({ ended }) => ended));
  rmSync(folder, { recursive: true, force: true });
});

test("a second module on a data folder does not start, and says why; after a kill the next one does", async () => {
  const first = start();
  await isUp(first);
  const second = start();
  expect(await second.ended).toBe(1);
  expect(second.err()).toMatch(
    /^<3> .* - the data folder \S+ is in use by another modbus-edge \(process \d+ on .*, since .*\): end that one, or give this one a folder of its own with MODBUS_EDGE_DATA/,
  );
  expect(second.err()).toContain(`process ${first.pid} `);
  expect(second.err().trim().split("\n")).toHaveLength(1);
  expect(second.out()).toBe("");
  first.kill("SIGKILL");
  await first.ended;
  const third = start();
  await isUp(third);
  third.kill("SIGTERM");
  expect(await third.ended).toBe(0);
});

test("a signal ends a command that waits for standard input", async () => {
  const check = spawn(process.execPath, [join(__dirname, "../../dist/main.cjs"), "check", "-"]);
  let out = "";
  check.stdout.on("data", (bytes) => {
    out += bytes;
  });
  const ended = new Promise((resolve) => check.once("close", resolve));
  // More than the pipe holds: where all of it is gone, it is being read.
  await new Promise((resolve) => check.stdin.write(" ".repeat(1_000_000), resolve));
  check.kill("SIGINT");
  expect(await ended).toBe(1);
  expect(out).toMatch(/standard input: interrupted/);
});

test("Ctrl-C of a terminal ends all of it: nothing is left that writes later", async () => {
  const module = start({ asOfTerminal: true });
  await isUp(module);
  module.kill("SIGINT");
  // Its output is closed when nobody has it any more, companions included.
  await eventually("everybody has gone", () => !module.running, module.err);
  expect(await module.ended).toBe(0);
  expect(module.err()).toMatch(/\[INF\] - ended\n$/);
});
