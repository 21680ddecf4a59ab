import { later, type MonotonicMs, monotonicMs } from "../../kernel/units";
import type { Group, Priority } from "../config/gatewayConfig";

/** A device as the timetable sees it: when its groups are due. */
export interface TimetableDevice {
  readonly name: string;
  /** Equal text ⇔ equal definition. */
  readonly fingerprint: string;
  /** Those that time makes due; a group with an infinite interval is due once after each (re)start. */
  readonly groups: readonly Group[];
  /** Where its grid begins after the origin of the table, ms: spreads what has one interval over it. */
  readonly phaseMs?: number | undefined;
  /** Rest after a (re)connect before its first cycle. */
  readonly connectDelayMs?: number | undefined;
}

/** One device's groups that are due together: one cycle. */
export interface DueCycle {
  readonly device: string;
  readonly groups: readonly string[];
  /** When the first of them fell due. */
  readonly dueAt: MonotonicMs;
  /** Grid instants of these groups that passed without a cycle since the last one. */
  readonly missed: number;
  /** The same by priority, with the groups that are read now. */
  readonly pace: readonly Pace[];
}

/** How a group keeps up: read once now, `missed` times not. */
export interface Pace {
  readonly priority: Priority;
  readonly missed: number;
}

/** What to do now: run this cycle, sleep until then, or nothing at all until something changes. */
export type NextStep =
  | { readonly kind: "due"; readonly cycle: DueCycle }
  | { readonly kind: "wake"; readonly at: MonotonicMs }
  | { readonly kind: "idle" };

/**
 * Who is polled when, on one connection. Each group stands on the grid `origin + n × interval`; lateness never shifts
 * the grid, and grid instants missed while a cycle waited are counted, not made up for. An aligned group stands on
 * the grid of UTC, and follows the wall clock when that is set.
 */
export interface Timetable {
  /** Devices with a known name and an equal fingerprint keep their due times; the others are due at once. */
  apply(devices: readonly TimetableDevice[], now: MonotonicMs): void;
  /** Everything is due at once (or after the device's rest), then on the grid again: after a (re)connect. */
  restart(now: MonotonicMs): void;
  /** The connection was opened anew without anything having been missed: what is due once after each connect is due. */
  reconnect(now: MonotonicMs): void;
  /** These groups of a device are due at `at` if they were not before: what is due only once has failed. */
  retry(device: string, groups: readonly string[], at: MonotonicMs): void;
  /** The groups of these devices are due at once, then on the grid again. */
  hasten(devices: ReadonlySet<string>, now: MonotonicMs): void;
  /** Takes the most urgent due cycle out of the table, leaving out devices that are `busy`. */
  next(now: MonotonicMs, busy?: (device: string) => boolean): NextStep;
  /** Takes what is due of this device, if anything is: to be read together with its neighbour on the same unit. */
  take(device: string, now: MonotonicMs): DueCycle | undefined;
}

interface Slot {
  readonly group: Group;
  /** Where its grid begins. */
  origin: MonotonicMs;
  /** Number of the last grid instant that is accounted for. */
  index: number;
  dueAt: MonotonicMs;
}

interface Row extends TimetableDevice {
  readonly slots: readonly Slot[];
  /** The names of all its groups: where all are due together it is always the same list. */
  readonly names: readonly string[];
}

/** Of lists of groups: devices of one profile have the same. */
const namesByGroups = new WeakMap<readonly Group[], readonly string[]>();

function namesOf(groups: readonly Group[]): readonly string[] {
  const known = namesByGroups.get(groups);
  if (known !== undefined) return known;
  const names = groups.map(({ name }) => name);
  namesByGroups.set(groups, names);
  return names;
}

/**
 * Who goes first is who is latest, in intervals, times this: when the line is short everything slows down, low
 * priorities twice as much as normal ones and four times as much as high ones.
 */
const WEIGHT: Readonly<Record<Priority, number>> = { high: 4, normal: 2, low: 1 };
/** Intervals outside these count as if they were these: neither the very short nor the very long ones starve others. */
const SHORTEST_MS = 1000;
const LONGEST_MS = 5000;

/** The wall clock may be set while we sleep: aligned groups are looked at this often. */
const ALIGN_CHECK_MS = 60_000;
/** A change of the offset below this is rounding. */
const STEP_MS = 100;

/** `utcOffsetMs`: wall time (ms since 1970) minus monotonic time, now; asked only for aligned groups. */
export function createTimetable(origin: MonotonicMs, utcOffsetMs: () => number = () => 0): Timetable {
  return new GridTimetable(origin, utcOffsetMs);
}

class GridTimetable implements Timetable {
  private rows: readonly Row[] = [];
  private offset: number;
  private hasAligned = false;

  constructor(
    private readonly origin: MonotonicMs,
    private readonly utcOffsetMs: () => number,
  ) {
    this.offset = utcOffsetMs();
  }

  apply(devices: readonly TimetableDevice[], now: MonotonicMs): void {
    const before = new Map(this.rows.map((row) => [row.name, row]));
    this.hasAligned = devices.some(({ groups }) => groups.some(({ align }) => align === true));
    this.rows = devices.map((device) => {
      const row = before.get(device.name);
      return row?.fingerprint === device.fingerprint ? row : this.atOnce(device, now);
    });
  }

  restart(now: MonotonicMs): void {
    this.rows = this.rows.map((row) => this.atOnce(row, later(now, row.connectDelayMs ?? 0), now));
  }

  reconnect(now: MonotonicMs): void {
    for (const { connectDelayMs, slots } of this.rows) {
      const at = later(now, connectDelayMs ?? 0);
      for (const slot of slots) if (!Number.isFinite(slot.group.intervalMs)) slot.dueAt = at;
    }
  }

  hasten(devices: ReadonlySet<string>, now: MonotonicMs): void {
    this.rows = this.rows.map((row) => (devices.has(row.name) ? this.atOnce(row, now) : row));
  }

  retry(device: string, groups: readonly string[], at: MonotonicMs): void {
    const slots = this.rows.find((row) => row.name === device)?.slots ?? [];
    for (const slot of slots) if (groups.includes(slot.group.name) && slot.dueAt > at) slot.dueAt = at;
  }

  take(device: string, now: MonotonicMs): DueCycle | undefined {
    const row = this.rows.find((candidate) => candidate.name === device);
    return row !== undefined && earliest(row) <= now ? take(row, now) : undefined;
  }

  next(now: MonotonicMs, busy?: (device: string) => boolean): NextStep {
    const hasAligned = this.followWallClock(now);
    const free = busy === undefined ? this.rows : this.rows.filter((row) => !busy(row.name));
    const row = mostUrgent(free, now);
    if (row !== undefined) return { kind: "due", cycle: take(row, now) };
    let at = hasAligned ? now + ALIGN_CHECK_MS : Number.POSITIVE_INFINITY;
    for (const one of free) at = Math.min(at, earliest(one));
    return Number.isFinite(at) ? { kind: "wake", at: monotonicMs(at) } : { kind: "idle" };
  }

  private atOnce(device: TimetableDevice, dueAt: MonotonicMs, now = dueAt): Row {
    const slots = device.groups.map((group) => {
      const from = group.align === true ? monotonicMs(-this.offset) : later(this.origin, device.phaseMs ?? 0);
      return { group, origin: from, index: gridIndex(from, group, now), dueAt };
    });
    const { name, fingerprint, groups, phaseMs, connectDelayMs } = device;
    return { name, fingerprint, groups, phaseMs, connectDelayMs, slots, names: namesOf(groups) };
  }

  /** Whether any group is aligned. After a step of the wall clock their grid is laid anew; what is due stays due. */
  private followWallClock(now: MonotonicMs): boolean {
    if (!this.hasAligned) return false;
    const current = this.utcOffsetMs();
    if (Math.abs(current - this.offset) < STEP_MS) return true;
    this.offset = current;
    for (const { slots } of this.rows) {
      for (const slot of slots) if (slot.group.align === true) layAnew(slot, monotonicMs(-current), now);
    }
    return true;
  }
}

/** The last grid instant at or before `now`, as its number. */
function gridIndex(origin: MonotonicMs, group: Group, now: MonotonicMs): number {
  return Math.floor((now - origin) / group.intervalMs);
}

/** Moves a slot to another grid; one that is due stays due. */
function layAnew(slot: Slot, origin: MonotonicMs, now: MonotonicMs): void {
  slot.origin = origin;
  const reached = gridIndex(origin, slot.group, now);
  slot.index = slot.dueAt <= now ? reached : reached + 1;
  if (slot.dueAt > now) slot.dueAt = gridInstant(slot);
}

/** The instant that `index` numbers. */
function gridInstant({ origin, index, group }: Slot): MonotonicMs {
  return later(origin, index * group.intervalMs);
}

function earliest(row: Row): number {
  let at = Number.POSITIVE_INFINITY;
  for (const slot of row.slots) at = Math.min(at, slot.dueAt);
  return at;
}

/** The row of the most urgent slot; of equally urgent ones that which has waited longest. */
function mostUrgent(rows: readonly Row[], now: MonotonicMs): Row | undefined {
  let best: Row | undefined;
  let most = 0;
  let bestAt = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    for (const slot of row.slots) {
      if (slot.dueAt > now) continue;
      const urgency = urgencyOf(slot, now);
      if (urgency < most || (urgency === most && slot.dueAt >= bestAt)) continue;
      best = row;
      most = urgency;
      bestAt = slot.dueAt;
    }
  }
  return best;
}

function urgencyOf({ group, dueAt }: Slot, now: MonotonicMs): number {
  const interval = Math.min(Math.max(group.intervalMs, SHORTEST_MS), LONGEST_MS);
  return WEIGHT[group.priority] * (1 + (now - dueAt) / interval);
}

/** Something of the row is due. */
function take(row: Row, now: MonotonicMs): DueCycle {
  const { slots, names } = row;
  const due = slots.length === 1 ? slots : slots.filter((slot) => slot.dueAt <= now);
  const groups = due.length === slots.length ? names : due.map(({ group }) => group.name);
  let dueAt = Number.POSITIVE_INFINITY;
  let missed = 0;
  const pace = due.map((slot): Pace => {
    dueAt = Math.min(dueAt, slot.dueAt);
    const passed = pass(slot, now);
    missed += passed;
    return passed === 0 ? KEPT_UP[slot.group.priority] : { priority: slot.group.priority, missed: passed };
  });
  return { device: row.name, groups, dueAt: monotonicMs(dueAt), missed, pace };
}

/** Of a group that was read whenever it was due. */
const KEPT_UP: Readonly<Record<Priority, Pace>> = {
  high: { priority: "high", missed: 0 },
  normal: { priority: "normal", missed: 0 },
  low: { priority: "low", missed: 0 },
};

/** Moves the slot to the first grid instant after `now`; returns how many instants were passed over. */
function pass(slot: Slot, now: MonotonicMs): number {
  // Rounding may put the instant n × interval a hair before itself: what is due has been reached, whatever it says.
  const reached = Math.max(slot.index, gridIndex(slot.origin, slot.group, now));
  const missed = reached - slot.index;
  slot.index = reached + 1;
  slot.dueAt = gridInstant(slot);
  return missed;
}
