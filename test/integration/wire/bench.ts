import type { Session, SessionState } from "../../../src/bus/session";
import type { Answer, TransactOptions } from "../../../src/bus/transactor";
import type { ModbusFailure } from "../../../src/core/modbus/failure";
import type { ModbusRequest } from "../../../src/core/modbus/pdu";
import type { Clock } from "../../../src/kernel/clock";
import type { Result } from "../../../src/kernel/result";
import type { FaultProxy } from "../../../src/simulator/faults/faultProxy";
import type { MisbehavingServer } from "../../../src/simulator/faults/misbehavingServer";
import { bitOf, registerOf } from "../../../src/simulator/faults/plainImage";
import type { ReplyFraming } from "../../../src/simulator/faults/reply";

/** How the client reaches the misbehaving server, through the proxy. */
export interface Medium {
  readonly name: string;
  readonly framing: ReplyFraming;
  readonly clock: Clock;
  /** The clock stands still between events: deadlines are measured to the millisecond. */
  readonly exact: boolean;
  readonly timeoutMs: number;
  readonly server: MisbehavingServer;
  readonly proxy: FaultProxy;
  /** Opens a session with the client under test. */
  open(onState: (state: SessionState, reason: string) => void): Session;
  /** Nobody is there any more. */
  unplug(): Promise<void>;
  plugIn(): Promise<void>;
  /** Lets time pass until the promise settles. */
  run<T>(promise: Promise<T>): Promise<T>;
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

export type Outcome = Result<Answer<ModbusRequest>, ModbusFailure>;

export interface Settled {
  readonly outcome: Outcome;
  readonly elapsedMs: number;
}

/** A request on its way. */
export interface Asked {
  readonly unitId: number;
  readonly request: ModbusRequest;
  readonly settled: Promise<Settled>;
}

type Kind = ModbusFailure["kind"];
const never = new AbortController().signal;

/** A client, a proxy and a server, and what the rows of the table say about them. */
export class Bench {
  session: Session;
  readonly states: { readonly state: SessionState; readonly reason: string }[] = [];

  private constructor(readonly medium: Medium) {
    this.session = this.open();
  }

  static async start(medium: Medium): Promise<Bench> {
    const bench = new Bench(medium);
    expect(await medium.run(bench.session.whenOpen(never))).toBe(true);
    return bench;
  }

  get server(): MisbehavingServer {
    return this.medium.server;
  }

  get proxy(): FaultProxy {
    return this.medium.proxy;
  }

  get T(): number {
    return this.medium.timeoutMs;
  }

  /** Holding registers of unit 1 unless told otherwise. */
  read(address = 10, count = 1, unitId = 1): Asked {
    return this.ask(unitId, { kind: "readRegisters", table: "holding", address, count });
  }

  ask(unitId: number, request: ModbusRequest, options?: TransactOptions): Asked {
    const { clock } = this.medium;
    const start = clock.monotonic();
    const settled = this.session
      .transact(unitId, request, options)
      .then((outcome) => ({ outcome, elapsedMs: clock.monotonic() - start }));
    return { unitId, request, settled };
  }

  pass(ms: number): Promise<void> {
    return this.medium.pass(ms);
  }

  /** The right value, within 3 T. */
  async value(asked: Asked): Promise<Settled> {
    const settled = await this.medium.run(asked.settled);
    expect(settled.outcome).toMatchObject({ ok: true, value: { response: expectedOf(asked) } });
    return settled;
  }

  /** The right value or an error; never a wrong value. */
  async notWrong(asked: Asked): Promise<Settled> {
    const settled = await this.medium.run(asked.settled);
    if (settled.outcome.ok) expect(settled.outcome.value.response).toEqual(expectedOf(asked));
    return settled;
  }

  /** An error of this kind, long before T is over. */
  async promptError(asked: Asked, kind: Kind): Promise<ModbusFailure> {
    const { outcome, elapsedMs } = await this.medium.run(asked.settled);
    expect(outcome).toMatchObject({ ok: false, error: { kind } });
    expect(elapsedMs).toBeLessThan(this.medium.exact ? 0.5 * this.T : 3 * this.T);
    return errorOf(outcome);
  }

  /** An error of this kind when T is over. */
  async errorAtT(asked: Asked, kind: Kind): Promise<ModbusFailure> {
    const { outcome, elapsedMs } = await this.medium.run(asked.settled);
    expect(outcome).toMatchObject({ ok: false, error: { kind } });
    expect(elapsedMs).toBeGreaterThanOrEqual(this.T * 0.99);
    expect(elapsedMs).toBeLessThanOrEqual(this.medium.exact ? 1.1 * this.T : 3 * this.T);
    return errorOf(outcome);
  }

  /** The end of the connection has been signalled, or will be now. */
  async closeSignalled(): Promise<string> {
    for (let turn = 0; turn < 200 && this.closedReason() === undefined; turn++) await this.pass(5);
    const reason = this.closedReason();
    expect(reason).toBeDefined();
    return reason ?? "";
  }

  /** A fresh session, where the old one has been closed by its user. */
  async reopen(): Promise<void> {
    await this.medium.run(this.session.close());
    this.session = this.open();
  }

  /** What must hold after every row. */
  async recovers(): Promise<void> {
    for (let address = 100; address < 103; address++) {
      expect(await this.medium.run(this.session.whenOpen(never))).toBe(true);
      await this.value(this.read(address, 2));
    }
  }

  async close(): Promise<void> {
    await this.medium.run(this.session.close());
    await this.medium.close();
  }

  private open(): Session {
    return this.medium.open((state, reason) => this.states.push({ state, reason }));
  }

  private closedReason(): string | undefined {
    return this.states.find(({ state }) => state === "closed")?.reason;
  }
}

function errorOf(outcome: Outcome): ModbusFailure {
  if (outcome.ok) throw new Error("a value where an error was expected");
  return outcome.error;
}

/** What the plain image holds there: by its rule, written down once more. */
function expectedOf({ unitId, request }: Asked): object {
  switch (request.kind) {
    case "readRegisters": {
      const at = (_: unknown, index: number): number => registerOf(unitId, request.address + index);
      return { registers: Uint16Array.from({ length: request.count }, at) };
    }
    case "readBits":
      return { bits: Array.from({ length: request.count }, (_, index) => bitOf(unitId, request.address + index)) };
    default:
      return {};
  }
}
