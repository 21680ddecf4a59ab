import { isReversed } from "./codedIntegers";
import { bytesOfPattern, placeBytes, readPattern } from "./registerBytes";
import type { ByteOrder, TimeType, WallTime } from "./typeSpec";

const SECOND = 1000;
const MINUTE_MS = 60_000;
/** Years of two digits, and the seven bits of ti081, count from here. */
const CENTURY = 2000;
/** The last moment that ISO 8601 has four digits for. */
const LAST_YEAR = 9999;

/** Year, month 1-12, day, hour, minute, millisecond of the minute; `undefined` where that is no date or no time. */
function wallTime(fields: readonly [number, number, number, number, number, number]): number | undefined {
  const [year, month, day, hour, minute, ms] = fields;
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || ms >= MINUTE_MS) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, 0, ms));
  return date.getUTCDate() === day ? date.getTime() : undefined;
}

/** Words in the order of their meaning, whichever way they arrive. */
function words(registers: Uint16Array, at: number, order: ByteOrder, count: number): number[] {
  const found = [...registers.subarray(at, at + count)];
  return isReversed(order) ? found.reverse() : found;
}

function placed(values: number[], order: ByteOrder): number[] {
  return isReversed(order) ? values.reverse() : values;
}

const INVALID = 0x80;
const SUMMER = 0x8000;

/**
 * IEC 60870-5-4, as meters have it (TI081): word 1 year (7 bits, from 2000); 2 month, day (and day of the week, which is
 * not looked at and written as 0); 3 hour, minute, bit 15 summer time, bit 7 invalid; 4 milliseconds of the minute.
 */
export const ti081: TimeType = {
  shape: "time",
  registers: 4,
  ordering: "words",
  resolutionMs: 1,
  min: Date.UTC(CENTURY, 0, 1),
  max: Date.UTC(CENTURY + 128, 0, 1) - 1,
  read(registers, at, order): WallTime | "invalid" | undefined {
    const [year = 0, date = 0, time = 0, milliseconds = 0] = words(registers, at, order, 4);
    if ((time & INVALID) !== 0) return "invalid";
    const [month, day] = [(date >> 8) & 0x0f, date & 0x1f];
    const [hour, minute] = [(time >> 8) & 0x1f, time & 0x3f];
    const ms = wallTime([CENTURY + (year & 0x7f), month, day, hour, minute, milliseconds]);
    return ms === undefined ? undefined : { ms, summer: (time & SUMMER) !== 0 };
  },
  write({ ms, summer }, order) {
    const date = new Date(ms);
    const time = (date.getUTCHours() << 8) | date.getUTCMinutes() | (summer === true ? SUMMER : 0);
    const values = [
      date.getUTCFullYear() - CENTURY,
      ((date.getUTCMonth() + 1) << 8) | date.getUTCDate(),
      time,
      date.getUTCSeconds() * SECOND + date.getUTCMilliseconds(),
    ];
    return placed(values, order);
  },
};

/** A byte each for year (from 2000), month, day, hour, minute, second. */
export const ymdhms: TimeType = {
  shape: "time",
  registers: 3,
  ordering: "words",
  resolutionMs: SECOND,
  min: Date.UTC(CENTURY, 0, 1),
  max: Date.UTC(CENTURY + 100, 0, 1) - SECOND,
  read(registers, at, order): WallTime | undefined {
    const bytes = words(registers, at, order, 3).flatMap((word) => [word >> 8, word & 0xff]);
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes;
    if (year > 99 || second > 59) return undefined;
    const ms = wallTime([CENTURY + year, month, day, hour, minute, second * SECOND]);
    return ms === undefined ? undefined : { ms };
  },
  write({ ms }, order) {
    const date = new Date(ms);
    const values = [
      ((date.getUTCFullYear() - CENTURY) << 8) | (date.getUTCMonth() + 1),
      (date.getUTCDate() << 8) | date.getUTCHours(),
      (date.getUTCMinutes() << 8) | date.getUTCSeconds(),
    ];
    return placed(values, order);
  },
};

/** Seconds since 1970, unsigned. */
export function unixSeconds(bits: 32 | 64): TimeType {
  const last = Date.UTC(LAST_YEAR + 1, 0, 1) - SECOND;
  const max = bits === 32 ? 0xffff_ffff * SECOND : last;
  return {
    shape: "time",
    registers: bits / 16,
    ordering: "value",
    resolutionMs: SECOND,
    min: 0,
    max,
    read(registers, at, order): WallTime | undefined {
      const seconds = Number(readPattern(registers, at, order));
      return seconds * SECOND > max ? undefined : { ms: seconds * SECOND };
    },
    write: ({ ms }, order) => placeBytes(bytesOfPattern(BigInt(ms / SECOND), bits / 8), order),
  };
}
