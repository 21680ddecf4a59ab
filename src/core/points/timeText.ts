import { err, ok, type Result } from "../../kernel/result";

/** Year, month, day, hour, minute, second and fraction, offset from UTC. */
const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;
const MINUTE_MS = 60_000;

/** Instant and offset of the clock → `2026-11-23T11:15:30.123+01:00`; without an offset `…Z`. */
export function isoText(epoch: number, offset: number | undefined): string {
  if (offset === undefined) return new Date(epoch).toISOString();
  const minutes = Math.round(Math.abs(offset) / MINUTE_MS);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = new Date(epoch + offset).toISOString().slice(0, -1);
  return `${clock}${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** ISO 8601 with date, time and offset → ms since 1970 UTC, with a fraction where there are more digits than three. */
export function parseIso(text: string): Result<number, string> {
  const match = ISO_8601.exec(text);
  if (match === null) return err('a time in ISO 8601 with its offset from UTC, such as "2026-11-23T10:15:30Z"');
  const [, year, month, day, hour, minute, second = "0", fraction = "0", sign, hours = "0", minutes = "0"] = match;
  const whole = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const said = new Date(whole);
  const same =
    said.getUTCFullYear() === Number(year) &&
    said.getUTCMonth() === Number(month) - 1 &&
    said.getUTCDate() === Number(day) &&
    said.getUTCHours() === Number(hour) &&
    said.getUTCMinutes() === Number(minute);
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE_MS * (sign === "-" ? -1 : 1);
  const known = same && Number(second) < 60 && Number(minutes) < 60 && Number(hours) < 24;
  return known ? ok(whole - offset + Number(`0.${fraction}`) * 1000) : err("a date and time that exist");
}
