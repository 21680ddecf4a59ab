/** One kind of client polling its devices, in a process of its own: `fleetWorker KIND PORT DEVICES INTERVAL TYPE`, then orders by IPC. */
import { FLEETS, type Fleet, type FleetOptions } from "./fleetPeers";

/** What was done in one slice. */
export interface FleetSlice {
  readonly polls: number;
  readonly samples: number;
  readonly bad: number;
  readonly missed: number;
  readonly late: readonly number[];
  readonly bytes: number;
  /** User and system time of this process. */
  readonly cpuMicros: number;
  readonly elapsedMs: number;
  readonly residentBytes: number;
}

async function slice(fleet: Fleet, runMs: number, settleMs: number): Promise<FleetSlice> {
  const { tally } = fleet;
  fleet.start();
  // Everybody is planned and polled at once: that is a start, not the steady state.
  await new Promise((resolve) => setTimeout(resolve, settleMs));
  Object.assign(tally, { polls: 0, samples: 0, bad: 0, missed: 0, late: [], bytes: 0 });
  const begun = performance.now();
  const cpu = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, runMs));
  const { user, system } = process.cpuUsage(cpu);
  const elapsedMs = performance.now() - begun;
  const done = { ...tally };
  const residentBytes = process.memoryUsage.rss();
  await fleet.stop();
  return { ...done, missed: tally.missed, cpuMicros: user + system, elapsedMs, residentBytes };
}

async function main(): Promise<void> {
  const [kind = "", port, devices, intervalMs, type] = process.argv.slice(2);
  const build = FLEETS[kind];
  if (build === undefined) throw new Error(`no kind called ${kind}`);
  const settleMs = Number(intervalMs) === 0 ? 1000 : 5000;
  const options = { port: Number(port), devices: Number(devices), intervalMs: Number(intervalMs), type };
  const fleet = await build(options as FleetOptions);
  process.on("message", ({ runMs }: { readonly runMs: number }) => {
    void slice(fleet, runMs, settleMs).then((done) => process.send?.(done));
  });
  process.on("disconnect", () => process.exit());
  process.send?.("ready");
}

void main();
