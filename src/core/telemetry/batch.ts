import type { Sample } from "./sample";

/**
 * Splits what of one cycle is to be sent into the parts that make one message each: good values of a part are at most
 * `maxSkewMs` apart; the order is kept. Bad readings stay with their neighbours and split nothing. Empty in, empty out.
 */
export function splitBySkew(samples: readonly Sample[], maxSkewMs: number): readonly (readonly Sample[])[] {
  const parts: Sample[][] = [];
  let part: Sample[] = [];
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    if ("value" in sample.reading) {
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
