import { type MonotonicMs, monotonicMs } from "../../kernel/units";
import type { Group, Priority } from "../config/gatewayConfig";

/** A device as the timetable sees it: when its groups are due. */
export interface TimetableDevice {
  readonly name: string;
  /** Equal text ⇔ equal definition. */
  readonly fingerprint: string;
  readonly groups: readonly Group[];
}

/** One device's groups that are due together: one cycle. */
export interface DueCycle {
  readonly device: string;
  readonly groups: readonly string[];
  /** When the first of them fell due. */
  readonly dueAt: MonotonicMs;
  /** Grid instants of these groups that passed without a cycle since the last one. */
  readonly missed: number;
}

/** What to do now: run this cycle, sleep until then, or nothing at all until something changes. */
export type NextStep =
  | { readonly kind: "due"; readonly cycle: DueCycle }
  | { readonly kind: "wake"; readonly at: MonotonicMs }
  | { readonly kind: "idle" };

/**
 * Who is polled when, on one connection. Each group stands on the grid `origin + n × interval`; lateness never shifts
 * the grid, and grid instants missed while a cycle waited are counted, not made up for.
 */
export interface Timetable {
  /** Devices with a known name and an equal fingerprint keep their due times; the others are due at once. */
  apply(devices: readonly TimetableDevice[], now: MonotonicMs): void;
  /** Everything is due at once, then on the grid again: after a (re)connect. */
  restart(now: MonotonicMs): void;
  /** Takes the most urgent due cycle out of the table. */
  next(now: MonotonicMs): NextStep;
}

interface Slot {
  readonly group: Group;
  /** Number of the last grid instant that is accounted for. */
  index: number;
  dueAt: MonotonicMs;
}

interface Row {
  readonly device: TimetableDevice;
  readonly slots: readonly Slot[];
}

const RANK: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };
/** A cycle that has waited this long, or its interval if that is shorter, moves up one priority: nothing starves. */
const PROMOTION_MS = 5000;

export function createTimetable(origin: MonotonicMs): Timetable {
  let rows: readonly Row[] = [];

  function atOnce(device: TimetableDevice, now: MonotonicMs): Row {
    const slots = device.groups.map((group) => ({ group, index: gridIndex(origin, group, now), dueAt: now }));
    return { device, slots };
  }

  return {
    apply(devices, now) {
      const before = new Map(rows.map((row) => [row.device.name, row]));
      rows = devices.map((device) => {
        const row = before.get(device.name);
        return row?.device.fingerprint === device.fingerprint ? row : atOnce(device, now);
      });
    },
    restart(now) {
      rows = rows.map((row) => atOnce(row.device, now));
    },
    next(now) {
      const row = mostUrgent(rows, now);
      if (row !== undefined) return { kind: "due", cycle: take(row, origin, now) };
      const at = Math.min(...rows.map(earliest));
      return Number.isFinite(at) ? { kind: "wake", at: monotonicMs(at) } : { kind: "idle" };
    },
  };
}

/** The last grid instant at or before `now`, as its number. */
function gridIndex(origin: MonotonicMs, group: Group, now: MonotonicMs): number {
  return Math.floor((now - origin) / group.intervalMs);
}

function earliest(row: Row): number {
  let at = Number.POSITIVE_INFINITY;
  for (const slot of row.slots) at = Math.min(at, slot.dueAt);
  return at;
}

/** Lowest rank first; of equal rank the one that has waited longest. */
function mostUrgent(rows: readonly Row[], now: MonotonicMs): Row | undefined {
  let best: Row | undefined;
  let bestRank = Number.POSITIVE_INFINITY;
  let bestAt = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    for (const slot of row.slots) {
      if (slot.dueAt > now) continue;
      const rank = rankOf(slot, now);
      if (rank > bestRank || (rank === bestRank && slot.dueAt >= bestAt)) continue;
      best = row;
      bestRank = rank;
      bestAt = slot.dueAt;
    }
  }
  return best;
}

function rankOf({ group, dueAt }: Slot, now: MonotonicMs): number {
  const promotions = Math.floor((now - dueAt) / Math.min(group.intervalMs, PROMOTION_MS));
  return Math.max(RANK[group.priority] - promotions, 0);
}

function take(row: Row, origin: MonotonicMs, now: MonotonicMs): DueCycle {
  const groups: string[] = [];
  let dueAt = Number.POSITIVE_INFINITY;
  let missed = 0;
  for (const slot of row.slots) {
    if (slot.dueAt > now) continue;
    groups.push(slot.group.name);
    dueAt = Math.min(dueAt, slot.dueAt);
    missed += pass(slot, origin, now);
  }
  return { device: row.device.name, groups, dueAt: monotonicMs(dueAt), missed };
}

/** Moves the slot to the first grid instant after `now`; returns how many instants were passed over. */
function pass(slot: Slot, origin: MonotonicMs, now: MonotonicMs): number {
  // Rounding may put the instant n × interval a hair before itself: what is due has been reached, whatever it says.
  const reached = Math.max(slot.index, gridIndex(origin, slot.group, now));
  const missed = reached - slot.index;
  slot.index = reached + 1;
  slot.dueAt = monotonicMs(origin + slot.index * slot.group.intervalMs);
  return missed;
}
