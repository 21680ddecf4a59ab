import { keepSpare, type Pile, type Spare, takeSpare } from "../bus/spares";
import {
  AskedTransactor,
  ask,
  type Outcome,
  type OutcomeSink,
  type TransactOptions,
  type Transactor,
} from "../bus/transactor";
import type { ModbusRequest } from "../core/modbus/pdu";
import type { Clock } from "../kernel/clock";
import { type MonotonicMs, monotonicMs } from "../kernel/units";
import type { LoadMeter } from "./connectionRunnerCounters";

/** The same bus, its use entered into the load of the connection. */
export class MeteredBus extends AskedTransactor implements Pile<Metered> {
  /** What is kept of requests that have ended, for the next. */
  topSpare: Metered | undefined;

  constructor(
    readonly bus: Transactor,
    readonly load: LoadMeter,
    readonly clock: Pick<Clock, "monotonic">,
  ) {
    super();
  }

  ask(unitId: number, request: ModbusRequest, options: TransactOptions | undefined, sink: OutcomeSink): void {
    const metered = takeSpare(this) ?? new Metered(this);
    ask(this.bus, unitId, request, options, metered.begin(sink));
  }
}

class Metered implements OutcomeSink, Spare<Metered> {
  nextSpare: Metered | undefined;
  #from: MonotonicMs = monotonicMs(0);
  #sink: OutcomeSink | undefined;
  readonly #owner: MeteredBus;

  constructor(owner: MeteredBus) {
    this.#owner = owner;
  }

  begin(sink: OutcomeSink): this {
    this.#sink = sink;
    this.#from = this.#owner.clock.monotonic();
    return this;
  }

  settled(outcome: Outcome): void {
    this.#end(outcome.ok ? outcome.value.receivedAt : this.#owner.clock.monotonic())?.settled(outcome);
  }

  broken(bug: unknown): void {
    this.#end(this.#owner.clock.monotonic())?.broken?.(bug);
  }

  /** Who is to hear how it ended; nobody twice. */
  #end(at: MonotonicMs): OutcomeSink | undefined {
    const sink = this.#sink;
    if (sink === undefined) return undefined;
    this.#sink = undefined;
    keepSpare(this.#owner, this);
    this.#owner.load.busy(this.#from, at);
    return sink;
  }
}
