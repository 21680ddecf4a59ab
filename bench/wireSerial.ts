import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { median, table, verdict } from "./support/figures";
import { compile, ended, firstLine, message, type NativeTools, spawnPinned } from "./support/native";
import type { Slice } from "./support/slices";
import type { BenchPlaces } from "./wireTcp";

interface Situation {
  readonly baudRate: number;
  readonly count: number;
  readonly lines: number;
  /** Least share of the line's limit, and most of a core. */
  readonly bar?: { readonly use: number; readonly cpu?: number };
}

interface Figures {
  /** Time that the requests need at least, over the time they took; a line. */
  readonly use: number;
  /** Share of a core. */
  readonly cpu: number;
  readonly requests: number;
  readonly short: number;
}

const SITUATIONS: readonly Situation[] = [
  { baudRate: 19_200, count: 10, lines: 1, bar: { use: 0.98, cpu: 0.015 } },
  { baudRate: 115_200, count: 10, lines: 1, bar: { use: 0.94, cpu: 0.04 } },
  { baudRate: 115_200, count: 125, lines: 1, bar: { use: 0.98 } },
  { baudRate: 19_200, count: 10, lines: 4 },
  { baudRate: 115_200, count: 10, lines: 4 },
];
const PEERS = ["floor", "ours", "serialport's reader", "modbus-serial"] as const;
const ROUNDS = 9;
const SLICE_MS = 800;
/** On a line that is faster than any: a gateway runs for months, what counts is code that the engine has optimised. */
const WARM_UP_MS = 3000;
const WARM_UP_BAUD = 4_000_000;
/** The lines keep their own processor: they must not wait for the client. */
const LINE_CPU = 1;
const CLIENT_CPU = 0;

/** Bar 4: a line used to its limit, with no silence under t3.5. Returns whether it holds. */
export async function benchSerial(places: BenchPlaces, print: (text: string) => void): Promise<boolean> {
  const tools = compile(["serialLine"], places.sources);
  const verdicts: { readonly what: string; readonly holds: boolean }[] = [];
  try {
    for (const situation of SITUATIONS) {
      const results = await measure(situation, tools, places);
      print(`\n${titleOf(situation)}\n${report(results)}\n`);
      verdicts.push(...judge(situation, results.get("ours")));
    }
  } finally {
    tools.dispose();
  }
  print(`\nBar 4\n${verdicts.map(({ what, holds }) => verdict(what, holds)).join("\n")}\n`);
  return verdicts.every(({ holds }) => holds);
}

function titleOf({ baudRate, count, lines }: Situation): string {
  return `serial, ${lines} line${lines > 1 ? "s" : ""}, ${baudRate} baud, ${count} registers`;
}

/** Request, t3.5 until the device has seen its end, answer, t3.5: 11 bits a character. */
function leastMs({ baudRate, count }: Situation): number {
  const characterMs = 11_000 / baudRate;
  const gapMs = baudRate > 19_200 ? 1.75 : 3.5 * characterMs;
  return (8 + 5 + 2 * count) * characterMs + 2 * gapMs;
}

/** One client on its lines. */
interface Running {
  readonly client: ChildProcess;
  readonly served: readonly ChildProcess[];
  readonly slices: Slice[];
  short: number;
}

/** All clients side by side, a slice of each in turn: what else the machine does hits them alike. */
async function measure(situation: Situation, tools: NativeTools, places: BenchPlaces): Promise<Map<string, Figures>> {
  const running = new Map<string, Running>();
  for (const name of PEERS) running.set(name, await start(name, situation, tools, places));
  for (const one of running.values()) await slice(one, WARM_UP_MS, String(situation.baudRate));
  for (const one of running.values()) {
    one.slices.length = 0;
    one.short = 0;
  }
  for (let round = 0; round < ROUNDS; round++) for (const one of running.values()) await slice(one, SLICE_MS, "");
  for (const { client, served } of running.values()) {
    client.disconnect();
    for (const line of served) line.stdin?.end();
    await Promise.all([client, ...served].map(ended));
  }
  return new Map([...running].map(([name, one]) => [name, figuresOf(situation, one)]));
}

async function start(name: string, situation: Situation, tools: NativeTools, places: BenchPlaces): Promise<Running> {
  const { baudRate, count, lines } = situation;
  const program = [join(tools.folder, "serialLine"), String(WARM_UP_BAUD)];
  const served = Array.from({ length: lines }, () => spawnPinned(LINE_CPU, program));
  const paths = await Promise.all(served.map(firstLine));
  const worker = join(places.workers, "support/serialWorker.cjs");
  const command = [process.execPath, worker, name, String(baudRate), String(count), ...paths];
  const client = spawnPinned(CLIENT_CPU, command, true);
  await message(client);
  return { client, served, slices: [], short: 0 };
}

async function slice(running: Running, runMs: number, speed: string): Promise<void> {
  running.client.send({ runMs });
  running.slices.push(await message<Slice>(running.client));
  const tallies = await Promise.all(running.served.map((line) => tally(line, speed)));
  running.short += tallies.reduce((sum, one) => sum + one, 0);
}

function figuresOf(situation: Situation, { slices, short }: Running): Figures {
  const use = ({ requests, elapsedMs }: Slice): number => (requests * leastMs(situation)) / elapsedMs / situation.lines;
  return {
    use: median(slices.map(use)),
    cpu: median(slices.map(({ cpuMicros, elapsedMs }) => cpuMicros / 1000 / elapsedMs)),
    requests: slices.reduce((sum, { requests }) => sum + requests, 0),
    short,
  };
}

/** Short silences that a line has seen since it was asked last; it goes on with the speed, if there is one. */
async function tally(line: ChildProcess, speed: string): Promise<number> {
  const told = new Promise<string>((resolve) =>
    line.stdout?.once("data", (bytes: Buffer) => resolve(bytes.toString())),
  );
  line.stdin?.write(`${speed}\n`);
  return Number((await told).trim().split(" ")[1]);
}

function report(results: ReadonlyMap<string, Figures>): string {
  const head = ["", "% of the line", "% of a core", "x floor", "requests", "short silences"];
  const floor = results.get("floor")?.cpu ?? Number.NaN;
  const rows = [...results].map(([name, { use, cpu, requests, short }]) => [
    name,
    (100 * use).toFixed(1),
    (100 * cpu).toFixed(1),
    (cpu / floor).toFixed(2),
    String(requests),
    String(short),
  ]);
  return table([head, ...rows]);
}

function judge(situation: Situation, ours: Figures | undefined) {
  if (ours === undefined) return [];
  const { bar } = situation;
  const title = titleOf(situation);
  const none = { what: `${title}: ${ours.short} of ${ours.requests} silences under t3.5`, holds: ours.short === 0 };
  if (bar === undefined) return [none];
  const use = {
    what: `${title}: ${(100 * ours.use).toFixed(1)} % of the line, at least ${(100 * bar.use).toFixed(0)}`,
    holds: ours.use >= bar.use,
  };
  if (bar.cpu === undefined) return [none, use];
  const cpu = {
    what: `${title}: ${(100 * ours.cpu).toFixed(1)} % of a core, at most ${(100 * bar.cpu).toFixed(1)}`,
    holds: ours.cpu <= bar.cpu,
  };
  return [none, use, cpu];
}
