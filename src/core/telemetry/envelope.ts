import type { EpochMs } from "../../kernel/units";
import type { OutputConfig } from "../config/gatewayConfig";
import type { Decoded, Point } from "../points/point";
import { isNoValue } from "../points/pointValue";
import { runsInParts } from "./inParts";
import { roomFor, writeAscii, writeDigitText, writeValue } from "./jsonBytes";
import type { SampleRun } from "./sample";

/** The text of a message and its time: that of the last response in it. */
export interface Envelope {
  readonly body: string;
  readonly at: EpochMs;
  /** Length of the body in UTF-8. */
  readonly bytes: number;
}

/** How values are written. */
export type ValueForm = Pick<OutputConfig, "bigIntegers">;

const OPEN = 0x7b;
const CLOSE = 0x7d;
const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
/** Quotes of the name and of a text of digits, colon, comma and the closing brace. */
const ROOM_AROUND = 7;

const NUMBERS: ValueForm = { bigIntegers: "number" };

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
/** Where messages are written, one at a time; grows to the largest. */
let bytes = new Uint8Array(4096);

function makeRoom(needed: number): void {
  if (needed <= bytes.length) return;
  const larger = new Uint8Array(Math.max(needed, bytes.length * 2));
  larger.set(bytes);
  bytes = larger;
}

/**
 * The good values, in order, as a JSON object: `{"supplyTemperature":61.5,"energy":18446744073709551.615}`.
 * `undefined` where there is none. Which samples belong into it is for the caller to say.
 */
export function valuesObject(runs: readonly SampleRun[], { bigIntegers } = NUMBERS): Envelope | undefined {
  let end = 0;
  let at: EpochMs | undefined;
  for (const run of runs) {
    const before = end;
    end = writeRun(before, run, bigIntegers);
    if (end > before && (at === undefined || run.at > at)) at = run.at;
  }
  if (at === undefined) return undefined;
  bytes[end++] = CLOSE;
  return { body: decoder.decode(bytes.subarray(0, end)), at, bytes: end };
}

/** Writes the good values at `end`, each behind a comma (the first of all behind the brace); returns the place after them. */
function writeRun(end: number, { list, values }: SampleRun, bigIntegers: ValueForm["bigIntegers"]): number {
  const { points } = list;
  for (let place = 0; place < points.length; place++) {
    const value = values[place] as Decoded;
    if (isNoValue(value)) continue;
    const { name } = points[place] as Point;
    makeRoom(end + name.length + ROOM_AROUND + roomFor(value));
    bytes[end] = end === 0 ? OPEN : COMMA;
    bytes[end + 1] = QUOTE;
    // Names of points are letters, digits and underscores (contract section 1).
    end = writeAscii(bytes, end + 2, name);
    bytes[end] = QUOTE;
    bytes[end + 1] = COLON;
    const isLong = bigIntegers === "string" && typeof value === "object";
    end = isLong ? writeDigitText(bytes, end + 2, value) : writeValue(bytes, end + 2, value);
  }
  return end;
}

/**
 * IoT Plug and Play messages (contract section 4) of the good values of the samples: one, or several where one would
 * have more than `maxBytes`; none without a good value. A value that is larger by itself has a message by itself.
 */
export function pnpMessages(
  runs: readonly SampleRun[],
  maxBytes = Number.POSITIVE_INFINITY,
  form: ValueForm = NUMBERS,
): readonly Envelope[] {
  return runsInParts(runs, maxBytes, (part) => valuesObject(part, form));
}
