import type { Ledger } from "./ledger";
import { slopeOf, type Vital } from "./vitals";

export interface AwayReport {
  readonly backlog: number;
  readonly drainedMs: number;
  readonly mostASecond: number;
  /** Between two samples of a device on a quiet line, from the hub's going on. */
  readonly largestGapMs: number;
}

/** The fewest open files before and after a storm that the process lived through. */
export interface Handles {
  readonly first: number;
  readonly last: number;
  readonly vitals: readonly Vital[];
}

export interface SoakFindings {
  readonly ledger: Ledger;
  readonly unserved: readonly string[];
  readonly accidents: readonly string[];
  readonly handles: Handles;
  readonly away: AwayReport | undefined;
  readonly dropped: number;
  readonly quarantined: number;
  readonly largestRssKb: number;
}

export interface SoakCheck {
  readonly name: string;
  readonly isGood: boolean;
  readonly note: string;
  readonly details: readonly string[];
}

/** The spool, where it is in use, has five files open. */
const FILES_OF_SPOOL = 6;
const MOST_RSS_KB = 150 * 1024;
/** Below this time the collector has hardly been there: the slope is told, not judged. */
const JUDGED_MS = 3.5 * 60_000;
const STEEPEST_KB_A_MINUTE = 1024;
/** 500 a second, two more for each new one of 50 devices, and the burst at the start. */
const MOST_A_SECOND = 750;
const LONGEST_GAP_MS = 5000;

export function closingChecks(found: SoakFindings): readonly SoakCheck[] {
  const { ledger, unserved, accidents, handles, away } = found;
  return [
    none("every sample is at the hub", ledger.lost),
    none("in order per device", ledger.disordered),
    none("with the values of its answer on the wire", ledger.invented),
    none("which the devices had", unserved),
    none(`with its time (at most ${ledger.largestLagMs} ms behind the wire)`, ledger.mistimed),
    none("the process ended when asked, in good order, and not else", accidents),
    check(
      "nothing dropped, nothing put aside",
      found.dropped + found.quarantined === 0,
      `${found.dropped}, ${found.quarantined}`,
    ),
    memory(handles.vitals, found.largestRssKb),
    check(
      "no handle is leaked",
      handles.last <= handles.first + FILES_OF_SPOOL,
      `${handles.first} open files, then ${handles.last}`,
    ),
    check("it ran", ledger.produced > 0 && ledger.messages > 0, `${ledger.produced} samples`),
    ...(away === undefined ? [] : awayChecks(away)),
  ];
}

function memory(all: readonly Vital[], largestRssKb: number): SoakCheck {
  // A young process grows until its collector has found its measure: the last two thirds tell.
  const vitals = all.slice(Math.floor(all.length / 3));
  const slope = slopeOf(vitals);
  const lastedMs = (vitals.at(-1)?.at ?? 0) - (vitals[0]?.at ?? 0);
  const isFlat = lastedMs < JUDGED_MS || slope <= STEEPEST_KB_A_MINUTE;
  const megabytes = (kb: number): string => `${(kb / 1024).toFixed(1)} MB`;
  const note = `${megabytes(largestRssKb)} at most; ${Math.round(slope)} KB a minute over the last ${Math.round(lastedMs / 1000)} s of one process`;
  return check("memory is flat", isFlat && largestRssKb <= MOST_RSS_KB, note);
}

function awayChecks({ backlog, drainedMs, mostASecond, largestGapMs }: AwayReport): readonly SoakCheck[] {
  const drained = `${backlog} samples in ${(drainedMs / 1000).toFixed(1)} s, ${mostASecond} messages in the busiest second`;
  return [
    check("the backlog drains at a bounded rate", mostASecond <= MOST_A_SECOND, drained),
    check(
      "polling goes on meanwhile",
      largestGapMs <= LONGEST_GAP_MS,
      `at most ${largestGapMs} ms between two samples of a device`,
    ),
  ];
}

function none(name: string, details: readonly string[]): SoakCheck {
  return { name, isGood: details.length === 0, note: details.length === 0 ? "yes" : `${details.length} not`, details };
}

function check(name: string, isGood: boolean, note: string): SoakCheck {
  return { name, isGood, note, details: [] };
}
