import { isJsonObject, type JsonObject } from "../kernel/json";
import type { DataFolder } from "../store/dataFolder";

/** How far the wall clock was stepped in each start of the process: what waits of an earlier one is corrected by it. */
export interface ClockBook {
  /** Since that start, in all, ms; `undefined` where nothing is known of it, or its clock was never set. */
  shiftOf(boot: string): number | undefined;
  /** The clock has been set in this start: so far in all, ms. */
  stepped(shiftMs: number): void;
}

const DOCUMENT = "clock";
/** Starts that are kept; the spool seldom holds messages of more than one. */
const MOST_BOOTS = 20;

/** Kept as `clock.json` in the data folder, which is written when the clock is set, and only then. */
export async function readClockBook(
  data: Pick<DataFolder, "read" | "write">,
  clock: { shift(): number },
  bootId: string,
): Promise<ClockBook> {
  const document = await data.read(DOCUMENT);
  const boots = new Map(Object.entries(bootsOf(document)));
  return {
    shiftOf: (boot) => (boot === bootId ? clock.shift() : boots.get(boot)),
    stepped(shiftMs) {
      boots.delete(bootId);
      boots.set(bootId, shiftMs);
      const [oldest] = boots.keys();
      if (boots.size > MOST_BOOTS && oldest !== undefined) boots.delete(oldest);
      void data.write(DOCUMENT, { boots: Object.fromEntries(boots) });
    },
  };
}

function bootsOf(document: unknown): Readonly<Record<string, number>> {
  const boots = isJsonObject(document) ? document["boots"] : undefined;
  const entries = Object.entries(isJsonObject(boots) ? boots : ({} as JsonObject));
  return Object.fromEntries(entries.filter((entry): entry is [string, number] => Number.isFinite(entry[1])));
}
