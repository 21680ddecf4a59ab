import { runsOf, type SampleRun, samplesOf } from "./sample";

/** Something written, and its length in UTF-8. */
interface Written {
  readonly bytes: number;
}

/**
 * Writes what a device yielded as one whole, or as several of at most `maxBytes` each, in order. A value that is larger
 * by itself is a whole by itself. `write` answers nothing where there is nothing worth writing.
 */
export function runsInParts<W extends Written>(
  runs: readonly SampleRun[],
  maxBytes: number,
  write: (runs: readonly SampleRun[]) => W | undefined,
): readonly W[] {
  const whole = write(runs);
  if (whole === undefined) return [];
  if (whole.bytes <= maxBytes) return [whole];
  return inParts(samplesOf(runs), maxBytes, (samples) => write(runsOf(samples)));
}

/**
 * Writes the items as one whole, or as several of at most `maxBytes` each, in order. An item that is larger by itself is
 * a whole by itself. `write` answers nothing where the items are worth nothing.
 */
export function inParts<T, W extends Written>(
  items: readonly T[],
  maxBytes: number,
  write: (items: readonly T[]) => W | undefined,
): readonly W[] {
  const whole = write(items);
  if (whole === undefined) return [];
  if (whole.bytes <= maxBytes || items.length < 2) return [whole];
  const parts = Math.min(Math.max(Math.ceil(whole.bytes / Math.max(maxBytes, 1)), 2), items.length);
  const size = Math.ceil(items.length / parts);
  const written: W[] = [];
  for (let from = 0; from < items.length; from += size) {
    written.push(...inParts(items.slice(from, from + size), maxBytes, write));
  }
  return written;
}
