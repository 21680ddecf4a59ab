import type { SerialReader } from "../bus/serialDevice";
import { readConnection } from "../client/readConnection";
import { type ProfileLookup, profileLookup } from "../core/config/profiles";
import { profileFor } from "../core/fieldwork/profileMatch";
import { suggestDocument } from "../core/fieldwork/suggestion";
import type { Clock } from "../kernel/clock";
import type { JsonObject } from "../kernel/json";
import { err, type Result } from "../kernel/result";
import { createSystemClock } from "../kernel/systemClock";
import { readProfileFolder } from "../store/profileFolder";
import { profilesFolder } from "./folders";
import type { CliIo } from "./io";
import { createProgress, type Progress } from "./progress";
import { guessProfiles } from "./scanGuess";
import { identifyUnit, readableAt0 } from "./scanIdentify";
import { SCAN_USAGE, type ScanJob, type ScanTarget, scanJob } from "./scanOptions";
import { openProber, type Prober } from "./scanProbe";
import { type SweepOutcome, sweep } from "./scanSweep";
import { announcement, type Scanned, type ScannedUnit, scannedJson, scannedText } from "./scanView";
import { refuse, usageError } from "./usage";

/** Identifying has more patience than asking who is there. */
const IDENTIFY_TIMEOUT_MS = 1000;

/** Units that are not there are silent: no reason to open the connection anew. */
const SILENCE_IS_NORMAL = Number.MAX_SAFE_INTEGER;

/** `modbus-edge scan`. */
export async function scan(args: string[], io: CliIo): Promise<number> {
  const job = await scanJob(args, io);
  if (!job.ok) {
    return refuse(io, job.error, (error) => usageError(error, SCAN_USAGE));
  }
  if (job.value === "help") {
    io.out(SCAN_USAGE);
    return 0;
  }
  const profiles = profileLookup(await readProfileFolder(profilesFolder(io.env)));
  return perform(job.value, profiles, io, createSystemClock());
}

/** What ends a scan: the operator, or its budget. */
interface Limit {
  readonly signal: AbortSignal;
  why(): string;
  done(): void;
}

function limitOf(io: CliIo, budgetMs: number, clock: Pick<Clock, "setTimer">): Limit {
  const ending = new AbortController();
  const timer = clock.setTimer(budgetMs, () => ending.abort());
  const onAbort = (): void => ending.abort();
  io.signal.addEventListener("abort", onAbort, { once: true });
  if (io.signal.aborted) onAbort();
  return {
    signal: ending.signal,
    why: () => (io.signal.aborted ? "it was stopped" : "its time was over (--budget)"),
    done() {
      timer.cancel();
      io.signal.removeEventListener("abort", onAbort);
    },
  };
}

async function perform(job: ScanJob, profiles: ProfileLookup, io: CliIo, clock: Clock): Promise<number> {
  const limit = limitOf(io, job.budgetMs, clock);
  const progress = createProgress(io, clock);
  const results: Scanned[] = [];
  try {
    for (const target of job.targets) {
      if (limit.signal.aborted) break;
      progress.note(announcement(target));
      const scanned = await scanTarget(target, job, {
        limit,
        progress,
        clock,
        profiles,
        serialReader: io.serialReader,
      });
      progress.end();
      results.push(scanned);
      const { ended, probed } = scanned.outcome;
      if (ended !== undefined && probed === 0)
        io.err(`${ended.startsWith(target.endpoint) ? "" : `${target.endpoint}: `}${ended}\n`);
      else if (!job.json) io.out(scannedText(scanned));
    }
  } finally {
    progress.end();
    limit.done();
  }
  const document = suggestDocument(results.map(foundConnection));
  const written = await handOver(document, results, job, io);
  const isGood = results.every(({ outcome }) => outcome.ended === undefined || outcome.probed > 0);
  return written && isGood && results.some(({ units }) => units.length > 0) ? 0 : 1;
}

function foundConnection({ target, outcome, units }: Scanned) {
  return { name: target.name, keys: foundKeys(target, outcome), units };
}

/** `connections.NAME` with the setting at which units answer. */
function foundKeys({ keys }: ScanTarget, { setting }: SweepOutcome): JsonObject {
  return setting === undefined ? keys : { ...keys, line: setting };
}

interface Means {
  readonly limit: Limit;
  readonly progress: Progress;
  readonly clock: Clock;
  readonly profiles: ProfileLookup;
  readonly serialReader: SerialReader | undefined;
}

async function scanTarget(target: ScanTarget, job: ScanJob, means: Means): Promise<Scanned> {
  const { limit, progress, clock, serialReader } = means;
  const probing = { timeoutMs: target.timeoutMs, thorough: job.thorough, signal: limit.signal, serialReader };
  const open = async (setting: string | undefined): Promise<Result<Prober, string>> => {
    const config = readConnection(setting === undefined ? target.keys : { ...target.keys, line: setting });
    if (!config.ok) return err(config.error.map(({ text }) => text).join("; "));
    return openProber({ ...config.value, failuresBeforeReopen: SILENCE_IS_NORMAL }, probing, clock);
  };
  const outcome = await sweep(target.settings, target.units, {
    open,
    signal: limit.signal,
    endedBy: limit.why,
    onStep: (text) => progress.show(`${target.endpoint}: ${text}`),
  });
  try {
    return { target, outcome, units: await identifyAll(target, outcome, means) };
  } finally {
    await outcome.prober?.close();
  }
}

/** By unit id. After the end of the time those that were found are listed as they are. */
async function identifyAll(
  target: ScanTarget,
  outcome: SweepOutcome,
  { limit, progress, profiles }: Means,
): Promise<readonly ScannedUnit[]> {
  const { endpoint, timeoutMs } = target;
  const { found, prober } = outcome;
  const units: ScannedUnit[] = [];
  const options = { signal: limit.signal, timeoutMs: Math.max(timeoutMs, IDENTIFY_TIMEOUT_MS) };
  for (const [unitId, { said, ms, readable }] of [...found].sort(([a], [b]) => a - b)) {
    const client = limit.signal.aborted ? undefined : prober?.client;
    progress.show(`${endpoint}: what is unit ${unitId}?`);
    const identity = client === undefined ? {} : await identifyUnit(client, unitId, options);
    const table = readable ?? (client === undefined ? undefined : await readableAt0(client, unitId, options));
    const profile = profileFor(identity, profiles);
    const isOpen = profile === undefined && client !== undefined && !limit.signal.aborted;
    const perhaps = isOpen ? await guessProfiles(client, unitId, foundKeys(target, outcome), profiles, options) : [];
    units.push({
      ...{ unitId, said, ms, identity, perhaps },
      ...(profile === undefined ? {} : { profile }),
      ...(table === undefined ? {} : { readable: table }),
    });
  }
  return units;
}

/** The suggested configuration: into the file, or on standard output. */
async function handOver(document: JsonObject, results: readonly Scanned[], job: ScanJob, io: CliIo): Promise<boolean> {
  const isEmpty = Object.keys(document["devices"] as JsonObject).length === 0;
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (job.json) {
    const found = isEmpty ? {} : { document };
    io.out(`${JSON.stringify({ connections: results.map(scannedJson), ...found })}\n`);
  }
  if (isEmpty) return true;
  if (job.out === undefined) {
    if (!job.json) io.out(`\nA configuration to begin with (--out FILE writes it):\n${text}`);
    return true;
  }
  const written = await io.writeFile(job.out, text);
  if (!written.ok) io.err(`${written.error}\n`);
  else if (!job.json) io.out(`\n${job.out} is a configuration to begin with: modbus-edge check ${job.out}\n`);
  return written.ok;
}
