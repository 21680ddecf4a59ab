import type { Peer } from "./tcpPeers";

/** What a client did while it was let run. */
export interface Slice {
  readonly requests: number;
  /** User and system time of this process. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
  readonly elapsedMs: number;
}

export interface Measured {
  readonly name: string;
  readonly peers: readonly Peer[];
  /** Requests unanswered at the same time, a peer. */
  readonly depth: number;
  /** Last register of every right answer. */
  readonly expected: number;
}

/** Says that it is ready, then runs a slice for every `{runMs}` that comes by IPC and answers with it; ends with its parent. */
export function serveSlices(measured: Measured): void {
  process.on("message", (order: { readonly runMs: number }) => {
    void slice(measured, order.runMs).then((result) => process.send?.(result));
  });
  process.on("disconnect", () => process.exit());
  process.send?.("ready");
}

async function slice({ name, peers, depth, expected }: Measured, runMs: number): Promise<Slice> {
  const tally = { requests: 0, running: true };
  const started = performance.now();
  const before = process.cpuUsage();
  const timer = setTimeout(() => {
    tally.running = false;
  }, runMs);
  const keepAsking = async (peer: Peer): Promise<void> => {
    while (tally.running) {
      const value = peer.last(await peer.ask());
      if (value !== expected) throw new Error(`${name}: ${value} instead of ${expected}`);
      tally.requests++;
    }
  };
  await Promise.all(peers.flatMap((peer) => Array.from({ length: depth }, () => keepAsking(peer))));
  clearTimeout(timer);
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = performance.now() - started;
  return { requests: tally.requests, cpuMicros: user + system, residentBytes: process.memoryUsage.rss(), elapsedMs };
}
