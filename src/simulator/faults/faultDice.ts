import type { Direction, Fault, FaultPlan, When } from "./fault";

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Whether the `count`th message (from 1) is hit. */
export function hits(when: When, count: number, random: () => number): boolean {
  switch (when.kind) {
    case "always":
      return true;
    case "chance":
      return random() * 100 < when.percent;
    case "nth":
      return count >= when.from && count <= when.to;
    case "every":
      return count % when.n === 0;
  }
}

/** Decides, message by message, which faults hit one direction. */
export class FaultDice {
  private readonly wanted: (readonly Fault[])[] = [];
  private messages = 0;
  private hit = 0;

  constructor(
    private readonly plan: FaultPlan,
    private readonly on: Direction,
    private readonly random: () => number,
  ) {}

  /** Messages that had a fault. */
  get faulty(): number {
    return this.hit;
  }

  /** The next message gets exactly these faults (none: it passes), whatever the plan says. Calls queue up. */
  once(...faults: readonly Fault[]): void {
    this.wanted.push(faults);
  }

  next(): readonly Fault[] {
    this.messages++;
    const faults = this.wanted.shift() ?? this.planned();
    if (faults.length > 0) this.hit++;
    return faults;
  }

  private planned(): readonly Fault[] {
    const hit = this.plan.faults.filter(({ on, when }) => on === this.on && hits(when, this.messages, this.random));
    return hit.map(({ fault }) => fault);
  }
}
