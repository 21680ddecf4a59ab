import type { PollUnit } from "./pollUnit";
import type { UnitCycle } from "./unitCycle";

/** Stands for no list at all, and is never added to: what an empty list grows to at its first `push` is seventeen long. */
const NONE: UnitCycle[] = [];
const NEVER = Number.POSITIVE_INFINITY;

/** The cycles of a connection's units: one a unit, as soon as it has been polled. */
export class UnitCycles {
  #known = NONE;
  #active = NONE;

  /** Those that are under way, in the order in which they have begun. */
  get active(): readonly UnitCycle[] {
    return this.#active;
  }

  of(unit: PollUnit): UnitCycle | undefined {
    for (const known of this.#known) if (known.unit === unit) return known;
    return undefined;
  }

  add(cycle: UnitCycle): UnitCycle {
    if (this.#known === NONE) this.#known = [cycle];
    else this.#known.push(cycle);
    return cycle;
  }

  /** Forgets those of units that are not `wanted` any more. */
  keep(wanted: (unit: PollUnit) => boolean): void {
    if (!this.#known.every(({ unit }) => wanted(unit))) this.#known = this.#known.filter(({ unit }) => wanted(unit));
  }

  /** It is under way from now on. */
  begun(cycle: UnitCycle): void {
    if (this.#active === NONE) this.#active = [cycle];
    else this.#active.push(cycle);
  }

  drop(cycle: UnitCycle): void {
    const at = this.#active.indexOf(cycle);
    if (at < 0) return;
    if (at < this.#active.length - 1) this.#active.splice(at, 1);
    else this.#active.pop();
  }

  isUnderWay(unitId: number): boolean {
    return this.#active.some(({ unit }) => unit.unitId === unitId);
  }

  /** When the next of those that rest may be carried on; infinite when there is none. */
  wakeAt(): number {
    let least: number = NEVER;
    for (const { busy, resumeAt } of this.#active) if (!busy) least = Math.min(least, resumeAt ?? NEVER);
    return least;
  }
}
