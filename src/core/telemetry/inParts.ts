import { runsOf, type SampleRun, samplesOf } from "./sample";

/** Something written, and its length in UTF-8. */
interface Written {
  readonly bytes: number;
}

/**
 * Writes what a device yielded as one whole, or as several of at most `maxBytes` each, in order. A sample that is larger
 * by itself is a whole by itself. `write` answers nothing where there is nothing worth writing.
 */
export function runsInParts<W extends Written>(
  runs: readonly SampleRun[],
  maxBytes: number,
  write: (runs: readonly SampleRun[]) => W | undefined,
): readonly W[] {
  const whole = write(runs);
  if (whole === undefined) return [];
  if (whole.bytes <= maxBytes || isSingle(runs)) return [whole];
  return runSlicesOf(runs, whole.bytes, maxBytes).flatMap((part) => runsInParts(part, maxBytes, write));
}

/** Of one sample: nothing can be taken apart. */
export function isSingle(runs: readonly SampleRun[]): boolean {
  return runs.length === 1 && runs[0]?.values.length === 1;
}

/**
 * What is too large as a whole of so many bytes, in parts of equal number that may be small enough; two at least. Of two
 * samples at least.
 */
export function runSlicesOf(
  runs: readonly SampleRun[],
  bytes: number,
  maxBytes: number,
): readonly (readonly SampleRun[])[] {
  const samples = samplesOf(runs);
  const parts = Math.min(Math.max(Math.ceil(bytes / Math.max(maxBytes, 1)), 2), samples.length);
  const size = Math.ceil(samples.length / parts);
  return Array.from({ length: Math.ceil(samples.length / size) }, (_, part) =>
    runsOf(samples.slice(part * size, (part + 1) * size)),
  );
}
