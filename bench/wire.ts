/** `npm run bench -- wire`: the client on the wire, against its bars. */
import { join } from "node:path";
import { benchTcp } from "./wireTcp";

const print = (text: string): void => void process.stdout.write(text);
const places = { sources: join(process.cwd(), "bench"), workers: __dirname };

async function main(): Promise<void> {
  const good = await benchTcp(places, print);
  process.exitCode = good ? 0 : 1;
}

void main();
