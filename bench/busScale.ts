import { fork } from "node:child_process";
import { join } from "node:path";
import { openerFor } from "../src/bus/openerFor";
import { applyDocument } from "../src/core/config/apply";
import { builtInProfiles } from "../src/core/config/profiles";
import { phaseMs } from "../src/core/planning/phase";
import { samplesOf } from "../src/core/telemetry/sample";
import type { JsonObject } from "../src/kernel/json";
import { silentLog } from "../src/kernel/log";
import { createSystemClock } from "../src/kernel/systemClock";
import { type ConnectionRunner, createConnectionRunner } from "../src/runtime/connectionRunner";
import { table, verdict } from "./support/figures";
import { type Latencies, latencyOf } from "./support/latency";
import { ended, message } from "./support/native";

const DEVICES = 100;
const POINTS = 50;
const INTERVAL_MS = 10_000;
const IDLE_MS = 3000;
const RUN_MS = 65_000;
const LATENCIES: Latencies = { units: DEVICES, least: 50, most: 600 };
/** What a request costs beside the latency, on a busy machine. */
const OVERHEAD_MS = 6;

/** What one device yielded. */
interface Ledger {
  readonly latencyMs: number;
  cycles: number;
  badSamples: number;
  lastAt: number;
  longestMs: number;
}

function documentFor(port: number): JsonObject {
  const names = Array.from({ length: DEVICES }, (_, index) => `plc${String(index + 1).padStart(3, "0")}`);
  const points = Object.fromEntries(
    Array.from({ length: POINTS }, (_, index) => [
      `value${index}`,
      { table: "holding", address: index * 3, type: "uint16" },
    ]),
  );
  return {
    schemaVersion: 1,
    groups: { default: { intervalMs: INTERVAL_MS } },
    profiles: { plc: { singlePointReads: true, points } },
    connections: Object.fromEntries(names.map((name) => [name, { transport: "tcp", host: "127.0.0.1", port }])),
    devices: Object.fromEntries(
      names.map((name, index) => [name, { connection: name, unitId: index + 1, profile: "plc" }]),
    ),
  };
}

/** The case at which the archived module froze. Returns whether the bars hold. */
export async function benchScale(workers: string, print: (text: string) => void): Promise<boolean> {
  const numbers = [DEVICES, LATENCIES.least, LATENCIES.most, IDLE_MS].map(String);
  const server = fork(join(workers, "support/slowServerWorker.cjs"), numbers);
  const { port } = await message<{ readonly port: number }>(server);
  const ledgers = new Map<string, Ledger>();
  const runners = startAll(port, ledgers);
  await new Promise((resolve) => setTimeout(resolve, RUN_MS));
  const rows = [...runners].map(([name, runner]) => ({
    ...(ledgers.get(name) as Ledger),
    stretch: runner.status().stretch?.normal ?? 1,
    overruns: runner.status().devices.get(name)?.overruns ?? 0,
    opens: runner.status().opens,
  }));
  server.send("count");
  const { dropped } = await message<{ readonly dropped: number }>(server);
  await Promise.all([...runners.values()].map((runner) => runner.close()));
  server.disconnect();
  await ended(server);
  return report(rows, dropped, print);
}

function startAll(port: number, ledgers: Map<string, Ledger>): ReadonlyMap<string, ConnectionRunner> {
  const clock = createSystemClock();
  const { config, problems } = applyDocument(undefined, documentFor(port), builtInProfiles);
  for (const { path, text } of problems) throw new Error(`${path} ${text}`);
  const runners = new Map<string, ConnectionRunner>();
  for (const device of config.devices.values()) {
    const connection = config.connections.get(device.connection);
    if (connection === undefined) continue;
    const latencyMs = latencyOf(device.unitId, LATENCIES);
    const ledger: Ledger = { latencyMs, cycles: 0, badSamples: 0, lastAt: performance.now(), longestMs: 0 };
    ledgers.set(device.name, ledger);
    const runner = createConnectionRunner(connection, {
      clock,
      log: silentLog,
      openLink: openerFor(connection, { clock }),
      phaseMs: (unitId) => phaseMs(connection.name, unitId),
      onConnection: () => undefined,
      onCycle({ runs }) {
        const now = performance.now();
        ledger.cycles += 1;
        ledger.longestMs = Math.max(ledger.longestMs, now - ledger.lastAt);
        ledger.lastAt = now;
        for (const { reading, point } of samplesOf(runs)) {
          if (!("value" in reading) || reading.value !== point.address) ledger.badSamples += 1;
        }
      },
    });
    runner.apply([device]);
    runners.set(device.name, runner);
  }
  return runners;
}

type Row = Ledger & { readonly stretch: number; readonly overruns: number; readonly opens: number };

/** What a cycle takes at least. */
const neededMs = ({ latencyMs }: Ledger): number => POINTS * latencyMs;
/** Misses an instant of the grid within the run, whatever its phase. */
const isHopeless = (row: Ledger): boolean => neededMs(row) > 1.25 * INTERVAL_MS;
const isPossible = (row: Ledger): boolean => POINTS * (row.latencyMs + OVERHEAD_MS) <= INTERVAL_MS;

function report(rows: readonly Row[], dropped: number, print: (text: string) => void): boolean {
  const shown = rows.filter((_, index) => index % 11 === 0);
  const head = [
    "latency ms",
    "cycle needs s",
    "cycles",
    "bad values",
    "missed",
    "stretch reported",
    "longest gap s",
    "opens",
  ];
  const cells = shown.map((row) => [
    row.latencyMs.toFixed(0),
    (neededMs(row) / 1000).toFixed(1),
    String(row.cycles),
    String(row.badSamples),
    String(row.overruns),
    row.stretch.toFixed(2),
    (row.longestMs / 1000).toFixed(1),
    String(row.opens),
  ]);
  const title = `${DEVICES} TCP devices x ${POINTS} single-point requests x ${INTERVAL_MS / 1000} s, ${LATENCIES.least} to ${LATENCIES.most} ms latency, links dropped after ${IDLE_MS / 1000} s idle`;
  print(`\n${title}\n${table([head, ...cells])}\n`);
  const possible = rows.filter(isPossible);
  const impossible = rows.filter(isHopeless);
  const missed = possible.reduce((sum, { overruns }) => sum + overruns, 0);
  const bad = rows.reduce((sum, { badSamples }) => sum + badSamples, 0);
  const told = impossible.filter(({ stretch, overruns }) => stretch > 1 && overruns > 0).length;
  const steady = rows.filter((row) => row.longestMs <= Math.max(2 * INTERVAL_MS, 1.5 * neededMs(row))).length;
  const lines = [
    verdict(
      `${dropped} links were dropped by the servers, and ${bad} values are bad or wrong, 0`,
      bad === 0 && dropped > 0,
    ),
    verdict(
      `${missed} polls missed by the ${possible.length} devices whose latency allows the interval, 0`,
      missed === 0,
    ),
    verdict(
      `${told} of ${impossible.length} devices that cannot keep it are reported as stretched`,
      told === impossible.length,
    ),
    verdict(`${steady} of ${rows.length} devices were polled steadily`, steady === rows.length),
  ];
  print(`\nScale\n${lines.join("\n")}\n`);
  return !lines.some((line) => line.includes("BROKEN"));
}
