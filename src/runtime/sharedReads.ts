import type { TransactOptions } from "../bus/transactor";
import type { DeviceConfig, Group, ReadLimits } from "../core/config/gatewayConfig";
import type { RequestCost } from "../core/planning/cost";
import { createLearned } from "../core/planning/learned";
import { duePoints } from "../core/planning/polledPoints";
import { planUnit } from "../core/planning/unitPlan";
import type { Point } from "../core/points/point";
import { optionsFor } from "./cycle";
import { type UnitReads, unitRead } from "./unitRead";

/** All that the reads of one device alone depend on while nothing has been learned of its unit. */
interface Ground {
  readonly points: readonly Point[];
  readonly groups: ReadonlyMap<string, Group>;
  readonly limits: ReadLimits;
  readonly options: TransactOptions;
  /** Names of the groups that are due. */
  readonly due: readonly string[];
  readonly cost: RequestCost;
}

interface Shared extends Ground {
  readonly reads: UnitReads;
}

/** By their points, which devices of one profile have together. */
const known = new WeakMap<readonly Point[], Shared[]>();
/** Plans that are kept for the same points: combinations of groups, limits, measured costs. The oldest goes first. */
const MOST_SHARED = 256;

/**
 * The requests for these groups of a device that is read alone and of whose unit nothing has been learned. Devices for
 * which they must be the same get the same ones: nobody may write to them.
 */
export function sharedReads(device: DeviceConfig, due: readonly string[], cost: RequestCost): UnitReads {
  const { points, groups, limits } = device;
  const ground: Ground = { points, groups, limits, options: optionsFor(device), due, cost };
  const list = known.get(points);
  const same = list?.find((one) => isSameGround(one, ground));
  if (same !== undefined) return same.reads;
  const made: Shared = { ...ground, reads: readsOf(ground) };
  if (list === undefined) known.set(points, [made]);
  else {
    if (list.length >= MOST_SHARED) list.shift();
    list.push(made);
  }
  return made.reads;
}

/** From the ground alone: what is not in it can make no difference. */
function readsOf({ points, groups, limits, options, due, cost }: Ground): UnitReads {
  const part = { device: { groups, limits }, points: duePoints({ points, groups }, due) };
  const { blocks, notAsked } = planUnit([part], createLearned(), cost);
  return { reads: blocks.map(({ block, whole }) => unitRead(block, options, whole)), notAsked };
}

function isSameGround(a: Ground, b: Ground): boolean {
  return (
    a.points === b.points &&
    isSameCost(a.cost, b.cost) &&
    isSameList(a.due, b.due) &&
    isSameLimits(a.limits, b.limits) &&
    isSameGroups(a.groups, b.groups) &&
    isSameOptions(a.options, b.options)
  );
}

function isSameCost(a: RequestCost, b: RequestCost): boolean {
  return a === b || (a.perRequestMs === b.perRequestMs && a.perByteMs === b.perByteMs);
}

export function isSameList<T>(a: readonly T[], b: readonly T[]): boolean {
  return a === b || (a.length === b.length && a.every((one, at) => one === b[at]));
}

function isSameLimits(a: ReadLimits, b: ReadLimits): boolean {
  return (
    a === b ||
    (a.maxReadRegisters === b.maxReadRegisters &&
      a.maxReadBits === b.maxReadBits &&
      a.maxGap === b.maxGap &&
      a.singlePointReads === b.singlePointReads &&
      a.neverRead.length === b.neverRead.length &&
      a.neverRead.every((range, at) => isSameList(range, b.neverRead[at] ?? [])))
  );
}

/** As far as they decide what is read, and what of it together. */
function isSameGroups(a: Ground["groups"], b: Ground["groups"]): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [name, { poll, consistent }] of a) {
    const other = b.get(name);
    if (other === undefined || other.poll !== poll || other.consistent !== consistent) return false;
  }
  return true;
}

function isSameOptions(a: TransactOptions, b: TransactOptions): boolean {
  return a.timeoutMs === b.timeoutMs && a.gapMs === b.gapMs && a.lenientUnitId === b.lenientUnitId;
}
