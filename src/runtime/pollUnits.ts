import type { RtuSuspects } from "../bus/rtuSuspects";
import type { ConnectionConfig, DeviceConfig } from "../core/config/gatewayConfig";
import { createProbeBudget, nextProbe, type ProbeWaiver } from "../core/planning/breaker";
import { createLearned } from "../core/planning/learned";
import type { Clock } from "../kernel/clock";
import { later, type MonotonicMs } from "../kernel/units";
import type { LearnedBook } from "./learnedBook";
import type { Polled } from "./polled";
import { PollUnit, unitFingerprint } from "./pollUnit";
import { isSameList } from "./sharedReads";
import type { UnitCycle } from "./unitCycle";

/** Up to so many are searched through: a map of one takes as much memory as a list of twenty. */
const FEW = 4;
const NO_RESTS: ReadonlyMap<number, number> = new Map();
/** Stands for no set at all, and is never added to: most connections have no dead unit. */
const NONE_OPEN = new Set<PollUnit>();

/** The units of a connection: what belongs to a unit, not to the devices that stand on it. */
export class PollUnits implements ProbeWaiver {
  readonly #connection: ConnectionConfig;
  readonly #clock: Pick<Clock, "epoch" | "monotonic">;
  readonly #budget = createProbeBudget(this);
  #units: readonly PollUnit[] = [];
  /** Where they are many. */
  #byId: ReadonlyMap<number, PollUnit> | undefined;
  /** Units whose breaker is open. */
  #open: Set<PollUnit> = NONE_OPEN;
  /** Rest of units after each opening. */
  #rests = NO_RESTS;
  #openedAt: MonotonicMs;

  constructor(
    connection: ConnectionConfig,
    clock: Pick<Clock, "epoch" | "monotonic">,
    private readonly book?: Pick<LearnedBook, "recall" | "remember">,
    private readonly suspects?: Pick<RtuSuspects, "heldMs">,
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.#openedAt = clock.monotonic();
  }

  get(unitId: number): PollUnit | undefined {
    if (this.#byId !== undefined) return this.#byId.get(unitId);
    for (const unit of this.#units) if (unit.unitId === unitId) return unit;
    return undefined;
  }

  all(): Iterable<PollUnit> {
    return this.#units;
  }

  /** Rest of this unit after each opening of the connection, ms: what the most delicate of its devices asks for. */
  connectDelayMs(unitId: number): number {
    return this.#rests.get(unitId) ?? 0;
  }

  /**
   * How long this unit still rests, ms: after the opening of the connection, or since an answer of it may still come; at
   * most 0: no longer.
   */
  restMs(unitId: number): number {
    const restMs = this.#rests.get(unitId);
    const heldMs = this.suspects?.heldMs(unitId) ?? 0;
    return restMs === undefined ? heldMs : Math.max(heldMs, restMs - (this.#clock.monotonic() - this.#openedAt));
  }

  /** Whether an answer of its unit may still come: the cycle goes on when its time is over, others have the line till then. */
  mustRest(cycle: Pick<UnitCycle, "unit" | "resumeAt">): boolean {
    const heldMs = this.suspects?.heldMs(cycle.unit.unitId) ?? 0;
    if (heldMs > 0) cycle.resumeAt = later(this.#clock.monotonic(), heldMs);
    return heldMs > 0;
  }

  /** The devices that stand on the units from now on; a unit whose devices are the same keeps everything. */
  stand(devices: Iterable<Polled>): void {
    const byUnit = new Map<number, Polled[]>();
    for (const polled of devices) {
      const { unitId } = polled.config;
      const list = byUnit.get(unitId);
      if (list === undefined) byUnit.set(unitId, [polled]);
      else list.push(polled);
    }
    if (this.#open.size > 0) for (const unit of this.#units) if (!byUnit.has(unit.unitId)) this.#open.delete(unit);
    // Those that stay, in their order, before those that come.
    const order = [...this.#units.map(({ unitId }) => unitId), ...byUnit.keys()];
    const units = [...new Set(order)].flatMap((unitId) => this.#standOn(unitId, byUnit.get(unitId)) ?? []);
    // A copy is as long as it has to be.
    this.#units = units.slice();
    this.#byId = units.length > FEW ? new Map(units.map((unit) => [unit.unitId, unit])) : undefined;
    this.#rests = restsOf([...byUnit.values()].flat().map(({ config }) => config));
  }

  /** The connection was opened: what was dead before may be alive, and is asked as soon as its rest is over. */
  linkOpened(now: MonotonicMs): void {
    this.#openedAt = now;
    this.#budget.reset();
    for (const { unitId, breaker } of this.#units) breaker.hasten(later(now, this.#rests.get(unitId) ?? 0));
  }

  /** Keeps what was learned of a unit, where that has changed. */
  keep(unit: PollUnit): void {
    const facts = unit.news();
    if (facts !== undefined) this.book?.remember(this.#connection.name, unit.unitId, unit.fingerprint, facts);
  }

  /** Whether this unit is given up just now. */
  hasJustOpened(unit: PollUnit): boolean {
    if (!unit.breaker.open || this.#open.has(unit) || this.get(unit.unitId) !== unit) return false;
    if (this.#open === NONE_OPEN) this.#open = new Set();
    this.#open.add(unit);
    return true;
  }

  /** The unit is there again: others that may have gone for the same reason are asked soon. */
  closed(unit: PollUnit): void {
    if (this.#open.size > 0) this.#open.delete(unit);
    for (const other of this.#open) other.breaker.hasten(this.#clock.monotonic());
  }

  /** A unit whose probe is due. */
  toProbe(now: MonotonicMs): PollUnit | undefined {
    return this.#open.size === 0 ? undefined : nextProbe(this.#open, now);
  }

  /** When the next probe is due; infinite when there is none. */
  probeAt(): number {
    let least = Number.POSITIVE_INFINITY;
    if (this.#open.size === 0) return least;
    for (const { breaker } of this.#open) least = Math.min(least, breaker.probeAt() ?? least);
    return least;
  }

  /**
   * A network endpoint where no unit answers: there is no neighbour to protect, and the sooner requests fail, the sooner
   * the session opens the connection anew, which may be what it needs (its other end may have forgotten it).
   */
  get isWaived(): boolean {
    return this.#connection.transport !== "serial" && this.#open.size === this.#units.length;
  }

  #standOn(unitId: number, devices: readonly Polled[] | undefined): PollUnit | undefined {
    if (devices === undefined) return undefined;
    const unit = this.get(unitId);
    if (unit !== undefined && isSameList(unit.devices, devices)) return unit;
    const standing = unit ?? new PollUnit(unitId, this.#connection, this.#budget, this.#clock);
    const known = this.book?.recall(this.#connection.name, unitId, () => unitFingerprint(this.#connection, devices));
    standing.stand(devices, createLearned(known));
    return standing;
  }
}

/** `connectDelayMs` by unit: the longest of the devices that share it. */
function restsOf(devices: readonly DeviceConfig[]): ReadonlyMap<number, number> {
  if (devices.every(({ connectDelayMs = 0 }) => connectDelayMs <= 0)) return NO_RESTS;
  const rests = new Map<number, number>();
  for (const { unitId, connectDelayMs = 0 } of devices) {
    if (connectDelayMs > 0) rests.set(unitId, Math.max(connectDelayMs, rests.get(unitId) ?? 0));
  }
  return rests;
}
