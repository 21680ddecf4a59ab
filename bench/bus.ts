/** `npm run bench -- bus [fleet|plan|scale]`: polling against its bars. `fleet` needs gcc and taskset. */
import { join } from "node:path";
import { benchFleet } from "./busFleet";
import { benchPlan } from "./busPlan";
import { benchScale } from "./busScale";

const print = (text: string): void => void process.stdout.write(text);
const places = { sources: join(process.cwd(), "bench"), workers: __dirname };

async function main(): Promise<void> {
  const only = process.argv[2];
  const wants = (name: string): boolean => only === undefined || only === name;
  const good: boolean[] = [];
  if (wants("plan")) good.push(benchPlan(print));
  if (wants("fleet")) good.push(await benchFleet(places, print));
  if (wants("scale")) good.push(await benchScale(places.workers, print));
  process.exitCode = good.every(Boolean) ? 0 : 1;
}

void main();
