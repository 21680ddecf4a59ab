import type { Transactor } from "../bus/transactor";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { RequestCost } from "../core/planning/cost";
import { type PlannedWrite, planPointWrite, scaledPoints } from "../core/planning/writePlan";
import { type WriteStep, writeSteps } from "../core/planning/writeSteps";
import type { PointValue } from "../core/points/point";
import { err, ok, type Result } from "../kernel/result";
import { withScalesNow } from "./writeScales";

/** Why something is not written (any more): a contract status, and words. */
export interface Obstacle {
  readonly status: number;
  readonly reason: string;
}

/** Where the requests of a write come from, one after another. */
export interface StepSource {
  /** A turn on the bus begins: others may have had theirs since. */
  newTurn(): void;
  /** The next one as it is to be sent now, in this turn on the bus; `undefined`: all is done. */
  next(bus: Transactor): Promise<Result<WriteStep | undefined, Obstacle>>;
  /** The one that `next` gave is being sent. */
  sent(): void;
  /** Its values as they would be written now, to look for what the device holds; or why that can't be said. */
  asOfNow(bus: Transactor, step: WriteStep, signal: AbortSignal): Promise<Result<readonly PlannedWrite[], Obstacle>>;
}

/** Steps that mean the same at any time. */
export function fixedSteps(steps: readonly WriteStep[]): StepSource {
  let at = 0;
  return {
    newTurn: () => undefined,
    next: async () => ok(steps[at]),
    sent() {
      at += 1;
    },
    asOfNow: async (_bus, { writes }) => ok(writes),
  };
}

/**
 * Values of a device. Those that are scaled by registers of the device are encoded by the scale that stands there in the
 * turn on the bus in which they are sent, anew for each step; what is read back is compared by the scale of then.
 */
export class ValueSource implements StepSource {
  readonly #device: DeviceConfig;
  readonly #cost: RequestCost;
  readonly #signal: AbortSignal;
  /** Not sent yet. */
  readonly #left: Map<string, PointValue>;
  #steps: readonly WriteStep[] | undefined;

  constructor(device: DeviceConfig, values: ReadonlyMap<string, PointValue>, cost: RequestCost, signal: AbortSignal) {
    this.#device = device;
    this.#left = new Map(values);
    this.#cost = cost;
    this.#signal = signal;
  }

  /** The first look is at all values: where one can't be written, none is. */
  async next(bus: Transactor): Promise<Result<WriteStep | undefined, Obstacle>> {
    if (this.#steps === undefined) {
      const planned = await this.#plan(bus, this.#left, this.#signal);
      if (!planned.ok) return planned;
      this.#steps = writeSteps(this.#device.maxWriteRegisters, planned.value);
    }
    return ok(this.#steps[0]);
  }

  sent(): void {
    const [step, ...rest] = this.#steps ?? [];
    for (const { point } of step?.writes ?? []) this.#left.delete(point.name);
    this.#steps = rest;
    this.newTurn();
  }

  newTurn(): void {
    if (this.#steps?.some((step) => this.#isScaled(step))) this.#steps = undefined;
  }

  async asOfNow(
    bus: Transactor,
    step: WriteStep,
    signal: AbortSignal,
  ): Promise<Result<readonly PlannedWrite[], Obstacle>> {
    if (!this.#isScaled(step)) return ok(step.writes);
    const values = new Map(step.writes.map(({ point, value }) => [point.name, value]));
    return this.#plan(bus, values, signal);
  }

  #isScaled({ writes }: WriteStep): boolean {
    const names = new Set(writes.map(({ point }) => point.name));
    const own = this.#device.points.filter(({ name }) => names.has(name));
    return scaledPoints(this.#device, own).length > 0;
  }

  async #plan(
    bus: Transactor,
    values: ReadonlyMap<string, PointValue>,
    signal: AbortSignal,
  ): Promise<Result<readonly PlannedWrite[], Obstacle>> {
    const device = await withScalesNow(bus, this.#device, values.keys(), this.#cost, signal);
    if (!device.ok) return device;
    const planned: PlannedWrite[] = [];
    for (const [name, value] of values) {
      const point = device.value.points.find((one) => one.name === name);
      // The caller has had them checked: only a scale, or another configuration, can make a difference.
      if (point === undefined) return err({ status: 409, reason: changedText(name) });
      const write = planPointWrite(device.value, point, value);
      if (!write.ok) return err({ status: write.error.status, reason: write.error.message });
      planned.push(write.value);
    }
    return ok(planned);
  }
}

export function changedText(culprit: string): string {
  return `the configuration of ${culprit} has just changed; send it again`;
}
