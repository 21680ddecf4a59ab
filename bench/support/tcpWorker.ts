/** One measured client in a process of its own: `tcpWorker PEER PORT CONNECTIONS COUNT DEPTH`, then orders by IPC. */
import { FIRST, PEERS, type Peer } from "./tcpPeers";

/** `{runMs}` in, this out. */
export interface Slice {
  readonly requests: number;
  /** User and system time of this process. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
}

const [name = "", ...numbers] = process.argv.slice(2);
const [port = 0, connections = 1, count = 1, depth = 1] = numbers.map(Number);
const expected = FIRST + count - 1;

async function main(): Promise<void> {
  const open = PEERS[name];
  if (open === undefined) throw new Error(`no client called ${name}`);
  const peers: Peer[] = [];
  for (let index = 0; index < connections; index++) peers.push(await open({ port, count, depth }));
  process.on("message", (order: { readonly runMs: number }) => {
    void slice(peers, order.runMs).then((result) => process.send?.(result));
  });
  process.on("disconnect", () => process.exit());
  process.send?.("ready");
}

async function slice(peers: readonly Peer[], runMs: number): Promise<Slice> {
  const tally = { requests: 0, running: true };
  const before = process.cpuUsage();
  const timer = setTimeout(() => {
    tally.running = false;
  }, runMs);
  const callers = peers.flatMap((peer) => Array.from({ length: depth }, () => keepAsking(peer, tally)));
  await Promise.all(callers);
  clearTimeout(timer);
  const { user, system } = process.cpuUsage(before);
  return { requests: tally.requests, cpuMicros: user + system, residentBytes: process.memoryUsage.rss() };
}

async function keepAsking(peer: Peer, tally: { requests: number; running: boolean }): Promise<void> {
  while (tally.running) {
    const value = peer.last(await peer.ask());
    if (value !== expected) throw new Error(`${name}: ${value} instead of ${expected}`);
    tally.requests++;
  }
}

void main();
