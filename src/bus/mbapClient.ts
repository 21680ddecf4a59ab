import { failure, type ModbusFailure } from "../core/modbus/failure";
import { decodeResponse, type ModbusRequest } from "../core/modbus/pdu";
import { TcpDatagramFramer } from "../core/modbus/tcpDatagram";
import { type MbapFramer, type TcpFrame, TcpFramer, tcpAdu } from "../core/modbus/tcpFrame";
import type { Clock, Timer } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import { between, later, type MonotonicMs } from "../kernel/units";
import { admit, Call, CallQueue, type Outcome } from "./call";
import type { Client, ClientCounters, MbapClientOptions } from "./client";
import { Deadline } from "./deadline";
import type { Link } from "./link";
import { LinkEnd } from "./linkEnd";
import type { Answer, TransactOptions } from "./transactor";

/** So many answers in a row that do not fit their requests: the stream is not what we think it is. */
const MAX_MISMATCHES_IN_A_ROW = 3;
/** More than this not taken by the operating system: the server has stopped reading. */
const MAX_PENDING_BYTES = 8192;

interface Flight {
  readonly call: Call;
  readonly sentAt: MonotonicMs;
  readonly dueAt: MonotonicMs;
}

/** MODBUS/TCP: answers are matched by transaction id, then unit, function, byte count or echo. */
export class MbapClient implements Client {
  private readonly framer: MbapFramer;
  private readonly queue: CallQueue;
  private readonly flights = new Map<number, Flight>();
  private readonly deadline: Deadline;
  private readonly end: LinkEnd;
  private readonly tally = { sent: 0, ignored: 0, mismatches: 0 };
  private mismatchesInARow = 0;
  private restingSince: MonotonicMs;
  private gapTimer: Timer | undefined;

  constructor(
    private readonly link: Link,
    private readonly options: MbapClientOptions,
    private readonly clock: Clock,
  ) {
    this.framer = link.datagrams === true ? new TcpDatagramFramer() : new TcpFramer();
    this.queue = new CallQueue(options.queueLimit);
    this.deadline = new Deadline(clock, () => this.expire());
    this.end = new LinkEnd(link);
    this.restingSince = later(clock.monotonic(), -86_400_000);
    link.listen({ data: (bytes) => this.receive(bytes), closed: (reason) => this.lost(reason) });
  }

  get counters(): ClientCounters {
    return { ...this.tally, refused: this.queue.refused };
  }

  get ended(): string | undefined {
    return this.end.refusal?.detail;
  }

  get closed(): Promise<string> {
    return this.end.closed;
  }

  transact<R extends ModbusRequest>(
    unitId: number,
    request: R,
    options?: TransactOptions,
  ): Promise<Result<Answer<R>, ModbusFailure>> {
    const pdu = this.end.refusal === undefined ? admit(unitId, request, options, "network") : err(this.end.refusal);
    if (!pdu.ok) return Promise.resolve(pdu);
    return new Promise((resolve) => {
      const timeoutMs = options?.timeoutMs ?? this.options.responseTimeoutMs;
      const gapMs = options?.gapMs ?? this.options.requestGapMs;
      // `decodeResponse` makes the outcome of a call fit its request.
      const settle = resolve as (outcome: Outcome) => void;
      const call = new Call(unitId, request, pdu.value, timeoutMs, gapMs, options?.signal, settle);
      const queued = this.queue.push(call);
      if (queued.ok) this.pump();
      else call.fail(queued.error);
    });
  }

  close(): Promise<void> {
    this.stop("the client was closed", failure("aborted", "the client was closed"));
    return this.end.close();
  }

  /** Sends what may be sent now. */
  private pump(): void {
    while (this.flights.size < this.options.maxInFlight && this.end.refusal === undefined) {
      const call = this.queue.peek();
      if (call === undefined) return;
      const restMs = call.gapMs - between(this.restingSince, this.clock.monotonic());
      if (restMs > 0) {
        this.rest(restMs);
        return;
      }
      this.queue.shift();
      this.send(call);
    }
  }

  private rest(forMs: number): void {
    this.gapTimer?.cancel();
    this.gapTimer = this.clock.setTimer(forMs, () => this.pump());
  }

  private send(call: Call): void {
    const id = this.options.ids.next((candidate) => this.flights.has(candidate));
    const sentAt = this.clock.monotonic();
    this.flights.set(id, { call, sentAt, dueAt: later(sentAt, call.timeoutMs) });
    this.tally.sent++;
    this.watch();
    this.link.write(tcpAdu(id, call.unitId, call.pdu));
    if (this.link.pending > MAX_PENDING_BYTES) this.drop("the server does not take what is sent to it", "timeout");
  }

  private receive(bytes: Uint8Array): void {
    const mismatchesBefore = this.tally.mismatches;
    for (const frame of this.framer.push(bytes)) this.match(frame);
    if (this.framer.broken !== undefined) {
      this.drop(this.framer.broken, "protocol");
    } else if (this.tally.mismatches > mismatchesBefore && this.framer.buffered > 0) {
      // A wrong length field leaves its mark here: the rest of that answer now poses as the next one.
      this.drop("bytes are left over behind an answer of the wrong length", "protocol");
    } else if (this.mismatchesInARow >= MAX_MISMATCHES_IN_A_ROW) {
      this.drop(`${this.mismatchesInARow} answers in a row did not fit their requests`, "protocol");
    }
    this.pump();
  }

  private match(frame: TcpFrame): void {
    const flight = this.flights.get(frame.transactionId);
    if (flight === undefined) {
      this.tally.ignored++;
      return;
    }
    this.flights.delete(frame.transactionId);
    const receivedAt = this.clock.monotonic();
    this.restingSince = receivedAt;
    this.watch();
    const outcome = this.judge(frame, flight, receivedAt);
    const mismatch = !outcome.ok && outcome.error.kind === "protocol";
    this.mismatchesInARow = mismatch ? this.mismatchesInARow + 1 : 0;
    if (mismatch) this.tally.mismatches++;
    flight.call.settle(outcome);
  }

  private judge(frame: TcpFrame, { call, sentAt }: Flight, receivedAt: MonotonicMs): Outcome {
    if (frame.fault !== undefined) return err(failure("protocol", frame.fault));
    if (frame.unitId !== call.unitId) {
      return err(failure("protocol", `an answer of unit ${frame.unitId}; unit ${call.unitId} was asked`));
    }
    const response = decodeResponse(call.request, frame.pdu);
    if (!response.ok) return response;
    return ok({ response: response.value, at: this.clock.epoch(), elapsedMs: between(sentAt, receivedAt), receivedAt });
  }

  /** Sets the alarm to the flight that is due first. */
  private watch(): void {
    let first: MonotonicMs | undefined;
    for (const { dueAt } of this.flights.values()) if (first === undefined || dueAt < first) first = dueAt;
    if (first === undefined) this.deadline.clear();
    else this.deadline.set(first);
  }

  private expire(): void {
    const now = this.clock.monotonic();
    for (const [id, { call, dueAt }] of this.flights) {
      if (dueAt > now) continue;
      this.flights.delete(id);
      call.fail(failure("timeout", `no answer within ${call.timeoutMs} ms`));
    }
    this.restingSince = now;
    this.watch();
    // Whether these bytes belong to the answer given up or to nothing at all can't be told: begin with a fresh stream.
    if (this.framer.buffered > 0 && !this.isAwaited(this.framer.partialId)) {
      this.drop("an answer stopped in the middle", "timeout");
    }
    this.pump();
  }

  /** Whether a request under way has this transaction id. */
  private isAwaited(id: number | undefined): boolean {
    return id !== undefined && this.flights.has(id);
  }

  /** The stream can't be trusted any more: what waits for an answer fails with the reason, and the link is closed. */
  private drop(reason: string, kind: "protocol" | "timeout"): void {
    this.stop(reason, failure(kind, `${reason}; the connection was dropped`));
    void this.end.close();
  }

  private lost(reason: string): void {
    this.stop(reason, failure("lost", reason));
    this.end.reached(reason);
  }

  private stop(reason: string, inFlight: ModbusFailure): void {
    this.end.begin(reason);
    this.deadline.dispose();
    this.gapTimer?.cancel();
    const calls = [...this.flights.values()];
    this.flights.clear();
    for (const { call } of calls) call.fail(inFlight);
    this.queue.failAll(inFlight.kind === "aborted" ? inFlight : failure("offline", reason));
  }
}
