/** `npm run bench -- wire [tcp|serial]`: the client on the wire, against its bars. Needs gcc and taskset. */
import { join } from "node:path";
import { benchSerial } from "./wireSerial";
import { benchTcp } from "./wireTcp";

const print = (text: string): void => void process.stdout.write(text);
const places = { sources: join(process.cwd(), "bench"), workers: __dirname };

async function main(): Promise<void> {
  const only = process.argv[2];
  const good: boolean[] = [];
  if (only !== "serial") good.push(await benchTcp(places, print));
  if (only !== "tcp") good.push(await benchSerial(places, print));
  process.exitCode = good.every(Boolean) ? 0 : 1;
}

void main();
