import type { EpochMs } from "../../kernel/units";
import { roomFor, writeAscii, writeValue } from "./jsonBytes";
import type { Sample } from "./sample";

/** The text of a message and its time: that of the last response in it. */
export interface Envelope {
  readonly body: string;
  readonly at: EpochMs;
}

const OPEN = 0x7b;
const CLOSE = 0x7d;
const QUOTE = 0x22;
const COLON = 0x3a;
const COMMA = 0x2c;
/** Quotes, colon, comma and the closing brace. */
const ROOM_AROUND = 5;

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
 * One IoT Plug and Play message (contract section 4): `{"supplyTemperature":61.5,"energy":18446744073709551.615}`, the
 * good values of the telemetry points, in order. `undefined` where there is none.
 */
export function pnpMessage(samples: readonly Sample[]): Envelope | undefined {
  let end = 0;
  let at: EpochMs | undefined;
  for (const { point, reading, at: sampleAt } of samples) {
    if (point.kind !== "telemetry" || !("value" in reading)) continue;
    makeRoom(end + point.name.length + ROOM_AROUND + roomFor(reading.value));
    bytes[end++] = at === undefined ? OPEN : COMMA;
    bytes[end++] = QUOTE;
    // Names of points are letters, digits and underscores (contract section 1).
    end = writeAscii(bytes, end, point.name);
    bytes[end++] = QUOTE;
    bytes[end++] = COLON;
    end = writeValue(bytes, end, reading.value);
    if (at === undefined || sampleAt > at) at = sampleAt;
  }
  if (at === undefined) return undefined;
  bytes[end++] = CLOSE;
  return { body: decoder.decode(bytes.subarray(0, end)), at };
}
