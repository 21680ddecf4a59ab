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
function inParts<T, W extends Written>(
  items: readonly T[],
  maxBytes: number,
  write: (items: readonly T[]) => W | undefined,
): readonly W[] {
  const whole = write(items);
  if (whole === undefined) return [];
  if (whole.bytes <= maxBytes || items.length < 2) return [whole];
  return slicesOf(items, whole.bytes, maxBytes).flatMap((part) => inParts(part, maxBytes, write));
}

/** What is too large as a whole of so many bytes, in parts of equal number that may be small enough; two at least. */
function slicesOf<T>(items: readonly T[], bytes: number, maxBytes: number): readonly (readonly T[])[] {
  const parts = Math.min(Math.max(Math.ceil(bytes / Math.max(maxBytes, 1)), 2), items.length);
  const size = Math.ceil(items.length / parts);
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, (part + 1) * size),
  );
}

/** The same of what a device yielded: of two samples at least. */
export function runSlicesOf(
  runs: readonly SampleRun[],
  bytes: number,
  maxBytes: number,
): readonly (readonly SampleRun[])[] {
  return slicesOf(samplesOf(runs), bytes, maxBytes).map(runsOf);
}
