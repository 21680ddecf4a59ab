/** `npm run bench -- messages`: 100,000 float32 registers to message bodies, against toPrecision and JSON.stringify. */

import type { Point } from "../src/core/points/point";
import { pointListOf } from "../src/core/points/pointList";
import { pnpMessages } from "../src/core/telemetry/envelope";
import { runOf } from "../src/core/telemetry/scaledRuns";
import { epochMs } from "../src/kernel/units";
import { median, table, verdict } from "./support/figures";

const VALUES = 100_000;
const PER_MESSAGE = 100;
const ROUNDS = 9;
const BAR = 0.6;

const points: readonly Point[] = Array.from({ length: PER_MESSAGE }, (_, i) => ({
  name: `measurement${i}`,
  table: "holding",
  address: i * 2,
  count: 2,
  type: "float32",
  order: [0, 1, 2, 3],
  group: "default",
  access: "read",
  kind: "telemetry",
}));

/** Measured values as devices have them: full float32 noise about a few hundred. */
function registers(): Uint16Array {
  const view = new DataView(new ArrayBuffer(VALUES * 4));
  let seed = 4711;
  for (let i = 0; i < VALUES; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    view.setFloat32(i * 4, (seed / 0x7fffffff) * 800 - 100);
  }
  return Uint16Array.from({ length: VALUES * 2 }, (_, i) => view.getUint16(i * 2));
}

/** The shortest decimal that reads back, the plain way. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

function plain(raw: Uint16Array): string[] {
  const scratch = new DataView(new ArrayBuffer(4));
  const bodies: string[] = [];
  for (let at = 0; at < raw.length; at += PER_MESSAGE * 2) {
    const body: Record<string, number> = {};
    for (const { name, address } of points) {
      scratch.setUint16(0, raw[at + address] as number);
      scratch.setUint16(2, raw[at + address + 1] as number);
      body[name] = shortest(scratch.getFloat32(0));
    }
    bodies.push(JSON.stringify(body));
  }
  return bodies;
}

function ours(raw: Uint16Array): string[] {
  const at = epochMs(0);
  const bodies: string[] = [];
  for (let from = 0; from < raw.length; from += PER_MESSAGE * 2) {
    const data = raw.subarray(from, from + PER_MESSAGE * 2);
    const run = runOf(pointListOf(points), data, 0, at);
    for (const { body } of pnpMessages([run])) bodies.push(body);
  }
  return bodies;
}

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const raw = registers();
const same = plain(raw).join("\n") === ours(raw).join("\n");
const plainMs: number[] = [];
const oursMs: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  plainMs.push(cpuMs(() => plain(raw)));
  oursMs.push(cpuMs(() => ours(raw)));
}
const ratio = median(oursMs) / median(plainMs);
const row = (what: string, ms: readonly number[]): string[] => [
  what,
  median(ms).toFixed(1),
  ((median(ms) * 1e6) / VALUES).toFixed(0),
];
process.stdout.write(
  `${table([["100,000 float32 → bodies", "CPU ms", "ns a value"], row("toPrecision + JSON.stringify", plainMs), row("modbus-edge", oursMs)])}\n`,
);
const holds = [
  [`at most ${BAR} x of toPrecision + JSON.stringify: ${ratio.toFixed(2)} x`, ratio <= BAR],
  ["bodies are the same, byte for byte", same],
] as const;
for (const [what, good] of holds) process.stdout.write(`${verdict(what, good)}\n`);
process.exitCode = holds.every(([, good]) => good) ? 0 : 1;
