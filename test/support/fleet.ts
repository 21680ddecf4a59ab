import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { openerFor } from "../../src/bus/openerFor";
import type { ConnectionConfig } from "../../src/core/config/gatewayConfig";
import type { Point } from "../../src/core/points/point";
import { type DeviceCycle, samplesOf } from "../../src/core/telemetry/sample";
import { silentLog } from "../../src/kernel/log";
import { createSystemClock } from "../../src/kernel/systemClock";
import { type ConnectionRunner, createConnectionRunner } from "../../src/runtime/connectionRunner";
import { openPtyPair } from "../../src/simulator/pty";
import { freePort } from "./foreignServer";
import { aConnection, aDevice, aGroup, aPoint } from "./points";

const clock = createSystemClock();
const INTERVAL_MS = 500;
const TIMEOUT_MS = 150;
/** How long a fault lasts, and what its unit then gets to be as it was. */
const FAULT_MS = 5000;
const RECOVERY_MS = 7000;
/** From the first good cycle to the first of these that follow each other as they should. */
const FULL_RATE_MS = 5000;
const FULL_RATE_CYCLES = 3;
/** A value may be as old as its answer took, and clocks are read in steps. */
const STALE_MS = TIMEOUT_MS + 350;

const FAULTS = ["silent", "garbled", "slow", "restart"] as const;
const POINTS: readonly Point[] = [
  aPoint("id", 0),
  aPoint("ticks", 1, { count: 2, type: "uint32", order: [0, 1, 2, 3] }),
  aPoint("check", 3),
  aPoint("far", 60),
];

export interface Ledger {
  readonly samples: number;
  readonly wrong: readonly string[];
  /** Units that were not read at full rate in time after a fault. */
  readonly late: readonly string[];
  /** Of their polls that neighbours kept while another unit was given up: 0 … 1. */
  readonly share: number;
  readonly text: string;
}

/** A process with units of pymodbus. */
class UnitServer {
  private child: ChildProcess | undefined;
  constructor(private readonly args: readonly string[]) {}

  /** Started again after a kill it may find its port still taken: tried a few times. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.startOnce();
        return;
      } catch (error) {
        if (attempt >= 4) throw error;
        await pause(300);
      }
    }
  }

  private async startOnce(): Promise<void> {
    const child = spawn("/usr/bin/python3", [join(__dirname, "../foreign/servers/fleet_server.py"), ...this.args]);
    this.child = child;
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout.on("data", () => resolve());
      child.on("error", reject);
      child.on("close", () => reject(new Error(`fleet_server.py ended: ${said}`)));
    });
  }

  tell(unitId: number, mode: string): void {
    this.child?.stdin?.write(`${unitId} ${mode}\n`);
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGKILL");
    await gone;
  }
}

/** What is known of the cycles of one line. */
class Line {
  readonly good = new Map<number, number[]>();
  readonly wrong: string[] = [];
  samples = 0;
  bad = 0;
  private runner: ConnectionRunner | undefined;

  constructor(
    readonly name: string,
    readonly units: number,
    readonly server: UnitServer,
    private readonly connection: ConnectionConfig,
  ) {}

  start(): void {
    this.runner = createConnectionRunner(this.connection, {
      clock,
      log: silentLog,
      openLink: openerFor(this.connection, { clock }),
      phaseMs: (unitId) => unitId * 37,
      onCycle: (cycle) => this.take(cycle),
      onConnection: () => undefined,
    });
    const groups = new Map([["default", aGroup("default", INTERVAL_MS)]]);
    this.runner.apply(
      Array.from({ length: this.units }, (_, n) =>
        aDevice(`${n + 1}`, POINTS, { unitId: n + 1, groups, fingerprint: `${n}` }),
      ),
    );
  }

  async close(): Promise<void> {
    await this.runner?.close();
    await this.server.kill();
  }

  /** Good cycles of this unit from one instant to another. */
  goodBetween(unitId: number, from: number, to: number): readonly number[] {
    return (this.good.get(unitId) ?? []).filter((at) => at >= from && at < to);
  }

  private take({ device, runs }: DeviceCycle): void {
    const samples = samplesOf(runs);
    const unitId = Number(device);
    let ticks = -1;
    for (const { point, reading, at } of samples) {
      this.samples += 1;
      if (!("value" in reading)) {
        this.bad += 1;
        continue;
      }
      const value = Number(reading.value);
      if (point.name === "ticks") ticks = value;
      if (!isTrue(point.name, value, unitId, ticks, at))
        this.wrong.push(`${this.name}/${unitId} ${point.name}=${value} at ${at}`);
    }
    if (samples.every(({ reading }) => "value" in reading)) {
      this.good.set(unitId, [...(this.good.get(unitId) ?? []), clock.monotonic()]);
    }
  }
}

function isTrue(point: string, value: number, unitId: number, ticks: number, at: number): boolean {
  if (point === "id") return value === 1000 + unitId;
  if (point === "check") return value === ((ticks & 0xffff) ^ (257 * unitId));
  if (point === "far") return value === unitId;
  // Both clocks are this machine's; the difference modulo 2^32 units of 10 ms.
  const ageMs = 10 * ((Math.floor(at / 10) - value) | 0);
  return ageMs >= -30 && ageMs <= STALE_MS;
}

export interface Fleet {
  run(ms: number): Promise<Ledger>;
  close(): Promise<void>;
}

export async function startFleet(): Promise<Fleet> {
  const pair = await openPtyPair({ clock });
  if (!pair.ok) return Promise.reject(new Error(pair.error));
  const port = await freePort();
  const line = { baudRate: 19_200, dataBits: 8, parity: "none", stopBits: 1 } as const;
  const common = {
    responseTimeoutMs: TIMEOUT_MS,
    requestGapMs: 0,
    readRetries: 1,
    connectDelayMs: 0,
    failuresBeforeReopen: 5,
  };
  const serial: ConnectionConfig = {
    ...common,
    ...{ name: "serial", fingerprint: "serial", transport: "serial", framing: "rtu", path: pair.value.b, line },
  };
  const tcp = aConnection({ ...common, name: "gateway", port });
  const lines = [
    new Line("serial", 10, new UnitServer(["rtu", pair.value.a, "10"]), serial),
    new Line("gateway", 8, new UnitServer(["tcp", `${port}`, "8"]), tcp),
  ];
  const close = async (): Promise<void> => {
    await Promise.all(lines.map((one) => one.close()));
    await pair.value.close();
  };
  await Promise.all(lines.map(({ server }) => server.start()));
  for (const one of lines) one.start();
  return { run: (ms) => torment(lines, ms), close };
}

interface Trial {
  readonly line: Line;
  readonly unitId: number;
  readonly fault: (typeof FAULTS)[number];
  readonly kept: number;
  readonly expected: number;
  /** From the first good cycle to full rate; undefined: not in time. */
  readonly recoveryMs: number | undefined;
}

async function torment(lines: readonly Line[], ms: number): Promise<Ledger> {
  const end = clock.monotonic() + ms;
  await pause(2000);
  const trials = (await Promise.all(lines.map((line) => tormentLine(line, end)))).flat();
  const kept = trials.reduce((sum, one) => sum + one.kept, 0);
  const expected = trials.reduce((sum, one) => sum + one.expected, 0);
  const late = trials.filter(({ recoveryMs }) => recoveryMs === undefined || recoveryMs > FULL_RATE_MS).map(nameOf);
  const wrong = lines.flatMap((line) => line.wrong);
  const samples = lines.reduce((sum, line) => sum + line.samples, 0);
  const share = expected === 0 ? 1 : kept / expected;
  const rows = trials.map((trial) => {
    const recovery = trial.recoveryMs === undefined ? "not in time" : `${Math.round(trial.recoveryMs)} ms`;
    const neighbours = trial.expected === 0 ? "" : `, neighbours kept ${trial.kept} of ${trial.expected} polls`;
    return `  ${nameOf(trial).padEnd(20)} full rate ${recovery}${neighbours}`;
  });
  const counts = lines.map(
    (line) => `${line.name}: ${line.samples} samples, ${line.bad} bad, ${line.wrong.length} wrong or stale`,
  );
  const isolation = `isolation: neighbours kept ${(100 * share).toFixed(1)} % of their polls`;
  return { samples, wrong, late, share, text: ["fleet", ...rows, ...counts, isolation].join("\n") };
}

function nameOf({ line, unitId, fault }: Trial): string {
  return `${line.name}/${unitId} ${fault}`;
}

async function tormentLine(line: Line, end: number): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  for (let turn = 0; clock.monotonic() + FAULT_MS + RECOVERY_MS < end; turn++) {
    const unitId = 1 + (turn % line.units);
    // Over the rounds each unit gets each fault.
    const fault = FAULTS[(turn + Math.floor(turn / line.units)) % FAULTS.length] ?? "silent";
    trials.push(await trial(line, unitId, fault));
  }
  return trials;
}

async function trial(line: Line, unitId: number, fault: Trial["fault"]): Promise<Trial> {
  const from = clock.monotonic();
  if (fault === "restart") await line.server.kill();
  else line.server.tell(unitId, fault);
  await pause(FAULT_MS);
  const over = clock.monotonic();
  if (fault === "restart") await line.server.start();
  else line.server.tell(unitId, "ok");
  // The breaker opens within three polls: what neighbours do is reckoned from there on.
  const opened = from + 3 * INTERVAL_MS;
  const others = Array.from({ length: line.units }, (_, n) => n + 1).filter((other) => other !== unitId);
  const counts = fault === "restart" ? [] : others.map((other) => line.goodBetween(other, opened, over).length);
  const each = Math.floor((over - opened) / INTERVAL_MS);
  await pause(RECOVERY_MS);
  const units = fault === "restart" ? [...others, unitId] : [unitId];
  const recoveries = units.map((unit) => recoveryOf(line.goodBetween(unit, over, Number.POSITIVE_INFINITY)));
  const isLate = recoveries.includes(undefined);
  return {
    ...{ line, unitId, fault, expected: counts.length * each },
    kept: counts.reduce((sum, count) => sum + Math.min(count, each), 0),
    recoveryMs: isLate ? undefined : Math.max(...recoveries.map((one) => one ?? 0)),
  };
}

/** From the first good cycle to the first of several that are no further apart than an interval and a half. */
function recoveryOf(good: readonly number[]): number | undefined {
  let row = 1;
  for (let at = 1; at < good.length; at++) {
    row = (good[at] ?? 0) - (good[at - 1] ?? 0) <= 1.5 * INTERVAL_MS ? row + 1 : 1;
    if (row >= FULL_RATE_CYCLES) return (good[at - FULL_RATE_CYCLES + 1] ?? 0) - (good[0] ?? 0);
  }
  return undefined;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(ms, resolve));
}
