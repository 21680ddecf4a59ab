import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../src/kernel/json";
import { createSystemClock } from "../src/kernel/systemClock";
import { verdict } from "./support/figures";

/**
 * `npm run bench -- cli`: what each command that works on a file takes, from process start to its end, with 200 devices
 * of 80 points: of one profile, and, harder, of points that each device defines for itself. Bar: 1 s, each.
 */
const ROUNDS = 5;
const MOST_MS = 1000;
const DEVICES = 200;
const POINTS = 80;
const clock = createSystemClock();
const print = (text: string): void => void process.stdout.write(`${text}\n`);

function points(of: string): JsonObject {
  const point = (index: number) => ({
    table: "input",
    address: index * 2,
    type: "float32",
    title: `Value ${index}${of}`,
  });
  return Object.fromEntries(Array.from({ length: POINTS }, (_, index) => [`value${index}`, point(index)]));
}

function site(model: (device: number) => JsonObject): JsonObject {
  const connections = Array.from({ length: 10 }, (_, index) => [
    `c${index}`,
    { transport: "tcp", host: `10.0.0.${index}` },
  ]);
  const devices = Array.from({ length: DEVICES }, (_, index) => [
    `device${index}`,
    { connection: `c${index % 10}`, unitId: 1 + Math.floor(index / 10), ...model(index) },
  ]);
  return {
    schemaVersion: 1,
    connections: Object.fromEntries(connections),
    profiles: { meter: { points: points("") } },
    devices: Object.fromEntries(devices),
  };
}

/** A list of registers, and a document of iot-edge-modbus, of the same size. */
function registerList(): string {
  const rows = Array.from({ length: POINTS * DEVICES }, (_, row) => `Value ${row};input;${row};uint16;V`);
  return ["name;table;address;type;unit", ...rows].join("\n");
}

function slaves(): JsonObject {
  const operation = (index: number) => ({
    PollingInterval: "1000",
    UnitId: "1",
    StartAddress: String(40001 + index),
    Count: "1",
    DisplayName: `Value${index}`,
  });
  const operations = Object.fromEntries(Array.from({ length: POINTS }, (_, at) => [`Op${at}`, operation(at)]));
  const slave = (at: number) => ({ SlaveConnection: `10.0.0.${at}`, HwId: `D${at}`, Operations: operations });
  return { SlaveConfigs: Object.fromEntries(Array.from({ length: DEVICES }, (_, at) => [`S${at}`, slave(at)])) };
}

const COMMANDS: readonly (readonly string[])[] = [
  ["check", "FILE"],
  ["check", "FILE", "--json"],
  ["plan", "FILE"],
  ["template", "FILE"],
  ["manifest", "FILE", "--image", "example/modbus-edge:1"],
  ["manifest", "FILE", "--image", "example/modbus-edge:1", "--split", "4"],
  ["schema"],
  ["profiles", "list"],
  ["--help"],
];

function measure(argv: readonly string[]): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const before = clock.monotonic();
    const { status, stderr } = spawnSync(process.execPath, ["dist/main.cjs", ...argv], { maxBuffer: 1e9 });
    if (status !== 0) print(`${argv.join(" ")} ended with ${status}: ${String(stderr).slice(0, 300)}`);
    return clock.monotonic() - before;
  });
  // Other work on the machine only adds.
  return Math.min(...times);
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-bench-"));
  try {
    const shared = join(folder, "shared.json");
    const own = join(folder, "own.json");
    writeFileSync(shared, JSON.stringify(site(() => ({ profile: "meter" }))));
    writeFileSync(own, JSON.stringify(site((index) => ({ points: points(` of ${index}`) }))));
    let worst = 0;
    print(`${DEVICES} devices of ${POINTS} points, ms: of one profile, each of its own`);
    for (const command of COMMANDS) {
      const [ofProfile, ofOwn] = [shared, own].map((file) =>
        measure(command.map((word) => (word === "FILE" ? file : word))),
      );
      worst = Math.max(worst, ofProfile ?? 0, ofOwn ?? 0);
      print(
        `  ${command.join(" ").padEnd(56)} ${(ofProfile ?? 0).toFixed(0).padStart(6)} ${(ofOwn ?? 0).toFixed(0).padStart(6)}`,
      );
    }
    const list = join(folder, "list.csv");
    const legacy = join(folder, "legacy.json");
    writeFileSync(list, registerList());
    writeFileSync(legacy, JSON.stringify({ PublishInterval: "2000", Version: "2", ...slaves() }));
    for (const [what, file] of [
      [`migrate (a list of ${POINTS * DEVICES} registers)`, list],
      ["migrate (iot-edge-modbus)", legacy],
    ] as const) {
      const ms = measure(["migrate", file, ...(file === list ? ["--plain-addresses"] : [])]);
      worst = Math.max(worst, ms);
      print(`  ${what.padEnd(56)} ${ms.toFixed(0).padStart(6)}`);
    }
    const good = worst <= MOST_MS;
    print(verdict(`slowest: ${worst.toFixed(0)} ms, at most ${MOST_MS}`, good));
    process.exitCode = good ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
