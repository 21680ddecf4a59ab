import type { DeviceIdentification } from "../bus/deviceIdentification";
import type { ModbusRequest, ResponseOf } from "../core/modbus/pdu";

export interface RequestOptions {
  /** To the first byte of the answer; default: the connection's `responseTimeoutMs`. */
  readonly timeoutMs?: number;
  /** Gives up waiting: the promise is rejected at once (`aborted`). What was sent stays sent. */
  readonly signal?: AbortSignal;
  /** Repetitions after a failure that may pass (timeout, a broken answer, busy): 0 … 10, default 0. A write is never repeated. */
  readonly retries?: number;
  /** Takes an answer with another unit id than was asked (Modbus TCP alone: the transaction id says whose answer it is). */
  readonly lenientUnitId?: boolean;
}

export interface WriteOptions extends Omit<RequestOptions, "retries"> {
  /** `auto` (default): function 5 or 6 for one value, 15 or 16 for more. `single`, `multiple`: that one. */
  readonly function?: "auto" | "single" | "multiple";
}

/** `open`: requests can be sent. `closed`: lost, and about to be opened again, unless `close` was called. */
export type ClientState = "connecting" | "open" | "closed";

export type StateListener = (state: ClientState, reason: string) => void;

/**
 * A Modbus client on one connection that opens itself again when it is lost. Requests are carried out in the order in
 * which they were made; at most 512 wait. Every promise settles; rejections are `ModbusError`s.
 */
export interface ModbusClient {
  readonly state: ClientState;
  /** Why it is not open, for people; empty when it is. */
  readonly reason: string;
  /** Tells every change of state; returns the removal of the listener. */
  onState(listener: StateListener): () => void;
  /**
   * Reads `count` bits (1 … 2000; functions 1, 2) or registers (1 … 125, each 0 … 65535; functions 3, 4).
   * @param unitId 0 … 255; on serial lines 1 … 247.
   * @param address 0-based PDU address, 0 … 65535.
   */
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
  /**
   * Writes coils (1 … 1968) or registers (1 … 123, each 0 … 65535). Resolves when the device has confirmed exactly
   * that. Unit 0 on a serial line is a broadcast: it resolves when the request has been sent.
   */
  write(
    unitId: number,
    table: "coil",
    address: number,
    values: boolean | readonly boolean[],
    options?: WriteOptions,
  ): Promise<void>;
  write(
    unitId: number,
    table: "holding",
    address: number,
    values: number | readonly number[] | Uint16Array,
    options?: WriteOptions,
  ): Promise<void>;
  /** Any function, in the terms of the specification. */
  request<R extends ModbusRequest>(unitId: number, request: R, options?: RequestOptions): Promise<ResponseOf<R>>;
  /** All pages of function 43/14, at most 256 requests. */
  readDeviceIdentification(
    unitId: number,
    category?: "basic" | "regular" | "extended",
    options?: Omit<RequestOptions, "retries">,
  ): Promise<DeviceIdentification>;
  /** Fails what is under way (`aborted`) and closes the connection. Always settles, never rejects; may be called again. */
  close(): Promise<void>;
}
