import { fingerprintOf } from "../core/config/fingerprint";
import type { ConnectionConfig } from "../core/config/gatewayConfig";
import type { ModbusFailure } from "../core/modbus/failure";
import { type Breaker, createBreaker, type ProbeBudget } from "../core/planning/breaker";
import { dataBytes, linkCost, restMs } from "../core/planning/cost";
import { createLearned, type KeptFact, type Learned } from "../core/planning/learned";
import { duePoints, polledPoints } from "../core/planning/polledPoints";
import { createTurnaround, type Turnaround } from "../core/planning/turnaround";
import { planUnit, probeOf } from "../core/planning/unitPlan";
import type { BadReason } from "../core/points/point";
import { badReason } from "../core/points/quality";
import type { Clock } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";
import { isUnreachable } from "./cycle";
import type { Polled } from "./polled";
import { isSameList, sharedReads } from "./sharedReads";
import { optionsOf, type UnitRead, type UnitReads, unitRead } from "./unitRead";

/** Whether the rest of a cycle is worth asking for. */
export type Verdict = "goOn" | "leave";

/** Plans that are kept for one unit: the combinations of groups that fall due together. */
const MOST_PLANS = 64;

/** Device failure, device busy: the same again, but later. */
const ASKING_LATER: ReadonlySet<number> = new Set([4, 6]);
/** Rest after the first such answer; doubled with each, up to the longest. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 10_000;

type GroupsOfParts = readonly (readonly string[])[];

/** A plan, and what it is for. */
interface KeptPlan {
  readonly parts: readonly Polled[];
  readonly groups: GroupsOfParts;
  readonly plan: UnitReads;
}

const NONE_KEPT: readonly KeptPlan[] = [];

/** A read that is not to be sent for a while. */
interface Pause {
  readonly distanceMs: number;
  readonly until: MonotonicMs;
  readonly reason: BadReason;
}

/** What is kept of one unit of a connection, whatever devices stand on it. */
export class PollUnit {
  readonly breaker: Breaker;
  /** Why its points are bad while it is not polled. */
  reason: BadReason = "timeout";
  devices: readonly Polled[] = [];
  learned: Learned = createLearned();
  #told = 0;
  readonly #turnaround: Turnaround;
  /** Those for one of several devices or more of them, or with something learned. */
  #plans = NONE_KEPT;
  #last: KeptPlan | undefined;
  /** Of its one device: the groups asked for last, and their plan. Nearly always the next ones too. */
  #groups: readonly string[] | undefined;
  #plan: UnitReads | undefined;
  /** Reads that were answered "device failure" or "busy". */
  #paused: Map<string, Pause> | undefined;
  /** What the plans were made with. */
  #revision: number | undefined;
  #cost: object | undefined;

  constructor(
    readonly unitId: number,
    private readonly connection: ConnectionConfig,
    budget: ProbeBudget,
    private readonly clock: Pick<Clock, "epoch" | "monotonic">,
  ) {
    this.breaker = createBreaker(budget);
    this.#turnaround = createTurnaround(linkCost(connection), restMs(connection));
  }

  /** Other devices, or others' definitions, than before. */
  stand(devices: readonly Polled[], learned: Learned): void {
    this.devices = devices;
    this.learned = learned;
    this.#told = learned.revision;
    this.#forgetPlans();
  }

  /** Of the definitions that stand on it. */
  get fingerprint(): string {
    return unitFingerprint(this.connection, this.devices);
  }

  /** The requests for these groups of its only device. */
  planAlone({ config }: Polled, groups: readonly string[]): UnitReads {
    this.#refresh();
    if (this.#plan !== undefined && isSameList(this.#groups ?? [], groups)) return this.#plan;
    const plan =
      this.learned.facts().length === 0
        ? sharedReads(config, groups, this.#turnaround.cost)
        : this.#keptPlan(this.devices, [groups]);
    this.#groups = groups;
    this.#plan = plan;
    return plan;
  }

  /** The requests for these groups of these devices. */
  plan(parts: readonly Polled[], groups: GroupsOfParts): UnitReads {
    this.#refresh();
    return this.#keptPlan(parts, groups);
  }

  #keptPlan(parts: readonly Polled[], groups: GroupsOfParts): UnitReads {
    const isIt = (kept: KeptPlan): boolean => isSameList(kept.parts, parts) && isSameGroups(kept.groups, groups);
    const known = this.#last !== undefined && isIt(this.#last) ? this.#last : this.#plans.find(isIt);
    const kept = known ?? { parts, groups, plan: this.#makePlan(parts, groups) };
    if (known === undefined) this.#plans = this.#plans.length < MOST_PLANS ? [...this.#plans, kept] : [kept];
    this.#last = kept;
    return kept.plan;
  }

  #makePlan(parts: readonly Polled[], groups: GroupsOfParts): UnitReads {
    const due = parts.map(({ config }, at) => ({ device: config, points: duePoints(config, groups[at] ?? []) }));
    const { blocks, notAsked } = planUnit(due, this.learned, this.#turnaround.cost);
    const options = optionsOf(due, this.connection);
    return { reads: blocks.map(({ block, whole }) => unitRead(block, options, whole)), notAsked };
  }

  /** What has been learned, where that has changed since the last call. */
  news(): readonly KeptFact[] | undefined {
    if (this.#told === this.learned.revision) return undefined;
    this.#told = this.learned.revision;
    return this.learned.facts();
  }

  /** Predicted cost of its requests as measured. */
  get cost() {
    return this.#turnaround.cost;
  }

  probe(): UnitRead | undefined {
    const parts = this.devices.map(({ config }) => ({ device: config, points: polledPoints(config) }));
    const block = probeOf(parts, this.learned);
    return block === undefined ? undefined : unitRead(block, optionsOf(parts, this.connection));
  }

  readAnswered({ request }: UnitRead, elapsedMs: number): void {
    this.breaker.answered();
    if (this.#paused !== undefined && this.#paused.size > 0) this.#paused.delete(keyOf(request));
    this.learned.answered(request.table, request.count);
    this.#turnaround.answered(elapsedMs, dataBytes(request.table, request.count));
  }

  /** A request failed that was sent at `from`. */
  readFailed({ request }: UnitRead, failure: ModbusFailure, from: MonotonicMs): Verdict {
    const now = this.clock.monotonic();
    if (isSilent(failure)) {
      this.reason = badReason(failure);
      this.breaker.failed(from, now);
      return isUnreachable(failure) || this.breaker.open ? "leave" : "goOn";
    }
    if (failure.kind !== "exception") return isUnreachable(failure) ? "leave" : "goOn";
    this.breaker.answered();
    if (failure.code === 1) this.learned.illegalFunction(request.table, this.clock.epoch());
    return "goOn";
  }

  /** It failed after its repetitions too. */
  readGivenUp({ request }: UnitRead, failure: ModbusFailure): void {
    if (failure.kind === "timeout" || failure.kind === "protocol") {
      this.learned.failed(request.table, request.count, this.clock.epoch());
    } else if (failure.kind === "exception" && ASKING_LATER.has(failure.code)) {
      this.#paused ??= new Map();
      const key = keyOf(request);
      const distanceMs = Math.min(LONGEST_PAUSE_MS, 2 * (this.#paused.get(key)?.distanceMs ?? FIRST_PAUSE_MS / 2));
      const until = later(this.clock.monotonic(), distanceMs);
      if (this.#paused.size < MOST_PLANS) this.#paused.set(key, { distanceMs, until, reason: badReason(failure) });
    }
  }

  /** Why this read is not to be sent now: it was answered "device failure" or "busy" a short while ago. */
  pausing({ request }: UnitRead): BadReason | undefined {
    if (this.#paused === undefined || this.#paused.size === 0) return undefined;
    const paused = this.#paused.get(keyOf(request));
    return paused !== undefined && paused.until > this.clock.monotonic() ? paused.reason : undefined;
  }

  #refresh(): void {
    this.learned.expire(this.clock.epoch());
    const { revision } = this.learned;
    const { cost } = this.#turnaround;
    if (this.#revision === revision && this.#cost === cost) return;
    this.#revision = revision;
    this.#cost = cost;
    this.#forgetPlans();
  }

  #forgetPlans(): void {
    this.#plans = NONE_KEPT;
    this.#last = undefined;
    this.#groups = undefined;
    this.#plan = undefined;
  }
}

/** Nothing has shown that the unit is there; an exception of its own would. Failures of the connection count for nobody. */
function isSilent(failure: ModbusFailure): boolean {
  switch (failure.kind) {
    case "timeout":
    case "crc":
    case "protocol":
      return true;
    case "exception":
      return failure.code === 10 || failure.code === 11;
    default:
      return false;
  }
}

/** Equal text: the same definitions on the same connection. */
export function unitFingerprint(connection: ConnectionConfig, devices: readonly Polled[]): string {
  return fingerprintOf([connection.fingerprint, ...devices.map(({ config }) => config.fingerprint).sort()]);
}

function isSameGroups(a: GroupsOfParts, b: GroupsOfParts): boolean {
  return a === b || (a.length === b.length && a.every((groups, at) => isSameList(groups, b[at] ?? [])));
}

function keyOf({ table, address, count }: UnitRead["request"]): string {
  return `${table} ${address}+${count}`;
}
