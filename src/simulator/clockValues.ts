import type { Point } from "../core/points/point";

/** Dates in registers, read and written by the simulator's own means (see `registers.ts`). */

type DatePoint = Pick<Point, "type" | "zone">;

const DATES: ReadonlySet<Point["type"]> = new Set(["ti081", "ymdhms", "unix32", "unix64"]);

export function isDate(type: Point["type"]): boolean {
  return DATES.has(type);
}

const DAY_MS = 86_400_000;

/** Clock minus UTC, in ms. */
function offsetAt(zone: string | undefined, epoch: number): number {
  if (zone === undefined) return 0;
  const fixed = /^([+-])(\d\d):(\d\d)$/.exec(zone);
  if (fixed !== null) return (fixed[1] === "-" ? -1 : 1) * (Number(fixed[2]) * 60 + Number(fixed[3])) * 60_000;
  const second = Math.floor(epoch / 1000) * 1000;
  const shown = new Date(second).toLocaleString("sv-SE", { timeZone: zone });
  return Date.parse(`${shown.replace(" ", "T")}Z`) - second;
}

function offsetText(offset: number): string {
  const minutes = Math.abs(offset) / 60_000;
  const pad = (value: number): string => `0${value}`.slice(-2);
  return `${offset < 0 ? "-" : "+"}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** What the clock shows → the value: the earliest instant at which it shows that. */
function textOf(zone: string | undefined, clock: string): string | undefined {
  const shown = Date.parse(`${clock}Z`);
  if (Number.isNaN(shown) || new Date(shown).toISOString() !== `${clock}Z`) return undefined;
  if (zone === undefined) return `${clock}Z`;
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((near) => offsetAt(zone, near));
  const fitting = offsets.filter((offset) => offsetAt(zone, shown - offset) === offset);
  return fitting.length === 0 ? undefined : `${clock}${offsetText(Math.max(...fitting))}`;
}

const digits = (value: number, count: number): string => String(value).padStart(count, "0");

/** Bytes by significance → ISO 8601, `undefined` where they are no date; `invalid` where the device says so. */
export function readDate({ type, zone }: DatePoint, bytes: Uint8Array): string | undefined {
  const at = (i: number): number => bytes[i] ?? 0;
  if (type === "ti081") {
    if (at(5) >= 128) return "invalid";
    const ms = at(6) * 256 + at(7);
    const date = `20${digits(at(1) % 128, 2)}-${digits(at(2) % 16, 2)}-${digits(at(3) % 32, 2)}`;
    const time = `${digits(at(4) % 32, 2)}:${digits(at(5) % 64, 2)}`;
    return textOf(zone, `${date}T${time}:${digits(Math.floor(ms / 1000), 2)}.${digits(ms % 1000, 3)}`);
  }
  if (type === "ymdhms") {
    const [year, month, day, hour, minute, second] = [...bytes].map((byte) => digits(byte, 2));
    return textOf(zone, `20${year}-${month}-${day}T${hour}:${minute}:${second}.000`);
  }
  const seconds = [...bytes].reduce((sum, byte) => sum * 256 + byte, 0);
  return seconds > 253_402_300_799 ? undefined : textOf(zone, new Date(seconds * 1000).toISOString().slice(0, -1));
}

/** ISO 8601 → bytes by significance. */
export function writeDate({ type, zone }: DatePoint, text: string, bytes: Uint8Array): void {
  const epoch = Date.parse(text);
  const clock = new Date(epoch + offsetAt(zone, epoch));
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = clock
    .toISOString()
    .split(/[-T:.Z]/)
    .map(Number);
  const ofMinute = second * 1000 + ms;
  if (type === "ti081") {
    bytes.set([0, year - 2000, month, day, hour, minute, Math.floor(ofMinute / 256), ofMinute % 256]);
  } else if (type === "ymdhms") bytes.set([year - 2000, month, day, hour, minute, second]);
  else {
    const seconds = Math.floor(clock.getTime() / 1000);
    bytes.forEach((_, i) => {
      bytes[i] = Math.floor(seconds / 256 ** (bytes.length - 1 - i)) % 256;
    });
  }
}
