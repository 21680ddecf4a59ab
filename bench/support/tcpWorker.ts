/** One measured client in a process of its own: `tcpWorker PEER PORT CONNECTIONS COUNT DEPTH`, then orders by IPC. */
import { serveSlices } from "./slices";
import { FIRST, PEERS, type Peer } from "./tcpPeers";

const [name = "", ...numbers] = process.argv.slice(2);
const [port = 0, connections = 1, count = 1, depth = 1] = numbers.map(Number);

async function main(): Promise<void> {
  const open = PEERS[name];
  if (open === undefined) throw new Error(`no client called ${name}`);
  const peers: Peer[] = [];
  for (let index = 0; index < connections; index++) peers.push(await open({ port, count, depth }));
  serveSlices({ name, peers, depth, expected: FIRST + count - 1 });
}

void main();
