import type { AwayReport } from "./soakChecks";
import { QUIET_DEVICE, type SoakSite } from "./soakSite";

export interface HubAwayPorts {
  readonly site: SoakSite;
  now(): number;
  rest(ms: number): Promise<void>;
  /** Until nearly nothing waits. */
  calm(): Promise<void>;
}

/** The hub is away, comes back, and the backlog drains beside what is being taken. */
export async function hubAway(seconds: number, { site, now, rest, calm }: HubAwayPorts): Promise<AwayReport> {
  await site.hub.fault("down");
  const wentAt = now();
  await rest(seconds * 1000);
  const before = site.arrivals.length;
  await site.hub.clearFault("down");
  const backAt = now();
  const backlog = site.samples.filter(({ at }) => at >= wentAt && at < backAt).length;
  await calm();
  const drainedMs = now() - backAt;
  await rest(2000);
  const arrived = site.arrivals.slice(before);
  const bySecond = new Map<number, number>();
  for (const { receivedAt } of arrived) {
    const second = Math.floor((receivedAt - backAt) / 1000);
    bySecond.set(second, (bySecond.get(second) ?? 0) + 1);
  }
  const quiet = site.samples.filter(({ device, at }) => QUIET_DEVICE.test(device) && at >= wentAt);
  const largestGapMs = largestGap(quiet);
  return { backlog, drainedMs, mostASecond: Math.max(0, ...bySecond.values()), largestGapMs };
}

function largestGap(samples: readonly { readonly device: string; readonly at: number }[]): number {
  const last = new Map<string, number>();
  let largest = 0;
  for (const { device, at } of samples) {
    largest = Math.max(largest, at - (last.get(device) ?? at));
    last.set(device, at);
  }
  return largest;
}
