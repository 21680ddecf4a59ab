/** `npm run bench -- hub`: the outbox against the bare loop of the SDK, and what the spool writes. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOutbox, DEFAULT_BOUNDS } from "../src/cloud/outbox";
import { createDevHub } from "../src/devhub/devHub";
import { silentLog } from "../src/kernel/log";
import { err } from "../src/kernel/result";
import { createSystemClock } from "../src/kernel/systemClock";
import { wait } from "../src/kernel/wait";
import { createLevelStore } from "../src/store/levelStore";
import { median, table, verdict } from "./support/figures";
import type { HubSlice } from "./support/hubWorker";
import { ended, message } from "./support/native";

const ROUNDS = 5;
const AT_ONCE = 10_000;
const PACED_PER_SECOND = 2000;
const PACED = 6000;
const SPOOLED = 2000;
const SPOOL_PER_BEAT = 10;
const OPENING_MS = 3000;
const clock = createSystemClock();
const never = new AbortController().signal;
const print = (text: string): void => void process.stdout.write(text);

function start(kind: string, environment: Readonly<Record<string, string>>, folder: string): ChildProcess {
  const worker = join(__dirname, "support/hubWorker.cjs");
  const env = { PATH: process.env["PATH"] ?? "", ...environment };
  return spawn(process.execPath, [worker, kind, folder], { env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
}

async function ask(worker: ChildProcess, messages: number, perSecond: number): Promise<HubSlice> {
  worker.send({ messages, perSecond });
  return message<HubSlice>(worker);
}

const micros = ({ cpuMicros, messages }: HubSlice): number => cpuMicros / messages;

async function benchDelivery(folder: string): Promise<readonly string[]> {
  const opened = await createDevHub({ port: 0, workloadPort: 0 }, { clock });
  if (!opened.ok) throw new Error(opened.error);
  const hub = opened.value;
  const kinds = ["sdk", "ours"] as const;
  const workers = kinds.map((kind) => start(kind, hub.environmentFor(kind), join(folder, "spool")));
  await Promise.all(workers.map((one) => message(one)));
  const slices: HubSlice[][] = [[], []];
  for (let round = -1; round < ROUNDS; round++)
    for (const [index, one] of workers.entries()) {
      const slice = await ask(one, AT_ONCE, 0);
      if (round >= 0) slices[index]?.push(slice);
    }
  const [sdk = [], ours = []] = slices;
  const ratio = median(ours.map((slice, round) => micros(slice) / micros(sdk[round] as HubSlice)));
  const rate = (all: readonly HubSlice[]): number => median(all.map((one) => (one.messages * 1000) / one.elapsedMs));
  const paced = await ask(workers[1] as ChildProcess, PACED, PACED_PER_SECOND);
  const share = (100 * paced.cpuMicros) / (paced.elapsedMs * 1000);
  const rows = kinds.map((kind, index) => [
    kind,
    median((slices[index] ?? []).map(micros)).toFixed(1),
    rate(slices[index] ?? []).toFixed(0),
  ]);
  print(
    `\nMessages of 1 KB, acknowledged by the development hub\n${table([["", "CPU µs/message", "messages/s"], ...rows])}\n`,
  );
  for (const one of workers) one.disconnect();
  await Promise.all(workers.map(ended));
  await hub.close();
  const touched = existsSync(join(folder, "spool"));
  return [
    verdict(
      `${rate(ours).toFixed(0)} messages/s acknowledged, at least 10000 (hub on the same machine)`,
      rate(ours) >= 10_000,
    ),
    verdict(`CPU a message ${ratio.toFixed(2)} x the bare SDK loop, at most 1.3`, ratio <= 1.3),
    verdict(`${share.toFixed(1)} % of a core at ${PACED_PER_SECOND} messages/s, at most 10`, share <= 10),
    verdict("the disk was not touched while the hub acknowledged", !touched),
  ];
}

/** Bytes that this process has handed to the file system. */
function written(): number {
  return Number(/^wchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1] ?? Number.NaN);
}

/** 1 KB messages at about 100 a second for a hub that is away: every one is stored, none removed. */
async function benchSpool(folder: string): Promise<readonly string[]> {
  const store = createLevelStore(join(folder, "away"), silentLog);
  const hub = { send: async () => err({ kind: "offline", detail: "away" } as const) };
  const outbox = createOutbox({ hub, clock, log: silentLog, store, bounds: DEFAULT_BOUNDS });
  await outbox.start();
  const body = `{"${"x".repeat(500)}":"${"0123456789".repeat(50)}"}`;
  const offer = (number: number): void => {
    const content = {
      contentType: "application/json",
      contentEncoding: "utf-8",
      properties: { "$.sub": "a" },
    } as const;
    outbox.offer(`device${number % 32}`, { output: "telemetry", messageId: `bench-${number}`, body, ...content });
  };
  // The first one opens the store, and writes the reserve that opens it when the disk is full: once, not a message.
  offer(SPOOLED);
  await wait(clock, OPENING_MS, never);
  const bytes = written();
  const cpu = process.cpuUsage();
  const begun = clock.monotonic();
  for (let sent = 0; sent < SPOOLED; sent++) {
    offer(sent);
    if (sent % SPOOL_PER_BEAT === 0) await wait(clock, SPOOL_PER_BEAT * 10, never);
  }
  await outbox.close();
  const { user, system } = process.cpuUsage(cpu);
  const share = (user + system) / 10 / (clock.monotonic() - begun);
  const ratio = (written() - bytes) / (SPOOLED * body.length);
  return [
    verdict(`${ratio.toFixed(2)} bytes written a byte of payload, at most 1.5`, ratio <= 1.5),
    verdict(`${share.toFixed(2)} % of a core at 100 messages/s into the spool, at most 1`, share <= 1),
  ];
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-bench-"));
  try {
    // First: the development hub would leave a heap behind that this process goes on collecting.
    const spool = await benchSpool(folder);
    const verdicts = [...(await benchDelivery(folder)), ...spool];
    print(`\nBar 8\n${verdicts.join("\n")}\n`);
    process.exitCode = verdicts.some((line) => line.includes("BROKEN")) ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
