import { type DeviceIdentification, readDeviceIdentification } from "../bus/deviceIdentification";
import type { Session, SessionState } from "../bus/session";
import type { Answer, TransactOptions, Transactor } from "../bus/transactor";
import { refuseUnlessInteger, refuseUnlessOneOf, shown } from "../core/modbus/argument";
import { consequenceOf, failure, type ModbusFailure } from "../core/modbus/failure";
import { isWrite, type ModbusRequest, type ResponseOf } from "../core/modbus/pdu";
import { TABLES, type Table } from "../core/modbus/spec";
import type { Clock } from "../kernel/clock";
import { err, type Result } from "../kernel/result";
import { wait } from "../kernel/wait";
import type { ModbusClient, RequestOptions, StateListener, WriteOptions } from "./modbusClient";
import { argumentError, type ModbusError, requestError } from "./modbusError";
import { readRequest, writeRequest } from "./tableRequest";

/** "Busy" means: the same request again, later (section 7, code 06). */
const BUSY = 6;
const BUSY_PAUSE_MS = 250;
const MAX_RETRIES = 10;
const NEVER = new AbortController().signal;

/** The public client on a session that keeps itself open. Results become values or rejections here, and only here. */
export class SessionClient implements ModbusClient {
  private readonly listeners = new Set<StateListener>();
  private readonly bus: Transactor;
  private closed = false;

  constructor(
    private readonly name: string,
    private readonly session: Session,
    private readonly clock: Pick<Clock, "setTimer">,
  ) {
    this.bus = { transact: (unitId, request, options) => this.once(unitId, request, options) };
  }

  get state(): SessionState {
    return this.session.state;
  }

  get reason(): string {
    return this.session.reason;
  }

  onState(listener: StateListener): () => void {
    // One of its own: the same listener may be registered twice.
    const entry: StateListener = (state, reason) => listener(state, reason);
    this.listeners.add(entry);
    return () => void this.listeners.delete(entry);
  }

  /** For the session. */
  announce(state: SessionState, reason: string): void {
    // A listener that throws is a fault of its owner: it must not reach into the session.
    for (const listener of this.listeners) queueMicrotask(() => listener(state, reason));
  }

  read(
    unitId: number,
    table: "coil" | "discrete",
    address: number,
    count: number,
    options?: RequestOptions,
  ): Promise<boolean[]>;
  read(
    unitId: number,
    table: "input" | "holding",
    address: number,
    count: number,
    options?: RequestOptions,
  ): Promise<number[]>;
  async read(unitId: number, table: Table, address: number, count: number, options?: RequestOptions) {
    const wrong = refuseUnlessOneOf("table", table, TABLES);
    if (wrong !== undefined) throw argumentError(wrong.detail);
    const response = await this.request(unitId, readRequest(table, address, count), options);
    return "bits" in response ? [...response.bits] : [...response.registers];
  }

  async write(
    unitId: number,
    table: "coil" | "holding",
    address: number,
    values: unknown,
    options?: WriteOptions,
  ): Promise<void> {
    const request = writeRequest(table, address, values, options?.function ?? "auto");
    if (!request.ok) throw argumentError(request.error.detail);
    await this.request(unitId, request.value, options);
  }

  async request<R extends ModbusRequest>(unitId: number, request: R, options?: RequestOptions): Promise<ResponseOf<R>> {
    if (typeof request !== "object" || request === null)
      throw argumentError(`request must be an object with a "kind", not ${shown(request)}`);
    const retries = options?.retries ?? 0;
    const wrong = refuseOptions(options) ?? refuseUnlessInteger("retries", retries, 0, MAX_RETRIES);
    if (wrong !== undefined) throw argumentError(wrong.detail);
    const outcome = await this.repeatedly(unitId, request, retries, options);
    if (!outcome.ok) throw this.errorOf(unitId, request, outcome.error);
    return outcome.value.response;
  }

  async readDeviceIdentification(
    unitId: number,
    category: "basic" | "regular" | "extended" = "basic",
    options?: RequestOptions,
  ): Promise<DeviceIdentification> {
    const wrong = refuseOptions(options);
    if (wrong !== undefined) throw argumentError(wrong.detail);
    const outcome = await readDeviceIdentification(this.bus, unitId, category, transactOptions(options));
    if (outcome.ok) return outcome.value;
    throw this.errorOf(unitId, { kind: "readDeviceIdentification", category, objectId: 0 }, outcome.error);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.session.close();
    this.listeners.clear();
  }

  private async repeatedly<R extends ModbusRequest>(
    unitId: number,
    request: R,
    retries: number,
    options: RequestOptions | undefined,
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    for (let left = retries; ; left--) {
      const outcome = await this.once(unitId, request, transactOptions(options));
      if (outcome.ok || left <= 0 || !consequenceOf(outcome.error).retry) return outcome;
      if (isWrite(request)) return outcome;
      const busy = outcome.error.kind === "exception" && outcome.error.code === BUSY;
      const signal = options?.signal ?? NEVER;
      if (busy && (await wait(this.clock, BUSY_PAUSE_MS, signal)) === "aborted") return outcome;
    }
  }

  private async once<R extends ModbusRequest>(
    unitId: number,
    request: R,
    options: TransactOptions | undefined,
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    const answered = this.closed ? undefined : await this.session.transact(unitId, request, options);
    if (answered === undefined || (!answered.ok && this.closed && answered.error.kind === "offline"))
      return err(failure("aborted", "the client was closed"));
    return answered;
  }

  private errorOf(unitId: number, request: ModbusRequest, reason: ModbusFailure): ModbusError {
    return requestError(this.name, unitId, request, reason);
  }
}

function transactOptions({ timeoutMs, signal, lenientUnitId }: RequestOptions = {}): TransactOptions {
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(signal === undefined ? {} : { signal }),
    ...(lenientUnitId === undefined ? {} : { lenientUnitId }),
  };
}

function refuseOptions(options: unknown): ModbusFailure | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== "object" || options === null)
    return failure("argument", `options must be an object, not ${shown(options)}`);
  const { signal } = options as RequestOptions;
  if (signal === undefined || signal instanceof AbortSignal) return undefined;
  return failure("argument", `signal must be an AbortSignal, not ${shown(signal)}`);
}
