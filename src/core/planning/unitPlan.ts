import type { DeviceConfig } from "../config/gatewayConfig";
import type { Table } from "../modbus/spec";
import type { BadReason, Point } from "../points/point";
import type { RequestCost } from "./cost";
import type { Learned } from "./learned";
import { isReadable, type Located, type PlanLimits, planReads, type ReadBlock, refusedWithin } from "./readPlan";

/** A link on which only the number of requests counts: a group that one request can carry gets one. */
export const ONE_REQUEST: RequestCost = { perRequestMs: 1, perByteMs: 0 };

/** A point of one of the devices that are read together, by its place among them. */
export interface Item extends Located {
  readonly part: number;
  readonly point: Point;
}

/** Points that are not asked for, and why. */
export interface NotAsked {
  readonly part: number;
  readonly points: readonly Point[];
  readonly reason: BadReason;
}

/** One request of a cycle. */
export interface PlannedBlock {
  readonly block: ReadBlock<Item>;
  /** Its points are from one moment: never asked for in parts. */
  readonly whole: boolean;
}

/** The requests of a cycle of one unit, as blocks. */
export interface UnitPlan {
  readonly blocks: readonly PlannedBlock[];
  readonly notAsked: readonly NotAsked[];
}

/** Points of a device that are due. */
export interface DuePart {
  readonly device: Pick<DeviceConfig, "groups" | "limits">;
  readonly points: readonly Point[];
}

/** Plans the reading of these points, of devices that share a unit. */
export function planUnit(parts: readonly DuePart[], learned: Learned, cost: RequestCost): UnitPlan {
  const limits = limitsOf(parts, learned);
  const notAsked: NotAsked[] = [];
  const asked: Item[] = [];
  for (const [part, { points }] of parts.entries()) {
    for (const point of points) {
      const { table, address, count } = point;
      const reason = whyNot(point, limits, learned);
      if (reason === undefined) asked.push({ table, address, count, part, point });
      else notAsked.push({ part, points: [point], reason });
    }
  }
  const { alone, others } = consistentItems(parts, asked);
  const blocks = [
    // Together or not at all: what was learned about parts of it must not part it.
    ...alone.flatMap((items) =>
      planReads(items, definedLimits(parts), ONE_REQUEST).map((block) => ({ block, whole: true })),
    ),
    ...planReads(others, limits, cost).map((block) => ({ block, whole: false })),
  ];
  return { blocks, notAsked };
}

/** The points of each group that is to be read in one request, and all others. */
function consistentItems(parts: readonly DuePart[], items: readonly Item[]) {
  const alone = new Map<string, Item[]>();
  const others: Item[] = [];
  for (const item of items) {
    const { group } = item.point;
    if (parts[item.part]?.device.groups.get(group)?.consistent !== true) {
      others.push(item);
      continue;
    }
    const key = `${item.part} ${group}`;
    const list = alone.get(key);
    if (list === undefined) alone.set(key, [item]);
    else list.push(item);
  }
  return { alone: [...alone.values()], others };
}

/** The smallest request that these points allow: what a probe asks. */
export function probeOf(parts: readonly DuePart[], learned: Learned): ReadBlock<Item> | undefined {
  let least: Item | undefined;
  const limits = limitsOf(parts, learned);
  for (const [part, { points }] of parts.entries()) {
    for (const point of points) {
      const { table, address, count } = point;
      if (whyNot(point, limits, learned) !== undefined) continue;
      if (least === undefined || count < least.count) least = { table, address, count, part, point };
    }
  }
  if (least === undefined) return undefined;
  const { table, address: first, count } = least;
  return { table, first, count, points: [least] };
}

/** `disabled`: the definition forbids it; an exception: the unit refuses it. */
function whyNot(point: Point, limits: PlanLimits, learned: Learned): BadReason | undefined {
  if (learned.lacks(point.table)) return "exception:1";
  const refusal = refusedWithin(point, learned.refusals);
  if (refusal !== undefined) return `exception:${refusal.code}`;
  return isReadable(point, limits) ? undefined : "disabled";
}

/** What all of them bear by their definitions. */
function definedLimits(parts: readonly DuePart[]): PlanLimits {
  const all = parts.map(({ device }) => device.limits);
  return {
    maxReadRegisters: Math.min(...all.map((one) => one.maxReadRegisters)),
    maxReadBits: Math.min(...all.map((one) => one.maxReadBits)),
    maxGap: Math.min(...all.map((one) => one.maxGap)),
    neverRead: all.flatMap((one) => one.neverRead),
    singlePointReads: all.some((one) => one.singlePointReads),
  };
}

/** And by what has been learned, which makes requests smaller, but never a point unreadable. */
function limitsOf(parts: readonly DuePart[], learned: Learned): PlanLimits {
  const limits = definedLimits(parts);
  const points = parts.flatMap((part) => part.points);
  const most = (tables: readonly Table[]): number => {
    const learnt = Math.min(...tables.map((table) => learned.most(table) ?? Number.POSITIVE_INFINITY));
    return points.reduce(
      (least, { table, count }) => (tables.includes(table) ? Math.max(least, count) : least),
      learnt,
    );
  };
  return {
    ...limits,
    maxReadRegisters: Math.min(limits.maxReadRegisters, most(["input", "holding"])),
    maxReadBits: Math.min(limits.maxReadBits, most(["coil", "discrete"])),
    refused: learned.refusals,
  };
}
