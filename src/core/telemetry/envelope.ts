import type { EpochMs } from "../../kernel/units";
import { valueToJsonText } from "../points/valueText";
import type { Sample } from "./sample";

/** The text of a message and its time: that of the last response in it. */
export interface Envelope {
  readonly body: string;
  readonly at: EpochMs;
}

/**
 * One IoT Plug and Play message (contract section 4): `{"supplyTemperature":61.5,"energy":18446744073709551.615}`, the
 * good values of the telemetry points, in order. `undefined` where there is none.
 */
export function pnpMessage(samples: readonly Sample[]): Envelope | undefined {
  let body = "";
  let at: EpochMs | undefined;
  for (const { point, reading, at: sampleAt } of samples) {
    if (point.kind !== "telemetry" || !("value" in reading)) continue;
    // Names of points need no escaping (contract section 1).
    body += `${body === "" ? "{" : ","}"${point.name}":${valueToJsonText(reading.value)}`;
    if (at === undefined || sampleAt > at) at = sampleAt;
  }
  return at === undefined ? undefined : { body: `${body}}`, at };
}
