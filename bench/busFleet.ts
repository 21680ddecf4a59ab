import { join } from "node:path";
import { IMAGE_FLAGS } from "../test/support/imageFlags";
import { median, quantile, table, verdict } from "./support/figures";
import type { FleetSlice } from "./support/fleetWorker";
import { compile, ended, firstLine, message, spawnPinned } from "./support/native";
import type { BenchPlaces } from "./wireTcp";

interface Situation {
  readonly title: string;
  readonly devices: number;
  /** 0: saturated. */
  readonly intervalMs: number;
  readonly type: "float32" | "uint16";
  readonly kinds: readonly string[];
  readonly rounds: number;
  readonly sliceMs: number;
  /** Bar of CPU a poll against the floor, to samples. */
  readonly most: number;
}

const FLEET: Situation = {
  title: "1000 TCP devices x 1 s x 100 registers (50 float32)",
  devices: 1000,
  intervalMs: 1000,
  type: "float32",
  kinds: ["floor", "ours", "records", "modbus-serial"],
  rounds: 2,
  sliceMs: 4000,
  most: 1.2,
};
const SATURATED: Situation = {
  ...FLEET,
  title: "200 TCP devices, each polled again as soon as it has answered, 100 registers (50 float32)",
  devices: 200,
  intervalMs: 0,
  rounds: 4,
  sliceMs: 1000,
  most: 1.1,
};
const POINTS: Situation = {
  ...FLEET,
  title: "100,000 points: 1000 TCP devices x 1 s x 100 uint16, as records",
  type: "uint16",
  kinds: ["records"],
  rounds: 1,
};
/** To the bodies of messages. */
const MOST_RECORDS = 1.5;
const MOST_MEGABYTES = 80;
/** As images and docs run the product: its memory is measured so, and CPU too. modbus-serial does not live within them. */
/** Clients and server share it. */
const CPU = 0;

type Figures = ReadonlyMap<string, readonly FleetSlice[]>;

/** Bars 2 and 3. Returns whether they hold. */
export async function benchFleet(places: BenchPlaces, print: (text: string) => void): Promise<boolean> {
  const lines: string[] = [];
  for (const situation of [SATURATED, FLEET, POINTS]) {
    const figures = await measure(situation, places);
    print(`\n${situation.title}; Node with ${IMAGE_FLAGS.join(" ")} but for modbus-serial\n${report(figures)}\n`);
    lines.push(...judge(situation, figures));
  }
  print(`\nBars 2 and 3\n${lines.join("\n")}\n`);
  return !lines.some((line) => line.includes("BROKEN"));
}

/** All clients of one situation in processes of their own, one slice each in turn. */
async function measure(situation: Situation, places: BenchPlaces): Promise<Figures> {
  const { devices, intervalMs, type, kinds, rounds, sliceMs } = situation;
  const tools = compile(["tcpServer"], places.sources);
  const servers = kinds.map(() => spawnPinned(CPU, [join(tools.folder, "tcpServer")]));
  const ports = await Promise.all(servers.map(firstLine));
  const worker = join(places.workers, "support/fleetWorker.cjs");
  const numbers = [devices, intervalMs].map(String);
  const workers = kinds.map((kind, index) => {
    const flags = kind === "modbus-serial" ? [] : IMAGE_FLAGS;
    return spawnPinned(CPU, [process.execPath, ...flags, worker, kind, ports[index] ?? "", ...numbers, type], true);
  });
  await Promise.all(workers.map((one) => message(one)));
  const slices = new Map<string, FleetSlice[]>(kinds.map((kind) => [kind, []]));
  for (let round = -1; round < rounds; round++) {
    for (const [index, one] of workers.entries()) {
      one.send({ runMs: round < 0 ? 1000 : sliceMs });
      const slice = await message<FleetSlice>(one);
      if (round >= 0) slices.get(kinds[index] ?? "")?.push(slice);
    }
  }
  for (const one of workers) one.disconnect();
  for (const server of servers) server.stdin?.end();
  await Promise.all([...workers, ...servers].map(ended));
  tools.dispose();
  return slices;
}

const micros = ({ cpuMicros, polls }: FleetSlice): number => cpuMicros / polls;

function ratioTo(floor: readonly FleetSlice[], slices: readonly FleetSlice[]): number {
  return median(slices.map((slice, round) => micros(slice) / micros(floor[round] as FleetSlice)));
}

function report(figures: Figures): string {
  const floor = figures.get("floor") ?? [];
  const head = ["", "CPU µs/poll", "x floor", "% of a core", "polls/s", "late ms, median", "99 %", "missed", "MB"];
  const rows = [...figures].map(([kind, slices]) => {
    const late = slices.flatMap((slice) => slice.late);
    return [
      kind,
      median(slices.map(micros)).toFixed(1),
      floor.length === 0 ? "" : ratioTo(floor, slices).toFixed(2),
      median(slices.map(share)).toFixed(1),
      median(slices.map(({ polls, elapsedMs }) => (polls * 1000) / elapsedMs)).toFixed(0),
      late.length === 0 ? "" : median(late).toFixed(2),
      late.length === 0 ? "" : quantile(late, 0.99).toFixed(1),
      String(slices.reduce((sum, { missed }) => sum + missed, 0)),
      (Math.max(...slices.map(({ residentBytes }) => residentBytes)) / 1e6).toFixed(0),
    ];
  });
  return table([head, ...rows]);
}

const share = ({ cpuMicros, elapsedMs }: FleetSlice): number => cpuMicros / 10 / elapsedMs;

function judge(situation: Situation, figures: Figures): readonly string[] {
  const floor = figures.get("floor") ?? [];
  const bad = [...figures.values()].flat().reduce((sum, slice) => sum + slice.bad, 0);
  const right = verdict(`${situation.title}: ${bad} wrong or failed polls, 0`, bad === 0);
  const ours = figures.get("ours") ?? [];
  const records = figures.get("records") ?? [];
  if (floor.length === 0) {
    const percent = median(records.map(share)).toFixed(1);
    return [right, `   note   100,000 points at 1 s to message bodies: ${percent} % of a core (aim: 15 with the SDK)`];
  }
  const { intervalMs, most } = situation;
  const name = intervalMs === 0 ? "saturated" : "fleet";
  const toSamples = ratioTo(floor, ours);
  const toRecords = ratioTo(floor, records);
  const lines = [
    right,
    verdict(`${name}, to samples: ${toSamples.toFixed(2)} x the floor, at most ${most}`, toSamples <= most),
    verdict(
      `${name}, to records: ${toRecords.toFixed(2)} x the floor, at most ${MOST_RECORDS}`,
      toRecords <= MOST_RECORDS,
    ),
  ];
  return intervalMs === 0 ? lines : [...lines, ...judgeGrid(ours, situation)];
}

function judgeGrid(ours: readonly FleetSlice[], { devices, intervalMs }: Situation): readonly string[] {
  const late = ours.flatMap((slice) => slice.late);
  const missed = ours.reduce((sum, slice) => sum + slice.missed, 0);
  const [middle, most] = [median(late), quantile(late, 0.99)];
  const megabytes = Math.max(...ours.map(({ residentBytes }) => residentBytes)) / 1e6;
  const drift = Math.max(
    ...ours.map(({ polls, elapsedMs }) => Math.abs(polls / ((devices * elapsedMs) / intervalMs) - 1)),
  );
  return [
    verdict(`${missed} polls missed, 0`, missed === 0),
    verdict(`polls a second are off by ${(100 * drift).toFixed(2)} %, below 0.5 (no drift)`, drift < 0.005),
    verdict(`late by ${middle.toFixed(2)} ms at the median, below 1`, middle < 1),
    verdict(`late by ${most.toFixed(1)} ms at 99 %, below 10`, most < 10),
    verdict(`${megabytes.toFixed(0)} MB, at most ${MOST_MEGABYTES}`, megabytes <= MOST_MEGABYTES),
  ];
}
