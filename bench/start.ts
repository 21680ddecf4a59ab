import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { applyDocument } from "../src/core/config/apply";
import { builtInProfiles } from "../src/core/config/profiles";
import { createDevHub, type DevHub } from "../src/devhub/devHub";
import type { JsonObject } from "../src/kernel/json";
import { silentLog } from "../src/kernel/log";
import { createSystemClock } from "../src/kernel/systemClock";
import { createSimulator, type Simulator } from "../src/simulator/simulator";
import { IMAGE_FLAGS } from "../test/support/imageFlags";
import { median, verdict } from "./support/figures";

/**
 * `npm run bench -- start`: time from process start to the first message that the hub has acknowledged, and resident
 * memory with the SDK connected, with 10 devices and with none. Bars 7 and 9 of docs/benchmarks.md.
 */
const STARTS = 7;
const SETTLE_MS = 30_000;
const MOST_START_MS = 800;
const MOST_MEGABYTES = 85;
const AS_IN_IMAGES = { PATH: process.env["PATH"] ?? "", MALLOC_ARENA_MAX: "1" };
const clock = createSystemClock();
const print = (text: string): void => void process.stdout.write(`${text}\n`);

const document: JsonObject = {
  schemaVersion: 1,
  connections: { plant: { transport: "tcp", host: "127.0.0.1" } },
  devices: Object.fromEntries(
    Array.from({ length: 10 }, (_, index) => [
      `meter${index}`,
      { connection: "plant", unitId: index + 1, profile: "eastron-sdm630", groups: { default: { intervalMs: 1000 } } },
    ]),
  ),
};

async function main(): Promise<void> {
  const simulator = await simulate();
  const configuration = simulator.redirect(document);
  const starts: number[] = [];
  for (let round = 0; round <= STARTS; round++) {
    const ms = await withModule(configuration, firstAcknowledged);
    if (round > 0) starts.push(ms);
  }
  const ten = await withModule(configuration, settledMegabytes);
  const none = await withModule({ schemaVersion: 1 }, settledMegabytes);
  await simulator.close();
  const startMs = median(starts);
  print(`first acknowledged message, ms after process start: ${starts.map((ms) => ms.toFixed(0)).join(" ")}`);
  print(`resident memory: ${ten.toFixed(1)} MB with 10 devices, ${none.toFixed(1)} MB with the SDK connected alone`);
  print(`\nBars 7 and 9`);
  print(
    verdict(
      `first acknowledged message: median ${startMs.toFixed(0)} ms, at most ${MOST_START_MS}`,
      startMs <= MOST_START_MS,
    ),
  );
  print(verdict(`10 devices: ${ten.toFixed(1)} MB, at most ${MOST_MEGABYTES}`, ten <= MOST_MEGABYTES));
  process.exitCode = startMs <= MOST_START_MS && ten <= MOST_MEGABYTES ? 0 : 1;
}

async function simulate(): Promise<Simulator> {
  const served = await createSimulator(applyDocument(undefined, document, builtInProfiles).config, {
    clock,
    log: silentLog,
  });
  if (!served.ok) throw new Error(served.error);
  return served.value;
}

/** The bundle as a process against a hub of its own. */
async function withModule(
  configuration: JsonObject,
  measure: (hub: DevHub, child: ChildProcess, startedAt: number) => Promise<number>,
): Promise<number> {
  const hub = await createDevHub({ desired: { modbus: { configuration } } }, { clock });
  if (!hub.ok) throw new Error(hub.error);
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-bench-"));
  const startedAt = Date.now();
  const child = spawn(process.execPath, [...IMAGE_FLAGS, join(process.cwd(), "dist/main.cjs"), "run"], {
    cwd: folder,
    env: { ...AS_IN_IMAGES, MODBUS_EDGE_DATA: folder, ...hub.value.environmentFor("modbus") },
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  try {
    return await measure(hub.value, child, startedAt);
  } finally {
    child.kill("SIGTERM");
    await ended;
    await hub.value.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function firstAcknowledged(hub: DevHub, child: ChildProcess, startedAt: number): Promise<number> {
  for (;;) {
    // The hub acknowledges in the same turn in which it files a message.
    const [first] = hub.messages.list();
    if (first !== undefined) return Date.parse(first.hubTime) - startedAt;
    if (child.exitCode !== null) throw new Error("the module ended before its first message");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function settledMegabytes(_hub: DevHub, child: ChildProcess): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const status = `/proc/${child.pid}/status`;
  if (!existsSync(status)) throw new Error("resident memory is read from /proc: this bench needs Linux");
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(status, "utf8"))?.[1]) / 1024;
}

void main();
