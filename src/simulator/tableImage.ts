import type { Table } from "../core/modbus/spec";
import type { Point } from "../core/points/point";
import { type Cluster, clustersOf, clustersWithin, insideOne, type ServedPoint, spansOf } from "./clusters";
import { type RawValue, writeRaw } from "./registers";
import { servedRaw } from "./scaling";
import { createSparseTable, type SparseTable } from "./sparseTable";

/** One of the four tables of a unit. Addresses are inclusive ranges [first, last]. */
export interface TableImage {
  readonly memory: SparseTable;
  /** Whether the whole range lies among the points, or in a hole between two that are near each other. */
  answers(first: number, last: number): boolean;
  /** Whether every address of the range belongs to a point that may be written. */
  writable(first: number, last: number): boolean;
  /** Brings what stands in the range up to date and returns the points that were touched. */
  move(first: number, last: number, seconds: number): readonly ServedPoint[];
}

/** What a point holds at the start: a switch that can be written is off, and what can only be written is 0. */
function initialRaw(served: ServedPoint): RawValue {
  const { point, role } = served;
  const raw = servedRaw(served, 0);
  if (role !== undefined) return raw;
  if (point.access === "read") return raw;
  if (typeof raw === "boolean") return false;
  return point.access === "write" && typeof raw === "bigint" ? 0n : raw;
}

function covers(point: Point, address: number): boolean {
  return address >= point.address && address < point.address + point.count;
}

function moveCluster(memory: SparseTable, cluster: Cluster, seconds: number): void {
  if (cluster.writable) return;
  for (const served of cluster.members) writeRaw(memory, served.point, servedRaw(served, seconds));
}

/** A register that never moves, written after the points on it. */
function constantPoint([address, value]: readonly [number, number]): ServedPoint {
  const raw = String(value);
  const rest = { group: "default", access: "read", kind: "none", enum: new Map([[raw, raw]]) } as const;
  return {
    device: "",
    point: { name: `register${address}`, table: "holding", address, count: 1, type: "uint16", ...rest },
  };
}

/** The table of all `points` that stand in it; those of other tables are left out. */
export function createTableImage(
  all: readonly ServedPoint[],
  table: Table,
  constants: readonly (readonly [address: number, value: number])[] = [],
): TableImage {
  const memory = createSparseTable();
  const points = all.filter(({ point }) => point.table === table);
  const clusters = clustersOf([...points, ...constants.map(constantPoint)]);
  const spans = spansOf(clusters);
  for (const cluster of clusters) {
    for (const member of cluster.members) writeRaw(memory, member.point, initialRaw(member));
  }
  return {
    memory,
    answers: (first, last) => insideOne(spans, first, last),
    writable(first, last) {
      const members = clustersWithin(clusters, first, last).flatMap((cluster) => cluster.members);
      const open = members.filter(({ point }) => point.access !== "read");
      for (let address = first; address <= last; address++) {
        if (!open.some(({ point }) => covers(point, address))) return false;
      }
      return true;
    },
    move(first, last, seconds) {
      const touched = clustersWithin(clusters, first, last);
      for (const cluster of touched) moveCluster(memory, cluster, seconds);
      return touched.flatMap((cluster) => cluster.members);
    },
  };
}
