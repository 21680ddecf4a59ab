import type { EpochMs } from "../../kernel/units";
import { LIMITS, type Table } from "../modbus/spec";
import type { RefusedRange } from "./readPlan";

/** A range that the unit refused, and with which exception. */
export interface Refusal extends RefusedRange {
  readonly code: number;
}

/** Something found out about a unit that planning reckons with until it is tried again. */
export type Fact =
  | { readonly kind: "refusal"; readonly range: Refusal }
  /** Requests for more than `most` registers (or bits) of this table bring no usable answer. */
  | { readonly kind: "limit"; readonly table: Table; readonly most: number }
  /** The unit has no function to read this table. */
  | { readonly kind: "function"; readonly table: Table };

/** A fact and when it is tried again. Each time that it is found true again it stands twice as long. */
export interface KeptFact {
  readonly fact: Fact;
  readonly standsMs: number;
  readonly until: EpochMs;
}

/**
 * What has been learned of a unit. Changes `revision` whenever plans have to be made anew. A fact is tried again after
 * ten minutes, then after twice as long each time, at last once a day: a device that answered wrongly while it started
 * is not blamed for ever, and one that is as it is is hardly asked.
 */
export interface Learned {
  readonly revision: number;
  readonly refusals: readonly Refusal[];
  /** Whether the unit said, several times, that it has no function to read this table. */
  lacks(table: Table): boolean;
  /** "Illegal function" in answer to a read of this table. */
  illegalFunction(table: Table, now: EpochMs): void;
  /** The largest request for this table that is worth sending, or `undefined`. */
  most(table: Table): number | undefined;
  /** Ranges found to be refused; an earlier, wider one gives way to a narrower one inside it. */
  refused(ranges: readonly Refusal[], now: EpochMs): void;
  /** A read of `count` was answered. */
  answered(table: Table, count: number): void;
  /** A read of `count` brought no usable answer although the unit is there for smaller ones. */
  failed(table: Table, count: number, now: EpochMs): void;
  /** Takes out facts whose time is over, one a call. True when there was one. */
  expire(now: EpochMs): boolean;
  /** Everything known, to be kept. */
  facts(): readonly KeptFact[];
}

const FIRST_STANDS_MS = 600_000;
const LONGEST_STANDS_MS = 86_400_000;
/** Refusals in a row that make a lacking function; failures of requests of one size, smaller ones answered, that make a limit. */
const STRIKES = 3;
/** A wall clock may be corrected by this much. */
const CLOCK_SLACK_MS = 60_000;
/** Facts of one unit: what no sensible device exceeds. */
const MOST_FACTS = 512;

interface Suspicion {
  /** Of the smallest request that failed. */
  readonly count: number;
  readonly strikes: number;
  readonly smallerAnswered: boolean;
}

const NO_FACTS: readonly KeptFact[] = [];
const NO_REFUSALS: readonly Refusal[] = [];

export function createLearned(known: readonly KeptFact[] = NO_FACTS): Learned {
  return new UnitLearned(known);
}

class UnitLearned implements Learned {
  revision = 0;
  refusals = NO_REFUSALS;
  private kept: readonly KeptFact[];
  // Most units never fail: what would be kept of failures is made when there is one.
  /** Facts whose time was over, by what they say: how long they stood. */
  private onProbation: Map<string, number> | undefined;
  private suspicions: Map<Table, Suspicion> | undefined;
  private illegal: Map<Table, number> | undefined;

  constructor(known: readonly KeptFact[]) {
    this.kept = known.length === 0 ? NO_FACTS : known.slice(0, MOST_FACTS);
    this.changed();
  }

  most(table: Table): number | undefined {
    for (const { fact } of this.kept) if (fact.kind === "limit" && fact.table === table) return fact.most;
    return undefined;
  }

  lacks(table: Table): boolean {
    return this.kept.some(({ fact }) => fact.kind === "function" && fact.table === table);
  }

  illegalFunction(table: Table, now: EpochMs): void {
    this.illegal ??= new Map();
    const strikes = (this.illegal.get(table) ?? 0) + 1;
    this.illegal.set(table, strikes);
    if (strikes >= STRIKES) this.keep({ kind: "function", table }, now);
  }

  refused(ranges: readonly Refusal[], now: EpochMs): void {
    const fresh = ranges.filter((range) => !this.refusals.some((known) => isWithin(known, range)));
    for (const range of fresh) this.keep({ kind: "refusal", range }, now);
  }

  answered(table: Table, count: number): void {
    this.illegal?.delete(table);
    const suspicion = this.suspicions?.get(table);
    if (this.suspicions === undefined || suspicion === undefined) return;
    if (count >= suspicion.count) this.suspicions.delete(table);
    else if (!suspicion.smallerAnswered) {
      // It may have been dead and be back: one more failure has to tell the size from the outage.
      const strikes = Math.min(suspicion.strikes, STRIKES - 1);
      this.suspicions.set(table, { ...suspicion, strikes, smallerAnswered: true });
    }
  }

  failed(table: Table, count: number, now: EpochMs): void {
    if (count <= 1) return;
    this.suspicions ??= new Map();
    const before = this.suspicions.get(table);
    const same = before !== undefined && count >= before.count ? before : { strikes: 0, smallerAnswered: false };
    const suspicion = { ...same, count: Math.min(count, before?.count ?? count), strikes: same.strikes + 1 };
    this.suspicions.set(table, suspicion);
    if (suspicion.strikes < STRIKES || !suspicion.smallerAnswered) return;
    const most = Math.max(1, suspicion.count >> 1);
    this.suspicions.set(table, { count: most, strikes: STRIKES - 1, smallerAnswered: false });
    this.keep({ kind: "limit", table, most }, now);
  }

  expire(now: EpochMs): boolean {
    if (this.kept.length === 0) return false;
    const over = this.kept.find((kept) => isOver(kept, now));
    if (over === undefined) return false;
    this.kept = this.kept.filter((kept) => kept !== over);
    this.onProbation ??= new Map();
    this.onProbation.set(subjectOf(over.fact), over.standsMs);
    this.changed();
    return true;
  }

  facts(): readonly KeptFact[] {
    return this.kept;
  }

  private keep(fact: Fact, now: EpochMs): void {
    const before = this.onProbation?.get(subjectOf(fact));
    this.onProbation?.delete(subjectOf(fact));
    const standsMs = before === undefined ? FIRST_STANDS_MS : Math.min(2 * before, LONGEST_STANDS_MS);
    const others = this.kept.filter((kept) => !isSuperseded(kept.fact, fact));
    if (others.length >= MOST_FACTS) return;
    this.kept = [...others, { fact, standsMs, until: (now + standsMs) as EpochMs }];
    this.changed();
  }

  private changed(): void {
    this.revision += 1;
    const refusals = this.kept.flatMap(({ fact }) => (fact.kind === "refusal" ? [fact.range] : []));
    this.refusals = refusals.length === 0 ? NO_REFUSALS : refusals;
  }
}

/** No machine that knows the time shows less. */
const PLAUSIBLE = Date.UTC(2025, 0, 1);

/** Its time is over; or was reckoned by a wall clock that went ahead and has been set back, where nobody knows. */
function isOver({ until, standsMs }: KeptFact, now: EpochMs): boolean {
  return until <= now || (now >= PLAUSIBLE && until - now > standsMs + CLOCK_SLACK_MS);
}

function isWithin(inner: RefusedRange, outer: RefusedRange): boolean {
  return inner.table === outer.table && inner.first >= outer.first && inner.last <= outer.last;
}

function isSuperseded(old: Fact, by: Fact): boolean {
  if (old.kind !== "refusal" || by.kind !== "refusal") return subjectOf(old) === subjectOf(by);
  return isWithin(by.range, old.range);
}

/** What a fact is about: the same subject found again stands longer. */
function subjectOf(fact: Fact): string {
  if (fact.kind !== "refusal") return `${fact.kind} ${fact.table}`;
  return `${fact.range.table} ${fact.range.first}-${fact.range.last}`;
}

/** Whether it can have been kept by us: the data folder is a place where anything may lie. */
export function isKeptFact(json: unknown): json is KeptFact {
  if (typeof json !== "object" || json === null) return false;
  const { fact, standsMs, until } = json as Partial<Record<keyof KeptFact, unknown>>;
  if (!isCount(standsMs) || !isCount(until) || typeof fact !== "object" || fact === null) return false;
  const { kind, table, most, range } = fact as Record<string, unknown>;
  if (kind === "limit") return isTable(table) && isCount(most) && most >= 1 && most <= LIMITS.readBits;
  if (kind === "function") return isTable(table);
  if (kind !== "refusal" || typeof range !== "object" || range === null) return false;
  const { table: of, first, last, code } = range as Record<string, unknown>;
  return isTable(of) && isCount(first) && isCount(last) && last >= first && last <= LIMITS.address && isCount(code);
}

function isTable(json: unknown): json is Table {
  return json === "coil" || json === "discrete" || json === "input" || json === "holding";
}

function isCount(json: unknown): json is number {
  return Number.isSafeInteger(json) && (json as number) >= 0;
}
