import { err, ok, type Result } from "../../kernel/result";
import type { WallTime } from "./typeSpec";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** The furthest that clocks are from UTC is 14 hours. */
const FIXED = /^([+-])(0\d|1[0-4]):([0-5]\d)$/;

/** What clocks in one place show. Offsets are clock minus UTC, ms. */
export interface Zone {
  /** Of an instant, ms since 1970 UTC. */
  offsetAt(epoch: number): number;
  /** Whether the clock shows summer time; `undefined` where it has none. */
  isSummer(epoch: number): boolean | undefined;
}

export const UTC: Zone = { offsetAt: () => 0, isSummer: () => undefined };

const known = new Map<string, Zone>();

/** A fixed offset from UTC (`+02:00`), or a name of the IANA time zone database (`Europe/Berlin`). */
export function parseZone(text: string): Result<Zone, string> {
  const before = known.get(text);
  if (before !== undefined) return ok(before);
  const zone = fixedZone(text) ?? namedZone(text);
  if (zone === undefined) {
    return err(`"${text}" is no time zone: an offset such as "+02:00", or a name such as "Europe/Berlin"`);
  }
  known.set(text, zone);
  return ok(zone);
}

function fixedZone(text: string): Zone | undefined {
  const match = FIXED.exec(text);
  if (match === null) return undefined;
  const [, sign, hours, minutes] = match;
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS);
  return { offsetAt: () => offset, isSummer: () => undefined };
}

function namedZone(name: string): Zone | undefined {
  if (!/^[A-Za-z]/.test(name)) return undefined;
  const clock = clockOf(name);
  if (clock === undefined) return undefined;
  const offsetAt = hourly((epoch: number): number => {
    const second = Math.floor(epoch / 1000) * 1000;
    return clock(second) - second;
  });
  return { offsetAt, isSummer: (epoch) => offsetAt(epoch) > standardOffset(offsetAt, epoch) };
}

const HOURS_KEPT = 1000;

/** Asks once for an hour in which the offset does not change: that takes a thousand times as long as looking it up. */
function hourly(offsetAt: Zone["offsetAt"]): Zone["offsetAt"] {
  const known = new Map<number, number | undefined>();
  return (epoch) => {
    const hour = Math.floor(epoch / HOUR_MS);
    if (!known.has(hour)) {
      if (known.size >= HOURS_KEPT) known.clear();
      const first = offsetAt(hour * HOUR_MS);
      known.set(hour, first === offsetAt((hour + 1) * HOUR_MS) ? first : undefined);
    }
    return known.get(hour) ?? offsetAt(epoch);
  };
}

/** The smaller of the offsets in January and in July of the year. */
function standardOffset(offsetAt: Zone["offsetAt"], epoch: number): number {
  const year = new Date(epoch).getUTCFullYear();
  return Math.min(offsetAt(Date.UTC(year, 0, 1)), offsetAt(Date.UTC(year, 6, 1)));
}

/** Instant → what the clock shows; `undefined` where nobody knows the place. */
function clockOf(timeZone: string): ((epoch: number) => number) | undefined {
  const numeric = "2-digit";
  const fields = { month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric } as const;
  try {
    const format = new Intl.DateTimeFormat("en-US", {
      ...{ timeZone, calendar: "iso8601", numberingSystem: "latn", year: "numeric", hourCycle: "h23" },
      ...fields,
    });
    return (epoch) => {
      const parts = new Map(format.formatToParts(epoch).map(({ type, value }) => [type, Number(value)]));
      const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
      return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/**
 * The instant at which the zone's clocks show this; `undefined` where they skip it (put forward in spring). Of a time
 * that they show twice the first, or the one that the device names.
 */
export function instantOf(zone: Zone, { ms, summer }: WallTime): number | undefined {
  const before = zone.offsetAt(ms - DAY_MS);
  const after = zone.offsetAt(ms + DAY_MS);
  const shown = [...new Set([before, after])]
    .map((offset) => ms - offset)
    .filter((epoch) => zone.offsetAt(epoch) === ms - epoch);
  const [first, second] = shown.sort((a, b) => a - b);
  if (second === undefined || summer === undefined) return first;
  return shown.find((epoch) => zone.isSummer(epoch) === summer) ?? first;
}
