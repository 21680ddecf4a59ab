import { failure, type ModbusFailure } from "../core/modbus/failure";
import { decodeResponse, type ModbusRequest } from "../core/modbus/pdu";
import { TcpDatagramFramer } from "../core/modbus/tcpDatagram";
import { type MbapFramer, type TcpFrame, TcpFramer } from "../core/modbus/tcpFrame";
import type { Clock, Timer } from "../kernel/clock";
import { err, ok } from "../kernel/result";
import { between, later, type MonotonicMs } from "../kernel/units";
import { AbortWatch } from "./abortWatch";
import { AduOutput } from "./aduOutput";
import { admit, Call, CallQueue, NO_PDU } from "./call";
import type { Client, ClientCounters, MbapClientOptions } from "./client";
import { Deadline, type Rung } from "./deadline";
import type { Link } from "./link";
import { type EndListener, LinkEnd, type LinkUser } from "./linkEnd";
import type { IdUser } from "./transactionIds";
import { AskedTransactor, type Outcome, type OutcomeSink, type TransactOptions } from "./transactor";

/** So many answers in a row that do not fit their requests: the stream is not what we think it is. */
const MAX_MISMATCHES_IN_A_ROW = 3;
/** More than this not taken by the operating system: the server has stopped reading. */
const MAX_PENDING_BYTES = 8192;

/** MODBUS/TCP: answers are matched by transaction id, then unit, function, byte count or echo. */
export class MbapClient extends AskedTransactor implements Client, LinkUser, Rung, IdUser {
  private readonly framer: MbapFramer;
  private readonly queue: CallQueue;
  private readonly aborts = new AbortWatch();
  /** At most `maxInFlight`: few enough to look through. */
  private flights: Call[] = [];
  private readonly deadline: Deadline;
  /** When the deadline is set: not later than the first flight is due, often earlier. */
  private alarmAt: MonotonicMs | undefined;
  private readonly output: AduOutput;
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
    super();
    this.framer = link.datagrams === true ? new TcpDatagramFramer() : new TcpFramer();
    this.queue = new CallQueue(options.queueLimit);
    this.deadline = new Deadline(clock, this);
    this.end = new LinkEnd(link, this);
    this.output = new AduOutput(link, options.maxInFlight > 1 && link.datagrams !== true);
    this.restingSince = later(clock.monotonic(), -86_400_000);
    link.listen(this.end);
  }

  get counters(): ClientCounters {
    return { ...this.tally, refused: this.queue.refused };
  }

  get ended(): string | undefined {
    return this.end.refusal?.detail;
  }

  get closed(): Promise<string> {
    return this.end.whenGone();
  }

  onClosed(listener: EndListener): void {
    this.end.listen(listener);
  }

  ask(unitId: number, request: ModbusRequest, options: TransactOptions | undefined, sink: OutcomeSink): void {
    const pdu = this.end.refusal === undefined ? admit(unitId, request, options, "network") : err(this.end.refusal);
    const timeoutMs = options?.timeoutMs ?? this.options.responseTimeoutMs;
    const gapMs = options?.gapMs ?? this.options.requestGapMs;
    const call = new Call(unitId, request, pdu.ok ? pdu.value : NO_PDU, timeoutMs, gapMs, sink);
    if (!pdu.ok) {
      call.fail(pdu.error);
      return;
    }
    call.lenientUnitId = options?.lenientUnitId === true;
    if (options?.signal !== undefined) call.endWith(options.signal, this.aborts);
    if (this.queue.isEmpty && this.hasRoom() && this.restMs(call) <= 0) this.send(call);
    else this.wait(call);
  }

  close(): Promise<void> {
    this.stop("the client was closed", failure("aborted", "the client was closed"));
    return this.end.close();
  }

  private wait(call: Call): void {
    this.queue.push(call);
    this.pump();
  }

  private hasRoom(): boolean {
    return this.flights.length < this.options.maxInFlight;
  }

  /** What is left of the pause that this call needs. */
  private restMs(call: Call): number {
    return call.gapMs === 0 ? 0 : call.gapMs - between(this.restingSince, this.clock.monotonic());
  }

  /** Sends what may be sent now. */
  private pump(): void {
    while (this.hasRoom() && this.end.refusal === undefined) {
      const call = this.queue.peek();
      if (call === undefined) return;
      const restMs = this.restMs(call);
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
    const id = this.options.ids.next(this);
    call.sentAt = this.clock.monotonic();
    call.dueAt = later(call.sentAt, call.timeoutMs);
    call.transactionId = id;
    // What is pushed into an empty array gets room for seventeen.
    if (this.flights.length === 0) this.flights = [call];
    else this.flights.push(call);
    this.tally.sent++;
    if (this.alarmAt === undefined || call.dueAt < this.alarmAt) this.setAlarm(call.dueAt);
    this.output.send(id, call);
    call.pdu = NO_PDU;
    if (this.link.pending > MAX_PENDING_BYTES) this.drop("the server does not take what is sent to it", "timeout");
  }

  receive(bytes: Uint8Array): void {
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
    const call = this.flightOf(frame.transactionId);
    if (call === undefined) {
      this.tally.ignored++;
      return;
    }
    this.flights.splice(this.flights.indexOf(call), 1);
    const receivedAt = this.clock.monotonic();
    this.restingSince = receivedAt;
    const outcome = this.judge(frame, call, receivedAt);
    const mismatch = !outcome.ok && outcome.error.kind === "protocol";
    this.mismatchesInARow = mismatch ? this.mismatchesInARow + 1 : 0;
    if (mismatch) this.tally.mismatches++;
    call.settle(outcome);
  }

  private judge(frame: TcpFrame, call: Call, receivedAt: MonotonicMs): Outcome {
    if (frame.fault !== undefined) return err(failure("protocol", frame.fault));
    if (frame.unitId !== call.unitId && !call.lenientUnitId) {
      return err(failure("protocol", `an answer of unit ${frame.unitId}; unit ${call.unitId} was asked`));
    }
    const response = decodeResponse(call.request, frame.pdu);
    if (!response.ok) return response;
    const elapsedMs = between(call.sentAt, receivedAt);
    return ok({ response: response.value, at: this.clock.epoch(), elapsedMs, receivedAt });
  }

  private flightOf(id: number): Call | undefined {
    for (const call of this.flights) if (call.transactionId === id) return call;
    return undefined;
  }

  isInFlight(id: number): boolean {
    return this.flightOf(id) !== undefined;
  }

  private setAlarm(at: MonotonicMs): void {
    this.alarmAt = at;
    this.deadline.set(at);
  }

  /** The alarm: fails what is due, and sets it to what is due next. One sweep serves any number of requests. */
  ring(): void {
    const now = this.clock.monotonic();
    let next: MonotonicMs | undefined;
    const overdue = this.flights.filter(({ dueAt }) => dueAt <= now);
    for (const call of overdue) this.flights.splice(this.flights.indexOf(call), 1);
    for (const call of this.flights) {
      if (next === undefined || call.dueAt < next) next = call.dueAt;
    }
    this.alarmAt = undefined;
    if (next !== undefined) this.setAlarm(next);
    if (overdue.length > 0) this.giveUp(overdue, now);
  }

  private giveUp(overdue: readonly Call[], now: MonotonicMs): void {
    for (const call of overdue) call.fail(failure("timeout", `no answer within ${call.timeoutMs} ms`));
    this.restingSince = now;
    // Whether these bytes belong to the answer given up or to nothing at all can't be told: begin with a fresh stream.
    if (this.framer.buffered > 0 && !this.isAwaited(this.framer.partialId)) {
      this.drop("an answer stopped in the middle", "timeout");
    }
    this.pump();
  }

  /** Whether a request under way has this transaction id. */
  private isAwaited(id: number | undefined): boolean {
    return id !== undefined && this.isInFlight(id);
  }

  /** The stream can't be trusted any more: what waits for an answer fails with the reason, and the link is closed. */
  private drop(reason: string, kind: "protocol" | "timeout"): void {
    this.stop(reason, failure(kind, `${reason}; the connection was dropped`));
    void this.end.close();
  }

  lost(reason: string): void {
    this.stop(reason, failure("lost", reason));
  }

  private stop(reason: string, inFlight: ModbusFailure): void {
    this.end.begin(reason);
    this.deadline.dispose();
    this.aborts.dispose();
    this.output.dispose();
    this.gapTimer?.cancel();
    for (const call of this.flights.splice(0)) call.fail(inFlight);
    this.queue.failAll(inFlight.kind === "aborted" ? inFlight : failure("offline", reason));
  }
}
