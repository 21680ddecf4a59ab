import type { Sample } from "./sample";

/** Values further apart than this do not share a message (contract section 4). */
export const MAX_SKEW_MS = 1000;

/** True for what a telemetry message carries: a known value of a telemetry point. */
export function carriesTelemetry(sample: Sample): boolean {
  return sample.point.kind === "telemetry" && "value" in sample.reading;
}

/**
 * Splits what a device yielded in one cycle into the parts that make one message each: good telemetry values of a
 * part are at most `maxSkewMs` apart; the order is kept. Samples that no message carries stay with their neighbours
 * and split nothing. Empty in, empty out.
 */
export function splitBySkew(
  samples: readonly Sample[],
  maxSkewMs: number = MAX_SKEW_MS,
): readonly (readonly Sample[])[] {
  const parts: Sample[][] = [];
  let part: Sample[] = [];
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    if (carriesTelemetry(sample)) {
      earliest = Math.min(earliest, sample.at);
      latest = Math.max(latest, sample.at);
      if (latest - earliest > maxSkewMs) {
        parts.push(part);
        part = [];
        earliest = sample.at;
        latest = sample.at;
      }
    }
    part.push(sample);
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
