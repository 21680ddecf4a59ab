/** `npm run soak`: see scripts/soak.mjs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createSystemClock } from "../src/kernel/systemClock";
import { wait } from "../src/kernel/wait";
import { seededRandom } from "../src/simulator/faults/faultDice";
import { mountDisk, plainDisk, type SoakDisk } from "./soakDisk";
import { type SoakOptions, SoakRun } from "./soakRun";
import { openSite } from "./soakSite";

const USAGE = `Usage: npm run soak -- [--minutes N] [--seed S] [--away SECONDS] [--without disk,clock] [--only WORDS]

  --minutes N       how long it storms (default 10); from 5 on every episode comes at least once
  --seed S          the order of the episodes and what spoils the lines (default: by chance, and printed)
  --away SECONDS    how long the hub is away at the end (default 30; 600 for the long proof)
  --without WORDS   leaves out "disk" (needs root, for a tmpfs) or "clock" (needs the Debian package faketime)
  --only WORDS      only the episodes whose names have these words, to reduce what was found
`;
const DISK_MB = 64;

async function main(): Promise<number> {
  const options = optionsOf();
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), "modbus-edge-soak-"));
  let disk: SoakDisk | undefined;
  try {
    disk = options.withDisk ? mountDisk(join(folder, "data"), DISK_MB) : plainDisk(join(folder, "data"));
    return await soak(options, folder, disk);
  } finally {
    disk?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function optionsOf(): SoakOptions | undefined {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { minutes: text, seed: text, away: text, without: text, only: text } });
  const number = (given: string | undefined, fallback: number): number =>
    given === undefined ? fallback : Number(given);
  const without = (values.without ?? "").split(",").filter((word) => word !== "");
  const minutes = number(values.minutes, 10);
  const seed = number(values.seed, Math.floor(Math.random() * 1e9));
  const awayS = number(values.away, 30);
  const isGood = minutes > 0 && Number.isInteger(seed) && seed >= 0 && seed < 1e9 && awayS >= 0;
  if (!isGood || without.some((word) => word !== "disk" && word !== "clock")) return undefined;
  return {
    minutes,
    seed,
    awayS,
    withDisk: !without.includes("disk"),
    withClock: !without.includes("clock"),
    only: values.only ?? "",
  };
}

async function soak(options: SoakOptions, folder: string, disk: SoakDisk): Promise<number> {
  const clock = createSystemClock();
  const site = await openSite(clock, options.seed);
  const never = new AbortController().signal;
  const run = new SoakRun(options, {
    site,
    disk,
    folder,
    main: join(__dirname, "product/main.cjs"),
    random: seededRandom(options.seed),
    now: () => clock.epoch(),
    rest: async (ms) => void (await wait(clock, ms, never)),
    print: (line) => void process.stdout.write(`${line}\n`),
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => {
      run.abandon();
      disk.close();
      process.exit(130);
    });
  try {
    return await run.whole();
  } finally {
    run.abandon();
    await site.close();
  }
}

void main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n0 passed, 1 failed\n`);
    process.exit(1);
  },
);
