/** Never more than one attempt to connect in this time. */
export const MIN_CONNECT_INTERVAL_MS = 1000;
const MAX_MS = 30_000;
const QUICK_MS = 200;

/**
 * The rest before the next attempt to connect, after `failures` attempts since a device answered last. The first is
 * quick (a server that restarts is back soon), then it doubles from about a second up to 30 s. The jitter keeps the
 * gateways of a plant from returning all at once.
 * @param random yields numbers in [0, 1).
 */
export function backoffMs(failures: number, random: () => number): number {
  if (failures <= 1) return QUICK_MS * random();
  const full = Math.min(MAX_MS, 1000 * 2 ** Math.min(failures - 2, 10));
  return full * (0.5 + random() / 2);
}
