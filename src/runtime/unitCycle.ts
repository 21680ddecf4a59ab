import { type Answer, ask, type Outcome, type OutcomeSink, type Transactor } from "../bus/transactor";
import { consequenceOf, type ModbusFailure } from "../core/modbus/failure";
import type { Refusal } from "../core/planning/learned";
import { splitRead } from "../core/planning/splitRead";
import type { BadReason } from "../core/points/point";
import { pointListOf } from "../core/points/pointList";
import { badReason } from "../core/points/quality";
import { badRun, type DeviceCycle, type SampleRun } from "../core/telemetry/sample";
import { settledRuns } from "../core/telemetry/scaledRuns";
import type { Clock } from "../kernel/clock";
import { later, type MonotonicMs, monotonicMs } from "../kernel/units";
import { goodRun } from "./cycle";
import type { Polled } from "./polled";
import type { PollUnit } from "./pollUnit";
import { blockOf, type UnitRead, type UnitReads, unitRead } from "./unitRead";

/** A refused block that was parted: if both parts are answered, what lies between them was the fault. */
interface Parting {
  readonly between: Refusal;
  left: number;
  allGood: boolean;
}

interface Pending {
  readonly read: UnitRead;
  readonly parting?: Parting;
}

/** Requests that a cycle may send beyond its plan to find out which addresses are refused. */
const SPLITS = 24;
/** Rest before a unit that is busy (exception 6) is asked the same again. */
const BUSY_MS = 250;

export interface CycleOwner {
  /** Is told that a step of a cycle has ended; `bug`: by an error of ours. */
  stepped(cycle: UnitCycle, bug?: unknown): void;
}

/** Stand for none at all; nobody adds to them. */
const NO_PENDING: readonly Pending[] = [];
const NO_REFUSALS: readonly Refusal[] = [];
const NO_READS: readonly UnitRead[] = [];
const NO_RUNS: SampleRun[][] = [];
/** Of a part that has yielded nothing yet. */
const NOTHING: SampleRun[] = [];

/**
 * A unit's poll under way: one transaction a step, so that commands and other units can come between. One object a
 * unit, used for each of its cycles: with a thousand of them under way nothing of it is thrown away and made again.
 */
export class UnitCycle implements OutcomeSink {
  parts: readonly Polled[] = [];
  readonly unit: PollUnit;
  /** Not to be carried on before this instant. */
  resumeAt: MonotonicMs | undefined;
  /** A step is under way. */
  busy = false;
  private runs = NO_RUNS;
  /** What was planned, and how far it has been settled. */
  private reads = NO_READS;
  private at = 0;
  /** Parts of what was refused as a whole, before the rest of the plan; the last is the next. */
  private inserted = NO_PENDING;
  private refusals = NO_REFUSALS;
  private repetitions = 0;
  private splits = 0;
  private answered = false;
  private askedAt = monotonicMs(0);

  constructor(
    unit: PollUnit,
    private readonly clock: Pick<Clock, "epoch" | "monotonic">,
    private readonly readRetries: number,
    private readonly owner: CycleOwner,
  ) {
    this.unit = unit;
  }

  /** Begins a cycle. Only when the one before is done, or nobody wants it any more. */
  begin(parts: readonly Polled[], { reads, notAsked }: UnitReads): void {
    this.parts = parts;
    this.runs = parts.length === 1 ? [NOTHING] : parts.map(() => NOTHING);
    this.reads = reads;
    this.at = 0;
    this.inserted = NO_PENDING;
    this.refusals = NO_REFUSALS;
    this.repetitions = 0;
    this.splits = 0;
    this.answered = false;
    this.resumeAt = undefined;
    if (notAsked.length === 0) return;
    const now = this.clock.epoch();
    for (const { part, points, reason } of notAsked) this.add(part, badRun(pointListOf(points), reason, now));
  }

  /** Lets go of what it yielded. */
  end(): void {
    this.runs = NO_RUNS;
    this.reads = NO_READS;
    this.at = 0;
  }

  /** Every point has its sample. */
  get done(): boolean {
    return this.at >= this.reads.length && this.inserted.length === 0;
  }

  /** What the next step asks. */
  get request(): UnitRead["request"] | undefined {
    return this.next()?.request;
  }

  cycles(): readonly DeviceCycle[] {
    return this.parts.flatMap((_part, at) => this.cycleOf(at) ?? []);
  }

  /** What the device with this place has yielded; `undefined`: nothing yet. */
  cycleOf(part: number): DeviceCycle | undefined {
    const device = this.parts[part]?.config.name;
    const runs = settledRuns(this.runs[part] ?? NOTHING);
    return device === undefined || runs.length === 0 ? undefined : { device, runs };
  }

  /** Begins the next transaction; `stepped` is told of its end, at once where there is nothing to ask. */
  step(bus: Transactor): void {
    const read = this.next();
    if (read === undefined) {
      this.owner.stepped(this);
      return;
    }
    const pausing = this.unit.pausing(read);
    if (pausing !== undefined) {
      this.bad(read, pausing);
      this.advance(false);
      this.owner.stepped(this);
      return;
    }
    this.askedAt = this.clock.monotonic();
    this.resumeAt = undefined;
    this.busy = true;
    ask(bus, this.unit.unitId, read.request, read.options, this);
  }

  settled(outcome: Outcome): void {
    this.busy = false;
    try {
      this.take(outcome);
    } catch (bug) {
      this.owner.stepped(this, bug);
      return;
    }
    this.owner.stepped(this);
  }

  broken(bug: unknown): void {
    this.busy = false;
    this.owner.stepped(this, bug);
  }

  private take(outcome: Outcome): void {
    const read = this.next();
    if (read === undefined) return;
    if (outcome.ok) this.good(read, outcome.value as Answer<UnitRead["request"]>);
    else this.failed(read, outcome.error, this.askedAt);
    if (this.done) this.learn();
  }

  private good(read: UnitRead, answer: Answer<UnitRead["request"]>): void {
    this.answered = true;
    this.unit.readAnswered(read, answer.elapsedMs);
    for (const { part, list } of read.shares) {
      this.parts[part]?.meter.good(answer.at, answer.elapsedMs);
      this.add(part, goodRun(list, read.request.address, answer));
    }
    this.advance(true);
  }

  /** Behind what the device has yielded so far: most yield all at once. */
  private add(part: number, run: SampleRun): void {
    const there = this.runs[part];
    if (there === undefined || there.length === 0) this.runs[part] = [run];
    else there.push(run);
  }

  private next(): UnitRead | undefined {
    const { inserted } = this;
    return inserted.length > 0 ? inserted[inserted.length - 1]?.read : this.reads[this.at];
  }

  /** The points that have no sample yet get a bad one, without using the wire. */
  abandon(reason: BadReason): void {
    const { inserted } = this;
    this.inserted = NO_PENDING;
    for (let at = inserted.length - 1; at >= 0; at--) {
      const read = inserted[at]?.read;
      if (read !== undefined) this.bad(read, reason);
    }
    for (; this.at < this.reads.length; this.at++) {
      const read = this.reads[this.at];
      if (read !== undefined) this.bad(read, reason);
    }
  }

  private failed(read: UnitRead, failure: ModbusFailure, from: MonotonicMs): void {
    const now = this.clock.epoch();
    for (const { part } of read.shares) this.parts[part]?.meter.failed(failure.detail, now);
    const { unit, repetitions } = this;
    const verdict = unit.readFailed(read, failure, from);
    const { retry, splitBlock } = consequenceOf(failure);
    if (retry && repetitions < this.readRetries && unit.breaker.mayRepeat(repetitions)) {
      this.repetitions += 1;
      if (failure.kind === "exception") this.resumeAt = later(this.clock.monotonic(), BUSY_MS);
      return;
    }
    unit.readGivenUp(read, failure);
    if (verdict === "leave") this.abandon(badReason(failure));
    else if (splitBlock && !read.whole && failure.kind === "exception") this.split(read, failure.code);
    else {
      this.bad(read, badReason(failure));
      this.advance(false);
    }
  }

  /** Asks for the parts of what was refused as a whole. */
  private split(whole: UnitRead, code: number): void {
    const { options } = whole;
    const block = blockOf(whole);
    const { refused, parts } = splitRead(block);
    const { table, first, count } = block;
    if (refused.length > 0) this.refusals = [...this.refusals, { table, first, last: first + count - 1, code }];
    this.advance(false);
    if (this.splits + parts.length > SPLITS) {
      this.bad(whole, `exception:${code}`);
      return;
    }
    if (refused.length > 0) this.bad(unitRead({ ...block, points: refused }, options), `exception:${code}`);
    this.splits += parts.length;
    const [left, right] = parts;
    // The last is the next.
    const reads = parts.map((part) => unitRead(part, options)).reverse();
    if (left === undefined || right === undefined)
      this.inserted = [...this.inserted, ...reads.map((read) => ({ read }))];
    else {
      const end = left.first + left.count;
      // Without a gap between them the border itself can't be crossed.
      const between =
        right.first > end
          ? { table, first: end, last: right.first - 1, code }
          : { table, first: end - 1, last: right.first, code };
      const parting: Parting = { between, left: 2, allGood: true };
      this.inserted = [...this.inserted, ...reads.map((read) => ({ read, parting }))];
    }
  }

  private bad(read: UnitRead, reason: BadReason): void {
    const now = this.clock.epoch();
    for (const { part, list } of read.shares) this.add(part, badRun(list, reason, now));
  }

  /** The next of those that wait is settled. */
  private advance(good: boolean): void {
    const settled = this.inserted.at(-1);
    if (settled === undefined) this.at += 1;
    else this.inserted = this.inserted.slice(0, -1);
    this.repetitions = 0;
    const parting = settled?.parting;
    if (parting === undefined) return;
    parting.allGood &&= good;
    parting.left -= 1;
    if (parting.left === 0 && parting.allGood) this.refusals = [...this.refusals, parting.between];
  }

  /** A unit that refused everything may be starting up: only what it refused beside something it answered is a fact. */
  private learn(): void {
    if (this.answered && this.refusals.length > 0) this.unit.learned.refused(this.refusals, this.clock.epoch());
  }
}
