import type { SampleRun } from "./sample";

/**
 * Splits what of one cycle is to be sent into the parts that make one message each: good values of a part are at most
 * `maxSkewMs` apart; the order is kept. Bad readings stay with their neighbours and split nothing. Empty in, empty out.
 */
export function splitBySkew(runs: readonly SampleRun[], maxSkewMs: number): readonly (readonly SampleRun[])[] {
  if (runs.length === 1) return [runs];
  const parts: SampleRun[][] = [];
  let part: SampleRun[] = [];
  let earliest = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  for (const run of runs) {
    if (run.bads < run.values.length) {
      earliest = Math.min(earliest, run.at);
      latest = Math.max(latest, run.at);
      if (latest - earliest > maxSkewMs) {
        parts.push(part);
        part = [];
        earliest = run.at;
        latest = run.at;
      }
    }
    part.push(run);
  }
  if (part.length > 0) parts.push(part);
  return parts;
}
