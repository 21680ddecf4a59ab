import { addressText } from "../modbus/address";
import { modelPlace } from "../modbus/modelAddress";
import { isBitTable, LIMITS, type Table } from "../modbus/spec";
import type { Point } from "../points/point";
import type { ReadLimits } from "./gatewayConfig";
import type { Problem } from "./problem";
import type { ResolvedGroups } from "./resolveGroups";

/** Groups whose points must come from one request, and for which no request within the limits can carry them all. */
export function inconsistentGroups(
  { groups, places }: ResolvedGroups,
  points: readonly Point[],
  limits: ReadLimits,
): readonly Problem[] {
  return [...groups.values()].flatMap((group) => {
    const place = places.get(group.name);
    if (group.consistent !== true || place === undefined) return [];
    const why = whyNotOne(
      points.filter((point) => point.group === group.name && point.access !== "write"),
      limits,
    );
    return why === undefined ? [] : [place(["consistent"], `one request can't carry the group: ${why}`)];
  });
}

function whyNotOne(points: readonly Point[], limits: ReadLimits): string | undefined {
  const sorted = [...points].sort((a, b) => a.address - b.address);
  const [first] = sorted;
  if (first === undefined) return undefined;
  const other = sorted.find((point) => point.table !== first.table);
  if (other !== undefined) {
    return `"${first.name}" is in the table ${first.table}, "${other.name}" in ${other.table}`;
  }
  const place = (point: Point): number | undefined => modelPlace(point.address)?.number;
  const elsewhere = sorted.find((point) => place(point) !== place(first));
  if (elsewhere !== undefined) return `"${first.name}" and "${elsewhere.name}" are not in one SunSpec model`;
  const end = Math.max(...sorted.map((point) => point.address + point.count));
  if (limits.singlePointReads && sorted.some(({ address, count }) => address > first.address || count < end - address))
    return `"singlePointReads" asks for one request a point`;
  return tooMany(first.table, end - first.address, limits) ?? gapIn(sorted, limits) ?? forbiddenIn(first, end, limits);
}

function tooMany(table: Table, count: number, limits: ReadLimits): string | undefined {
  const [most, what] = isBitTable(table)
    ? [Math.min(limits.maxReadBits, LIMITS.readBits), "maxReadBits"]
    : [Math.min(limits.maxReadRegisters, LIMITS.readRegisters), "maxReadRegisters"];
  return count <= most ? undefined : `it spans ${count} ${table} addresses, and the device bears ${most} (${what})`;
}

function gapIn(sorted: readonly Point[], limits: ReadLimits): string | undefined {
  let end = sorted[0]?.address ?? 0;
  for (const { name, table, address, count } of sorted) {
    if (address - end > limits.maxGap) {
      return `${address - end} addresses before "${name}" (${addressText(table, address)}) belong to no point of it, and "maxGap" is ${limits.maxGap}`;
    }
    end = Math.max(end, address + count);
  }
  return undefined;
}

function forbiddenIn({ address }: Point, end: number, limits: ReadLimits): string | undefined {
  const range = limits.neverRead.find(([from, to]) => from < end && to >= address);
  return range === undefined ? undefined : `neverRead names ${range[0]} to ${range[1]} (0-based) between its points`;
}
