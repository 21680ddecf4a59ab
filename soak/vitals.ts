import { readdirSync, readFileSync } from "node:fs";

/** What a process holds at a moment. */
export interface Vital {
  readonly at: number;
  readonly rssKb: number;
  readonly files: number;
}

/** From /proc; `undefined` where the process is gone. */
export function vitalOf(pid: number, at: number): Vital | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const rssKb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    return Number.isNaN(rssKb) ? undefined : { at, rssKb, files: readdirSync(`/proc/${pid}/fd`).length };
  } catch {
    return undefined;
  }
}

/** KB a minute, by least squares. */
export function slopeOf(vitals: readonly Vital[]): number {
  const minutes = (at: number): number => (at - (vitals[0]?.at ?? 0)) / 60_000;
  const n = vitals.length;
  const meanX = vitals.reduce((sum, { at }) => sum + minutes(at), 0) / n;
  const meanY = vitals.reduce((sum, { rssKb }) => sum + rssKb, 0) / n;
  const over = vitals.reduce((sum, { at, rssKb }) => sum + (minutes(at) - meanX) * (rssKb - meanY), 0);
  const under = vitals.reduce((sum, { at }) => sum + (minutes(at) - meanX) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

/** The fewest open files in a time: what comes and goes is no leak. */
export function fewestFiles(vitals: readonly Vital[]): number {
  return Math.min(...vitals.map(({ files }) => files));
}
