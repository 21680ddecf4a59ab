/** Instants are epoch ms of the machine, whatever the module's clock said. */

/** An answer of a device that reached the module in time, as the witness on the wire saw it. */
export interface SoakSample {
  readonly device: string;
  readonly at: number;
  readonly values: Readonly<Record<string, number>>;
  /** Why the module may not have taken it, or need not have kept it. */
  readonly doubt?: string;
}

/** A message as the hub got it. */
export interface SoakArrival {
  readonly device: string;
  readonly receivedAt: number;
  /** What the message says about when its values arrived. */
  readonly createdAt: number;
  readonly messageId: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Samples in this time may or may not be at the hub: the second before a kill, a process that stood still. */
export interface DoubtfulTime {
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

/** From when on the module's wall clock was off by how much. */
export interface ClockSetting {
  readonly from: number;
  readonly offsetMs: number;
}

/** One life of the process. */
export interface Life {
  readonly from: number;
  readonly to: number;
}

export interface SoakEvidence {
  /** In the order of the wire. */
  readonly samples: readonly SoakSample[];
  /** In the order of the hub. */
  readonly arrivals: readonly SoakArrival[];
  readonly doubtful: readonly DoubtfulTime[];
  readonly clock: readonly ClockSetting[];
  readonly lives: readonly Life[];
}

export interface Ledger {
  /** Samples that must be at the hub. */
  readonly produced: number;
  /** Samples that may be there, and how many of them are. */
  readonly doubtful: { readonly all: number; readonly arrived: number; readonly why: Readonly<Record<string, number>> };
  readonly messages: number;
  /** Messages whose sample had come before. */
  readonly duplicated: number;
  readonly lost: readonly string[];
  /** Messages with values that no device gave. */
  readonly invented: readonly string[];
  readonly disordered: readonly string[];
  readonly mistimed: readonly string[];
  /** From the wire to the stamp, ms: the largest. */
  readonly largestLagMs: number;
  /** Messages that bear the time of a clock that was wrong. */
  readonly offClock: number;
}

/** A stamp is taken when the module reads the answer: a loaded machine lets it wait. */
const STAMP_LATE_MS = 1500;
const STAMP_EARLY_MS = 30;
/** A step of the clock is seen by the library that makes it within a second, by the module with its next message. */
const STEP_SEEN_MS = 3000;
const NOTHING: readonly number[] = [];

interface Known {
  readonly sample: SoakSample;
  /** Every answer with these values: whichever of them the message was made of. */
  readonly answers: readonly SoakSample[];
  readonly place: number;
  readonly doubt: string | undefined;
  arrived: boolean;
}

/** Compares what the devices gave with what the hub got. */
export function reconcile(evidence: SoakEvidence): Ledger {
  const known = knownSamples(evidence);
  const found = { invented: [] as string[], disordered: [] as string[], mistimed: [] as string[] };
  const counts = { duplicated: 0, largestLagMs: 0, offClock: 0 };
  const places = new Map<string, number>();
  for (const arrival of evidence.arrivals) {
    const entry = known.get(keyOf(arrival.device, arrival.values["uptime"]));
    if (entry === undefined || !sameValues(entry.sample.values, arrival.values)) {
      found.invented.push(textOf(arrival));
      continue;
    }
    const stamps = entry.answers.flatMap((answer) => stampOf(answer, arrival, evidence) ?? []);
    const stamp = stamps[0];
    if (stamp === undefined) found.mistimed.push(`${textOf(arrival)}; on the wire at ${iso(entry.sample.at)}`);
    else if (entry.doubt === undefined) counts.largestLagMs = Math.max(counts.largestLagMs, stamp.lagMs);
    if (stamp !== undefined && stamp.offsetMs !== 0) counts.offClock += 1;
    if (entry.arrived) counts.duplicated += 1;
    else if (entry.place < (places.get(arrival.device) ?? -1)) found.disordered.push(textOf(arrival));
    else places.set(arrival.device, entry.place);
    entry.arrived = true;
  }
  return { ...counts, ...found, ...balanceOf([...known.values()]), messages: evidence.arrivals.length };
}

function balanceOf(known: readonly Known[]): Pick<Ledger, "produced" | "doubtful" | "lost"> {
  const doubtful = known.filter(({ doubt }) => doubt !== undefined);
  const why: Record<string, number> = {};
  for (const { doubt = "" } of doubtful) why[doubt] = (why[doubt] ?? 0) + 1;
  const missing = known.filter(({ doubt, arrived }) => doubt === undefined && !arrived);
  return {
    produced: known.length - doubtful.length,
    doubtful: { all: doubtful.length, arrived: doubtful.filter(({ arrived }) => arrived).length, why },
    lost: missing.map(({ sample: { device, at, values } }) => `${device} ${iso(at)} ${JSON.stringify(values)}`),
  };
}

/** By device and counter. Two answers within a tenth of a second bear the same values: they are one. */
function knownSamples({ samples, doubtful }: SoakEvidence): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  for (const [place, sample] of samples.entries()) {
    const key = keyOf(sample.device, sample.values["uptime"]);
    const doubt = sample.doubt ?? doubtful.find(({ from, to }) => sample.at >= from && sample.at <= to)?.why;
    const before = known.get(key);
    const answers = [...(before?.answers ?? []), sample];
    if (before === undefined || (before.doubt !== undefined && doubt === undefined))
      known.set(key, { sample, answers, place: before?.place ?? place, doubt, arrived: false });
    else known.set(key, { ...before, answers });
  }
  return known;
}

/** What tells a sample from every other. */
export function keyOf(device: string, uptime: unknown): string {
  return `${device}/${String(uptime)}`;
}

function sameValues(given: SoakSample["values"], got: SoakArrival["values"]): boolean {
  const names = Object.keys(given);
  return names.length === Object.keys(got).length && names.every((name) => isSame(given[name], got[name]));
}

/** A float32 comes as the shortest decimal that reads back as it. */
function isSame(given: number | undefined, got: unknown): boolean {
  return typeof got === "number" && (got === given || (given !== undefined && Math.fround(got) === given));
}

/** How long after the wire the message is stamped, by the clock that it had to be stamped with; `undefined`: by none. */
function stampOf(sample: SoakSample, arrival: SoakArrival, evidence: SoakEvidence) {
  const patience = STAMP_LATE_MS + stoodStill(evidence.doubtful, sample.at);
  for (const offsetMs of offsetsFor(sample, arrival, evidence)) {
    const lagMs = arrival.createdAt - offsetMs - sample.at;
    if (lagMs >= -STAMP_EARLY_MS && lagMs <= patience) return { offsetMs, lagMs: Math.max(0, lagMs) };
  }
  return undefined;
}

/**
 * What has not been sent is corrected when the clock steps: so the offset is that of the moment of sending, or, where
 * another life of the process sent it, of the end of the life that took it.
 */
function offsetsFor(
  sample: SoakSample,
  { receivedAt }: SoakArrival,
  { clock, lives }: SoakEvidence,
): readonly number[] {
  const life = lives.find(({ from, to }) => sample.at >= from && sample.at <= to);
  if (life === undefined) return NOTHING;
  const end = Math.min(life.to, receivedAt);
  const [newest, ...older] = clock.filter(({ from }) => from <= end).reverse();
  if (newest === undefined) return [0];
  const offsets = [newest.offsetMs];
  let since = newest.from;
  for (const setting of older) {
    if (since <= end - STEP_SEEN_MS) break;
    offsets.push(setting.offsetMs);
    since = setting.from;
  }
  return offsets;
}

function stoodStill(doubtful: readonly DoubtfulTime[], at: number): number {
  return doubtful.reduce((sum, { from, to }) => (at >= from && at <= to ? sum + to - from : sum), 0);
}

function textOf({ device, createdAt, receivedAt, messageId, values }: SoakArrival): string {
  return `${device} ${messageId} stamped ${iso(createdAt)}, at the hub ${iso(receivedAt)}: ${JSON.stringify(values)}`;
}

function iso(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : "never";
}
