/**
 * `node tools/imageRun.mjs IMAGE [--emulated]`: runs the image as a gateway does and watches from outside. A TCP device and one on a
 * pseudo terminal are simulated, a development hub stands for edgeHub. Exit code 0: telemetry of both arrived, the
 * process was not root on a read-only root, and SIGTERM ended it within 10 s with nothing left undelivered.
 */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "../scripts/build.mjs";

const NAME = "modbus-edge-image-test";
/** Emulated processors are slow. */
const ARRIVAL_MS = 180_000;
const END_MS = 10_000;
/** The emulator itself needs as much as the module. */
const MEMORY = process.argv.includes("--emulated") ? "384m" : "128m";
const INSIDE = "/serial/hall";
const image = process.argv[2];
const folder = mkdtempSync(join(tmpdir(), "modbus-edge-image-"));
const children = [];
await build();

try {
  await main();
} finally {
  podman("rm", "-f", "-t", "0", NAME);
  for (const child of children) child.kill("SIGTERM");
  rmSync(folder, { recursive: true, force: true });
}

async function main() {
  const file = join(folder, "site.json");
  const document = {
    schemaVersion: 1,
    connections: {
      plant: { transport: "tcp", host: "127.0.0.1" },
      hall: { transport: "serial", path: "/dev/none", line: "19200 8N1" },
    },
    devices: {
      meter: { connection: "plant", unitId: 1, profile: "eastron-sdm630", groups: { default: { intervalMs: 1000 } } },
      relays: { connection: "hall", unitId: 2, profile: "wb-mr6c", groups: { default: { intervalMs: 1000 } } },
    },
  };
  writeFileSync(file, JSON.stringify(document));
  const redirected = join(folder, "redirected.json");
  await started("simulate", [file, "--json", "--write-config", redirected]);
  const terminal = await moveTerminal(redirected);
  const { environment, control } = await started("devhub", [
    "--json",
    "--desired",
    redirected,
    "--port",
    "0",
    "--workload-port",
    "0",
    "--control-port",
    "0",
  ]);
  chmodSync(terminal, 0o666);
  const data = join(folder, "data");
  spawnSync("mkdir", [data]);
  chownSync(data, 1000, 20);
  runContainer(environment, terminal, data);
  await arrived(control, ["meter", "relays"]);
  const who = podman(
    "exec",
    NAME,
    "node",
    "-p",
    "process.getuid() + ' ' + (() => { try { require('fs').writeFileSync('/x', ''); return 'writable'; } catch (e) { return e.code; } })()",
  ).stdout.trim();
  expect(who === "1000 EROFS", `user and root: ${who}`);
  const began = performance.now();
  podman("stop", "-t", "10", NAME);
  const tookMs = performance.now() - began;
  const code = podman("inspect", NAME, "--format", "{{.State.ExitCode}}").stdout.trim();
  const log = podman("logs", NAME);
  console.log(`      ended after ${(tookMs / 1000).toFixed(1)} s with ${code}`);
  expect(tookMs < END_MS && code === "0", `SIGTERM: ${code} after ${tookMs} ms\n${log.stdout}${log.stderr}`);
  expect(!/could not be delivered/.test(log.stdout + log.stderr), "messages were left behind");
}

/** The container gets the terminal under another name, as a gateway's adapter: its own /dev/pts is not ours. */
async function moveTerminal(file) {
  const document = JSON.parse(await text(file));
  const configuration = document.configuration ?? document;
  const terminal = realpathSync(configuration.connections.hall.path);
  configuration.connections.hall.path = INSIDE;
  writeFileSync(file, JSON.stringify(document));
  return terminal;
}

function expect(holds, text) {
  if (!holds) throw new Error(text);
}

function podman(...args) {
  return spawnSync("podman", args, { encoding: "utf8", env: { ...process.env, STORAGE_DRIVER: "vfs" } });
}

async function text(file) {
  return (await import("node:fs/promises")).readFile(file, "utf8");
}

/** A command of ours; resolves with the first JSON line. */
function started(command, args) {
  const child = spawn(process.execPath, ["dist/main.cjs", command, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  return new Promise((resolve, reject) => {
    let out = "";
    child.stdout.on("data", (bytes) => {
      out += bytes;
      const end = out.indexOf("\n");
      if (end > 0) resolve(JSON.parse(out.slice(0, end)));
    });
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code}`)));
  });
}

function runContainer(environment, terminal, data) {
  const env = Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  const limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000", "--memory", MEMORY];
  const rights = ["--read-only", "--user", "1000:20", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];
  const places = ["-v", `${data}:/data`, "-v", `${terminal}:${INSIDE}`];
  const result = podman(
    "--runtime",
    "runc",
    "run",
    "-d",
    "--name",
    NAME,
    "--network",
    "host",
    ...rights,
    ...limits,
    ...places,
    ...env,
    image,
  );
  expect(result.status === 0, `podman run: ${result.stderr}`);
}

async function arrived(control, devices) {
  const end = performance.now() + ARRIVAL_MS;
  let seen = new Set();
  while (performance.now() < end) {
    const lines = (await (await fetch(`${control}/messages`)).text()).split("\n").filter((line) => line !== "");
    seen = new Set(lines.map((line) => JSON.parse(line).properties["$.sub"]));
    if (devices.every((device) => seen.has(device))) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const log = podman("logs", NAME);
  throw new Error(`only ${[...seen].join(", ")} arrived\n${log.stdout}${log.stderr}`);
}
