import { err, ok, type Result } from "../../kernel/result";

/** `1-20,100`: unit ids in this order, each once; or what is wrong. */
export function parseUnits(text: string, least: number, most: number): Result<readonly number[], string> {
  const units = new Set<number>();
  for (const part of text.split(",")) {
    const [, from, to] = /^\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?\s*$/.exec(part) ?? [];
    const [first, last] = [Number(from), Number(to ?? from)];
    if (from === undefined || first < least || last > most || last < first)
      return err(`"${part}" is no range of unit ids from ${least} to ${most}, such as 1-20`);
    for (let unit = first; unit <= last; unit++) units.add(unit);
  }
  return ok([...units]);
}

/** For people: `1 to 247, 255, 0`. */
export function unitsText(units: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const unit of units) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] + 1 === unit) last[1] = unit;
    else runs.push([unit, unit]);
  }
  return runs.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`)).join(", ");
}

/** Servers themselves are often 255 or 0, units behind gateways have the ids of the serial line. */
export const NETWORK_UNITS = "1-247,255,0";
export const SERIAL_UNITS = "1-247";

/** Settings of serial lines, the commonest first. What hears 8N1 hears 8N2 as well, so that 2 stop bits are left out. */
export const SERIAL_SETTINGS: readonly string[] = [
  ...["9600 8N1", "19200 8E1", "9600 8E1", "19200 8N1", "38400 8N1", "115200 8N1", "38400 8E1", "115200 8E1"],
  ...["57600 8N1", "57600 8E1", "4800 8N1", "4800 8E1", "2400 8N1", "2400 8E1", "9600 8O1", "19200 8O1"],
];

/** The ids that most devices have: asked for first at every setting of a line. */
export const COMMON_UNITS = 10;

/** Nobody has units at all of these: whoever answers as all of them does not look at the unit id. */
export const SENTINEL_UNITS: readonly number[] = [203, 151, 97, 61];
