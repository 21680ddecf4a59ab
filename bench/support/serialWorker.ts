/** One measured client on its lines, in a process of its own: `serialWorker PEER BAUD COUNT PATH…`, then orders by IPC. */
import { SERIAL_PEERS } from "./serialPeers";
import { type Slice, serveSlices } from "./slices";
import { FIRST } from "./tcpPeers";

const [name = "", baudRate = "", count = "", ...paths] = process.argv.slice(2);

export type { Slice };

async function main(): Promise<void> {
  const open = SERIAL_PEERS[name];
  if (open === undefined) throw new Error(`no client called ${name}`);
  const options = { baudRate: Number(baudRate), count: Number(count) };
  const peers = await Promise.all(paths.map((path) => open({ ...options, path })));
  serveSlices({ name, peers, depth: 1, expected: FIRST + options.count - 1 });
}

void main();
