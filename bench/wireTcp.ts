import { join } from "node:path";
import { IMAGE_FLAGS } from "../test/support/imageFlags";
import { median, table, verdict } from "./support/figures";
import { compile, ended, firstLine, message, type NativeTools, spawnPinned } from "./support/native";
import type { Slice } from "./support/slices";

export interface BenchPlaces {
  /** Where the C sources are. */
  readonly sources: string;
  /** Where the bundled workers are. */
  readonly workers: string;
}

interface Situation {
  readonly connections: number;
  readonly count: number;
  readonly depth: number;
}

interface Figures {
  /** Client CPU a request, µs: median of the slices. */
  readonly micros: number;
  /** Against the floor's slice of the same round: median. */
  readonly ratio: number;
  readonly requestsPerSecond: number;
  readonly megabytes: number;
}

const SITUATIONS: readonly Situation[] = [
  { connections: 1, count: 10, depth: 1 },
  { connections: 1, count: 125, depth: 1 },
  { connections: 200, count: 10, depth: 1 },
  { connections: 200, count: 125, depth: 1 },
  { connections: 1, count: 10, depth: 16 },
  { connections: 1, count: 125, depth: 16 },
];
const PEERS = ["floor", "ours", "signal", "modbus-serial", "jsmodbus"] as const;
/** They have one request in flight at a time, or none that we asked to have more. */
const PIPELINING = ["floor", "ours", "signal"] as const;
const ROUNDS = 9;
const SLICE_MS = 250;
const WARM_UP_MS = 900;
/** Client and server share it: unpinned ping-pong measures where the scheduler puts them. */
const CPU = 0;
const MOST_MEGABYTES = 80;
/** As images and docs run the product, for its client and the floor. The others do not live within them. */
const FLAGGED: ReadonlySet<string> = new Set(["floor", "ours", "signal"]);

/** Bar 1. Returns whether it holds. */
export async function benchTcp(places: BenchPlaces, print: (text: string) => void): Promise<boolean> {
  const tools = compile(["tcpServer"], places.sources);
  try {
    const results = new Map<Situation, ReadonlyMap<string, Figures>>();
    for (const situation of SITUATIONS) {
      const figures = await measure(situation, tools, places);
      results.set(situation, figures);
      print(`\n${titleOf(situation)}; Node with ${IMAGE_FLAGS.join(" ")} but for the peers\n${report(figures)}\n`);
    }
    const verdicts = [...results].flatMap(([situation, figures]) => judge(situation, figures));
    print(`\nBar 1\n${verdicts.map(({ what, holds }) => verdict(what, holds)).join("\n")}\n`);
    return verdicts.every(({ holds }) => holds);
  } finally {
    tools.dispose();
  }
}

function titleOf({ connections, count, depth }: Situation): string {
  const pipelined = depth > 1 ? `, ${depth} deep` : "";
  return `TCP, ${connections} connection${connections > 1 ? "s" : ""}, ${count} registers${pipelined}`;
}

/** All clients of one situation at the same time in processes of their own, one slice each in turn. */
async function measure(
  situation: Situation,
  tools: NativeTools,
  places: BenchPlaces,
): Promise<ReadonlyMap<string, Figures>> {
  const names = situation.depth > 1 ? PIPELINING : PEERS;
  const server = spawnPinned(CPU, [join(tools.folder, "tcpServer")]);
  const port = await firstLine(server);
  const numbers = [port, situation.connections, situation.count, situation.depth].map(String);
  const worker = join(places.workers, "support/tcpWorker.cjs");
  const workers = names.map((name) => {
    const flags = FLAGGED.has(name) ? IMAGE_FLAGS : [];
    return spawnPinned(CPU, [process.execPath, ...flags, worker, name, ...numbers], true);
  });
  await Promise.all(workers.map((one) => message(one)));
  const slices: Slice[][] = names.map(() => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [index, one] of workers.entries()) {
      one.send({ runMs: round < 0 ? WARM_UP_MS : SLICE_MS });
      const slice = await message<Slice>(one);
      if (round >= 0) slices[index]?.push(slice);
    }
  }
  for (const one of workers) one.disconnect();
  server.stdin?.end();
  await Promise.all([...workers, server].map(ended));
  const floor = (slices[0] ?? []).map(microsOf);
  return new Map(names.map((name, index) => [name, figuresOf(slices[index] ?? [], floor)]));
}

function microsOf({ cpuMicros, requests }: Slice): number {
  return cpuMicros / requests;
}

function figuresOf(slices: readonly Slice[], floor: readonly number[]): Figures {
  const micros = slices.map(microsOf);
  return {
    micros: median(micros),
    ratio: median(micros.map((value, round) => value / (floor[round] ?? Number.NaN))),
    requestsPerSecond: median(slices.map(({ requests }) => (requests * 1000) / SLICE_MS)),
    megabytes: Math.max(...slices.map(({ residentBytes }) => residentBytes)) / 1e6,
  };
}

function report(figures: ReadonlyMap<string, Figures>): string {
  const head = ["", "CPU µs/request", "x floor", "requests/s", "MB"];
  const rows = [...figures].map(([name, { micros, ratio, requestsPerSecond, megabytes }]) => [
    name,
    micros.toFixed(2),
    ratio.toFixed(2),
    requestsPerSecond.toFixed(0),
    megabytes.toFixed(0),
  ]);
  return table([head, ...rows]);
}

function judge(
  situation: Situation,
  figures: ReadonlyMap<string, Figures>,
): readonly { readonly what: string; readonly holds: boolean }[] {
  const title = titleOf(situation);
  const all = ["ours", "signal"].flatMap((name) => {
    const ours = figures.get(name);
    if (ours === undefined) return [];
    const label = name === "ours" ? title : `${title}, an AbortSignal each`;
    const versus = { what: `${label}: ${ours.ratio.toFixed(2)} x the floor, at most 1.0`, holds: ours.ratio < 1.005 };
    if (name !== "ours") return [versus];
    const others = ["modbus-serial", "jsmodbus"].flatMap((other) => {
      const theirs = figures.get(other);
      if (theirs === undefined) return [];
      const what = `${title}: ${(ours.micros / theirs.micros).toFixed(2)} x ${other}, below 1`;
      return [{ what, holds: ours.micros < theirs.micros }];
    });
    return [versus, ...others];
  });
  const ours = figures.get("ours");
  if (situation.connections < 200 || ours === undefined) return all;
  const what = `${title}: ${ours.megabytes.toFixed(0)} MB, at most ${MOST_MEGABYTES}`;
  return [...all, { what, holds: ours.megabytes <= MOST_MEGABYTES }];
}
