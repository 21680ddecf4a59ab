import type { Answer, TransactOptions } from "../../src/bus/transactor";
import type { ConnectionConfig } from "../../src/core/config/gatewayConfig";
import { exceptionFailure, failure, type ModbusFailure, unsent } from "../../src/core/modbus/failure";
import type { MaskWriteRegister } from "../../src/core/modbus/maskWrite";
import type { ModbusRequest, TableRequest } from "../../src/core/modbus/pdu";
import { err, ok, type Result } from "../../src/kernel/result";
import { wait } from "../../src/kernel/wait";
import type { ConnectionState, RunnerSession, RunnerSessionPorts } from "../../src/runtime/connectionRunner";
import type { ManualClock } from "./manualClock";

/** What a unit does with a request: answers from its image, an exception code, silence, or a failure of the link. */
export type Behaviour = "answer" | "silent" | number | ModbusFailure["kind"];

export interface FakeRequest {
  readonly at: number;
  readonly unitId: number;
  readonly request: TableRequest | MaskWriteRegister;
}

/** A session over a process image in memory: transactions take `latencyMs`, silence the response timeout. */
export interface FakeSession {
  open(connection: ConnectionConfig, ports: RunnerSessionPorts): RunnerSession;
  readonly requests: FakeRequest[];
  /** `"unit:address"` → register, of one table for all. */
  readonly registers: Map<string, number>;
  readonly bits: Map<string, boolean>;
  latencyMs: number;
  /** Writes are answered and change nothing. */
  ignoresWrites: boolean;
  behave(unitId: number, request: FakeRequest["request"]): Behaviour;
  state(state: ConnectionState, reason?: string): void;
  /** Requests under way at most at the same time. */
  mostInFlight: number;
  closed: boolean;
}

const NEVER = new AbortController().signal;

export function createFakeSession(clock: ManualClock): FakeSession {
  let ports: RunnerSessionPorts | undefined;
  let responseTimeoutMs = 1000;
  let inFlight = 0;

  const fake: FakeSession = {
    requests: [],
    registers: new Map(),
    bits: new Map(),
    latencyMs: 10,
    ignoresWrites: false,
    mostInFlight: 0,
    closed: false,
    behave: () => "answer",
    state: (state, reason = state === "open" ? "" : "test") => ports?.onState(state, reason),
    open(connection, given) {
      ports = given;
      responseTimeoutMs = connection.responseTimeoutMs;
      return {
        transact,
        async close() {
          fake.closed = true;
        },
      };
    },
  };

  async function transact<R extends ModbusRequest>(
    unitId: number,
    asked: R,
    options: TransactOptions = {},
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    // The runtime reads and writes tables and changes single bits, nothing else.
    const request = asked as FakeRequest["request"];
    if (options.signal?.aborted === true) return err(unsent(failure("aborted", "given up by the caller")));
    fake.requests.push({ at: clock.monotonic(), unitId, request });
    const behaviour = fake.behave(unitId, request);
    inFlight += 1;
    fake.mostInFlight = Math.max(fake.mostInFlight, inFlight);
    const silent = behaviour === "silent" || behaviour === "timeout";
    await pause(silent ? (options.timeoutMs ?? responseTimeoutMs) : fake.latencyMs, options.signal);
    inFlight -= 1;
    if (silent && options.signal?.aborted) return err(failure("aborted", "given up by the caller"));
    if (silent) return err(failure("timeout", "no answer"));
    if (typeof behaviour === "number") return err(exceptionFailure(behaviour));
    if (behaviour !== "answer") return err(failure(behaviour as "crc", `test: ${behaviour}`));
    const response = carryOut(fake, unitId, request) as Answer<R>["response"];
    return ok({ response, at: clock.epoch(), elapsedMs: fake.latencyMs, receivedAt: clock.monotonic() });
  }

  async function pause(ms: number, signal = NEVER): Promise<void> {
    await wait(clock, ms, signal);
  }

  return fake;
}

function carryOut(fake: FakeSession, unitId: number, request: FakeRequest["request"]): object {
  const { registers, bits } = fake;
  if (fake.ignoresWrites && !request.kind.startsWith("read")) return {};
  const key = (offset: number): string => `${unitId}:${request.address + offset}`;
  switch (request.kind) {
    case "readRegisters":
      return { registers: Uint16Array.from({ length: request.count }, (_, i) => registers.get(key(i)) ?? 0) };
    case "readBits":
      return { bits: Array.from({ length: request.count }, (_, i) => bits.get(key(i)) ?? false) };
    case "writeSingleRegister":
      registers.set(key(0), request.value);
      return {};
    case "maskWriteRegister": {
      const before = registers.get(key(0)) ?? 0;
      registers.set(key(0), (before & request.andMask) | (request.orMask & ~request.andMask & 0xffff));
      return {};
    }
    case "writeSingleCoil":
      bits.set(key(0), request.value);
      return {};
    case "writeRegisters":
      for (const [i, value] of request.values.entries()) registers.set(key(i), value);
      return {};
    case "writeCoils":
      for (const [i, value] of request.values.entries()) bits.set(key(i), value);
      return {};
  }
}
