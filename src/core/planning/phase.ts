import { type MonotonicMs, monotonicMs } from "../../kernel/units";

/**
 * Grids begin at multiples of this: with many connections a process that has just been woken, with cold caches, serves
 * several devices at once rather than one. What that costs is that the last of them is asked a little later.
 */
const SLOT_MS = 5;
/** Phases are spread over this: whatever the interval, devices with the same one fall due one after another. */
const SPREAD_MS = 60_000;

/**
 * Where the grid of a unit begins, ms: spread over the slots of a minute by the names, the same after each restart. All
 * groups of all devices on the unit share it, so that what falls due together can share requests.
 */
export function phaseMs(connection: string, unitId: number): number {
  // FNV-1a, then the finalizer of MurmurHash3: names that differ in one digit are to lie far apart.
  let hash = 0x811c9dc5;
  for (const character of `${connection}/${unitId}`) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return slotted((((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * SPREAD_MS);
}

/** What phases are counted from: the beginning of the slot of this instant, the same one for all connections. */
export function gridOrigin(now: MonotonicMs): MonotonicMs {
  return monotonicMs(slotted(now));
}

function slotted(ms: number): number {
  return Math.floor(ms / SLOT_MS) * SLOT_MS;
}
