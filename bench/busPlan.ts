import { applyDocument } from "../src/core/config/apply";
import type { DeviceConfig, GatewayConfig } from "../src/core/config/gatewayConfig";
import { builtInProfiles } from "../src/core/config/profiles";
import { isBitTable } from "../src/core/modbus/spec";
import { linkCost, type RequestCost } from "../src/core/planning/cost";
import { planReads } from "../src/core/planning/readPlan";
import type { Point } from "../src/core/points/point";
import type { JsonObject } from "../src/kernel/json";
import { table, verdict } from "./support/figures";

/** What a device is asked for, and how it is reached. */
interface BenchMap {
  readonly title: string;
  readonly document: JsonObject;
}

/** Points as runs of neighbours: `[first address, registers each, how many]`. */
type Run = readonly [first: number, registers: 1 | 2, count: number];

const TCP = { transport: "tcp", host: "127.0.0.1" };
const MOST_COLD_MS = 5;
/** Holes are read over where that pays, whatever their size: the strategies are compared, not the caution. */
const ANY_GAP = 2000;

function pointsOf(runs: readonly Run[], where = "holding"): JsonObject {
  const points: Record<string, JsonObject> = {};
  for (const [first, registers, count] of runs) {
    for (let index = 0; index < count; index++) {
      const address = first + index * registers;
      const type = where === "coil" ? {} : { type: registers === 1 ? "uint16" : "float32" };
      points[`${where}${address}`] = { table: where, address, ...type };
    }
  }
  return points;
}

function mapOf(title: string, connection: JsonObject, points: JsonObject): BenchMap {
  const device = { connection: "line", unitId: 1, maxGap: ANY_GAP, points };
  return { title, document: { schemaVersion: 1, connections: { line: connection }, devices: { device } } };
}

const everyNth = (first: number, step: number, count: number): Run[] =>
  Array.from({ length: count }, (_, index): Run => [first + index * step, 1, 1]);

const MAPS: readonly BenchMap[] = [
  {
    title: "dense meter (profile eastron-sdm630), TCP",
    document: {
      schemaVersion: 1,
      connections: { line: TCP },
      devices: { device: { connection: "line", unitId: 1, profile: "eastron-sdm630", maxGap: ANY_GAP } },
    },
  },
  mapOf(
    "holes of 3 to 60 registers, serial 19200",
    { transport: "serial", path: "/dev/ttyUSB0", line: "19200 8E1" },
    pointsOf([...everyNth(0, 4, 12), ...everyNth(100, 15, 10), ...everyNth(400, 35, 8), ...everyNth(900, 61, 6)]),
  ),
  mapOf("four tables, TCP", TCP, {
    ...pointsOf([
      [0, 1, 40],
      [60, 2, 20],
      [300, 1, 5],
    ]),
    ...pointsOf(
      [
        [0, 2, 30],
        [90, 1, 10],
      ],
      "input",
    ),
    ...pointsOf(
      [
        [0, 1, 16],
        [200, 1, 16],
        [1900, 1, 4],
      ],
      "coil",
    ),
  }),
  mapOf(
    "slow serial line, 2400",
    { transport: "serial", path: "/dev/ttyUSB0", line: "2400 8N1" },
    pointsOf([...everyNth(0, 6, 10), [80, 2, 10], ...everyNth(130, 20, 6), [300, 1, 8]]),
  ),
  mapOf("big PLC, 500 points over 4000 registers, TCP", TCP, pointsOf(everyNth(0, 8, 500))),
];

interface Block {
  readonly table: Point["table"];
  readonly first: number;
  readonly end: number;
}

/** The bench's own arithmetic: a request's fixed part and its bytes. */
function timeOf(blocks: readonly Block[], { perRequestMs, perByteMs }: RequestCost): number {
  return blocks.reduce((sum, { table: where, first, end }) => {
    const bytes = isBitTable(where) ? Math.ceil((end - first) / 8) : 2 * (end - first);
    return sum + perRequestMs + bytes * perByteMs;
  }, 0);
}

const blockOf = ({ table: where, address, count }: Point): Block => ({
  table: where,
  first: address,
  end: address + count,
});

function inOrder(points: readonly Point[]): ReadonlyMap<Point["table"], readonly Block[]> {
  const tables = new Map<Point["table"], Block[]>();
  for (const point of points) tables.set(point.table, [...(tables.get(point.table) ?? []), blockOf(point)]);
  for (const blocks of tables.values()) blocks.sort((a, b) => a.first - b.first || b.end - a.end);
  return tables;
}

const limitOf = (where: Point["table"]): number => (isBitTable(where) ? 2000 : 125);

/** Joins neighbours while the gap is at most so wide. */
function greedy(points: readonly Point[], gap: number): readonly Block[] {
  return [...inOrder(points)].flatMap(([where, blocks]) => {
    const joined: Block[] = [];
    for (const block of blocks) {
      const last = joined.at(-1);
      const end = Math.max(last?.end ?? 0, block.end);
      if (last !== undefined && block.first - last.end <= gap && end - last.first <= limitOf(where))
        joined[joined.length - 1] = { ...last, end };
      else joined.push(block);
    }
    return joined;
  });
}

/** The least time there is, by trying every last block of every prefix: slow, and of no code of the product. */
function optimum(points: readonly Point[], cost: RequestCost): number {
  let total = 0;
  for (const [where, blocks] of inOrder(points)) {
    const least = [0];
    for (let last = 0; last < blocks.length; last++) {
      let best = Number.POSITIVE_INFINITY;
      let end = 0;
      for (let from = last; from >= 0; from--) {
        const first = blocks[from]?.first ?? 0;
        end = Math.max(end, blocks[from]?.end ?? 0);
        if (end - first > limitOf(where)) break;
        best = Math.min(best, (least[from] ?? 0) + timeOf([{ table: where, first, end }], cost));
      }
      least.push(best);
    }
    total += least.at(-1) ?? 0;
  }
  return total;
}

function resolved({ document, title }: BenchMap): { readonly device: DeviceConfig; readonly cost: RequestCost } {
  const { config, problems }: { config: GatewayConfig; problems: readonly { path: string; text: string }[] } =
    applyDocument(undefined, document, builtInProfiles);
  const device = config.devices.get("device");
  const connection = config.connections.get("line");
  if (device === undefined || connection === undefined) throw new Error(`${title}: ${JSON.stringify(problems)}`);
  return { device, cost: linkCost(connection) };
}

/** Bar 5. Returns whether it holds. */
export function benchPlan(print: (text: string) => void): boolean {
  const cold = coldMs();
  const rows: string[][] = [];
  const ratios: number[][] = [];
  for (const map of MAPS) {
    const { device, cost } = resolved(map);
    const points = device.points.filter(({ access }) => access !== "write");
    const best = optimum(points, cost);
    const planned = planReads(points, device.limits, cost).map(({ table: where, first, count }) => ({
      table: where,
      first,
      end: first + count,
    }));
    const all = [planned, points.map(blockOf), greedy(points, 50), greedy(points, 10)];
    const own = all.map((blocks) => timeOf(blocks, cost) / best);
    ratios.push(own);
    rows.push([map.title, String(points.length), best.toFixed(1), ...own.map((ratio) => ratio.toFixed(2))]);
  }
  const means = [0, 1, 2, 3].map((at) =>
    Math.exp(ratios.reduce((sum, own) => sum + Math.log(own[at] ?? 1), 0) / ratios.length),
  );
  const head = ["cycle time over the optimum", "points", "optimum ms", "planned", "one a point", "gap 50", "gap 10"];
  print(`\n${table([head, ...rows, ["geometric mean", "", "", ...means.map((mean) => mean.toFixed(2))]])}\n`);
  const worst = Math.max(...ratios.map(([own]) => own ?? Number.NaN));
  const lines = [
    verdict(`planned: ${worst.toFixed(3)} x the optimum at worst, 1.00`, worst < 1.005),
    verdict(`500 points planned cold in ${cold.toFixed(2)} ms, below ${MOST_COLD_MS}`, cold < MOST_COLD_MS),
  ];
  print(`\nBar 5\n${lines.join("\n")}\n`);
  return !lines.some((line) => line.includes("BROKEN"));
}

/** The first plan that this process makes: nothing is compiled yet. */
function coldMs(): number {
  const { device, cost } = resolved(MAPS[MAPS.length - 1] as BenchMap);
  const before = performance.now();
  planReads(device.points, device.limits, cost);
  return performance.now() - before;
}
