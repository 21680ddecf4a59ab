import type { Transactor } from "../bus/transactor";
import { consequenceOf, type ModbusFailure } from "../core/modbus/failure";
import type { Refusal } from "../core/planning/learned";
import { splitRead } from "../core/planning/splitRead";
import type { BadReason } from "../core/points/point";
import { badReason } from "../core/points/quality";
import type { DeviceCycle, Sample } from "../core/telemetry/sample";
import { settledSamples } from "../core/telemetry/scaledSamples";
import type { Clock } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";
import { addGoodSamples, badSamples } from "./cycle";
import type { Polled } from "./polled";
import type { PollUnit } from "./pollUnit";
import { type UnitRead, type UnitReads, unitRead } from "./unitRead";

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

/** A unit's poll under way: one transaction a step, so that commands and other units can come between. */
export class UnitCycle {
  readonly parts: readonly Polled[];
  readonly unit: PollUnit;
  /** Not to be carried on before this instant. */
  resumeAt: MonotonicMs | undefined;
  /** A step is under way. */
  busy = false;
  private readonly samples: Sample[][];
  private readonly waiting: Pending[];
  private readonly refusals: Refusal[] = [];
  private repetitions = 0;
  private splits = 0;
  private answered = false;

  constructor(
    unit: PollUnit,
    parts: readonly Polled[],
    plan: UnitReads,
    private readonly clock: Pick<Clock, "epoch" | "monotonic">,
    private readonly readRetries: number,
  ) {
    this.unit = unit;
    this.parts = parts;
    this.samples = parts.map(() => []);
    this.waiting = plan.reads.map((read) => ({ read }));
    const now = clock.epoch();
    for (const { part, points, reason } of plan.notAsked) this.samples[part]?.push(...badSamples(points, reason, now));
  }

  /** Every point has its sample. */
  get done(): boolean {
    return this.waiting.length === 0;
  }

  /** What the next step asks. */
  get request(): UnitRead["request"] | undefined {
    return this.waiting[0]?.read.request;
  }

  cycles(): readonly DeviceCycle[] {
    const cycles: DeviceCycle[] = [];
    for (const [part, { config }] of this.parts.entries()) {
      const samples = settledSamples(this.samples[part] ?? []);
      if (samples.length > 0) cycles.push({ device: config.name, samples });
    }
    return cycles;
  }

  /** Carries out the next transaction. */
  async step(bus: Transactor): Promise<void> {
    const next = this.waiting[0];
    if (next === undefined) return;
    const { read } = next;
    const pausing = this.unit.pausing(read);
    if (pausing !== undefined) {
      this.bad(read, pausing);
      this.advance(false);
      return;
    }
    const from = this.clock.monotonic();
    this.resumeAt = undefined;
    this.busy = true;
    const answer = await bus.transact(this.unit.unitId, read.request, read.options);
    this.busy = false;
    if (!answer.ok) {
      this.failed(next, answer.error, from);
    } else {
      this.answered = true;
      this.unit.readAnswered(read, answer.value.elapsedMs);
      for (const { part, read: share } of read.shares) {
        this.parts[part]?.meter.good(answer.value.at, answer.value.elapsedMs);
        const samples = this.samples[part];
        if (samples !== undefined) addGoodSamples(share, answer.value, samples);
      }
      this.advance(true);
    }
    if (this.done) this.learn();
  }

  /** The points that have no sample yet get a bad one, without using the wire. */
  abandon(reason: BadReason): void {
    for (const { read } of this.waiting.splice(0)) this.bad(read, reason);
  }

  private failed(pending: Pending, failure: ModbusFailure, from: MonotonicMs): void {
    const { read } = pending;
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
    else if (splitBlock && read.whole !== true && failure.kind === "exception") this.split(pending, failure.code);
    else {
      this.bad(read, badReason(failure));
      this.advance(false);
    }
  }

  /** Asks for the parts of what was refused as a whole. */
  private split(pending: Pending, code: number): void {
    const { block, options } = pending.read;
    const { refused, parts } = splitRead(block);
    const { table, first, count } = block;
    if (refused.length > 0) this.refusals.push({ table, first, last: first + count - 1, code });
    this.advance(false);
    if (this.splits + parts.length > SPLITS) {
      this.bad(pending.read, `exception:${code}`);
      return;
    }
    if (refused.length > 0) this.bad(unitRead({ ...block, points: refused }, options), `exception:${code}`);
    this.splits += parts.length;
    const [left, right] = parts;
    const reads = parts.map((part) => unitRead(part, options));
    if (left === undefined || right === undefined) this.waiting.unshift(...reads.map((read) => ({ read })));
    else {
      const end = left.first + left.count;
      // Without a gap between them the border itself can't be crossed.
      const between =
        right.first > end
          ? { table, first: end, last: right.first - 1, code }
          : { table, first: end - 1, last: right.first, code };
      const parting: Parting = { between, left: 2, allGood: true };
      this.waiting.unshift(...reads.map((read) => ({ read, parting })));
    }
  }

  private bad(read: UnitRead, reason: BadReason): void {
    const now = this.clock.epoch();
    for (const { part, read: share } of read.shares) {
      this.samples[part]?.push(...badSamples(share.points, reason, now));
    }
  }

  /** The first of those that wait is settled. */
  private advance(good: boolean): void {
    const { parting } = this.waiting.shift() ?? {};
    this.repetitions = 0;
    if (parting === undefined) return;
    parting.allGood &&= good;
    parting.left -= 1;
    if (parting.left === 0 && parting.allGood) this.refusals.push(parting.between);
  }

  /** A unit that refused everything may be starting up: only what it refused beside something it answered is a fact. */
  private learn(): void {
    if (this.answered && this.refusals.length > 0) this.unit.learned.refused(this.refusals, this.clock.epoch());
  }
}
