import { type Answer, type TransactOptions, type Transactor, WITHDRAWN } from "../bus/transactor";
import { type ModbusFailure, unsent } from "../core/modbus/failure";
import type { ModbusRequest } from "../core/modbus/pdu";
import type { Clock } from "../kernel/clock";
import { err, type Result } from "../kernel/result";
import { wait } from "../kernel/wait";
import type { Polling } from "./connectionRunnerPolling";
import { isUnreachable } from "./cycle";

const NEVER = new AbortController().signal;

/**
 * The bus as commands use it: a unit that rests after the connect is waited for (polls do so by their timetable; a
 * command has done so before its turn, but the link may have been opened anew since), and one that answers is polled
 * again at once.
 */
export class CommandBus implements Transactor {
  readonly #bus: Transactor;
  readonly #polling: Pick<Polling, "restMs" | "heard">;
  readonly #clock: Clock;

  constructor(bus: Transactor, polling: Pick<Polling, "restMs" | "heard">, clock: Clock) {
    this.#bus = bus;
    this.#polling = polling;
    this.#clock = clock;
  }

  async transact<R extends ModbusRequest>(
    unitId: number,
    request: R,
    options?: TransactOptions,
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    const restMs = this.#polling.restMs(unitId);
    if (restMs > 0) await wait(this.#clock, restMs, options?.signal ?? NEVER);
    if (restMs > 0 && options?.isStillWanted?.() === false) return err(unsent(WITHDRAWN));
    const answer = await this.#bus.transact(unitId, request, options);
    if (answer.ok || (answer.error.kind === "exception" && !isUnreachable(answer.error))) this.#polling.heard(unitId);
    return answer;
  }
}
