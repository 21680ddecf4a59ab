import { failure, type ModbusFailure, unsent } from "../core/modbus/failure";
import { lineCodec } from "../core/modbus/lineCodec";
import { isWrite, type ModbusRequest } from "../core/modbus/pdu";
import { wireTimeMs } from "../core/modbus/serialTiming";
import type { Clock } from "../kernel/clock";
import { err, ok } from "../kernel/result";
import { between, later, type MonotonicMs, monotonicMs } from "../kernel/units";
import { AbortWatch } from "./abortWatch";
import { admit, Call, CallQueue, NO_PDU } from "./call";
import type { Client, ClientCounters, RtuClientOptions } from "./client";
import { Deadline, type Rung } from "./deadline";
import { LateAnswers } from "./lateAnswers";
import { LineQuiet } from "./lineQuiet";
import type { Link } from "./link";
import { type EndListener, LinkEnd, type LinkUser } from "./linkEnd";
import {
  beginExchange,
  type Exchange,
  fullTimeoutMs,
  lookingOn,
  NETWORK_LINE,
  outcomeOf,
  type WireTerms,
} from "./rtuExchange";
import { askedIn, callIn, type Phase, unsentIn, type Waiting } from "./rtuPhase";
import { RtuSuspects } from "./rtuSuspects";
import { SilenceWait } from "./silenceWait";
import { AskedTransactor, type Outcome, type OutcomeSink, type TransactOptions, WITHDRAWN } from "./transactor";

/** Units need this long to carry out a broadcast (MODBUS over Serial Line V1.02, section 2.4.1). */
const TURNAROUND_MS = 100;
/** Silence that ends an answer of unknown length: more than USB adapters and networks leave between its pieces. */
const ANSWER_END_MS = 30;

/** MODBUS RTU, and ASCII: one transaction on the line at a time, silence before each request, nothing trusted that may be late. */
export class RtuClient extends AskedTransactor implements Client, LinkUser, Rung {
  private readonly terms: WireTerms;
  private readonly queue: CallQueue;
  private readonly aborts = new AbortWatch();
  private readonly quiet: LineQuiet;
  private readonly late: LateAnswers;
  private readonly suspects: RtuSuspects;
  private readonly silence: SilenceWait;
  private readonly alarm: Deadline;
  private readonly end: LinkEnd;
  private readonly tally = { sent: 0, ignored: 0, mismatches: 0 };
  private phase: Phase = { name: "idle" };
  /** When bytes came in last. */
  private heardAt = monotonicMs(0);

  constructor(
    private readonly link: Link,
    private readonly options: RtuClientOptions,
    private readonly clock: Clock,
  ) {
    super();
    const { framing, echo, line = NETWORK_LINE } = options;
    this.terms = { line, codec: lineCodec({ framing, echo, datagrams: link.datagrams }) };
    this.queue = new CallQueue(options.queueLimit);
    this.suspects = options.suspects ?? new RtuSuspects(clock);
    this.quiet = new LineQuiet(clock, this.suspects, line.baudRate);
    this.late = new LateAnswers(this.suspects, this.terms);
    this.silence = new SilenceWait(clock, options.line !== undefined, { ring: () => this.free() });
    this.alarm = new Deadline(clock, this);
    this.end = new LinkEnd(link, this);
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
    const pdu = this.end.refusal === undefined ? admit(unitId, request, options, "serial") : err(this.end.refusal);
    const timeoutMs = options?.timeoutMs ?? this.options.responseTimeoutMs;
    const gapMs = options?.gapMs ?? this.options.requestGapMs;
    const call = new Call(unitId, request, pdu.ok ? pdu.value : NO_PDU, timeoutMs, gapMs, sink);
    if (!pdu.ok) {
      call.fail(pdu.error);
      return;
    }
    call.isStillWanted = options?.isStillWanted;
    if (options?.signal !== undefined) call.endWith(options.signal, this.aborts);
    this.queue.push(call);
    if (this.phase.name === "idle") this.next();
    else if (unitId !== 0) this.giveWay();
  }

  close(): Promise<void> {
    this.stop("the client was closed", failure("aborted", "the client was closed"));
    return this.end.close();
  }

  private next(): void {
    this.phase = { name: "idle" };
    this.alarm.clear();
    this.silence.clear();
    const call = this.end.refusal === undefined ? this.queue.shiftLeastHeld(this.suspects) : undefined;
    if (call === undefined) return;
    const now = this.clock.monotonic();
    const freeAt = this.quiet.freeAt(call.unitId, call.gapMs);
    const patience = later(now, Math.max(0, freeAt - now) + fullTimeoutMs(call, this.terms));
    const phase = { name: "waiting", call, patience } as const;
    this.phase = phase;
    // Given up before its turn: the line is not kept for it.
    call.onSettled(this.givenUp);
    this.tryToSend(phase, now, freeAt);
  }

  private readonly givenUp = (): void => {
    if (unsentIn(this.phase)?.settled === true) this.next();
  };

  /** What waits for its own unit alone lets others go first. */
  private giveWay(): void {
    const call = unsentIn(this.phase);
    if (call === undefined || call.unitId === 0 || this.suspects.heldMs(call.unitId) === 0) return;
    this.queue.putBack(call);
    this.next();
  }

  /** The line may be free for what waits. */
  private free(): void {
    if (this.phase.name === "waiting") this.tryToSend(this.phase);
  }

  /** The alarm. */
  ring(): void {
    const { phase } = this;
    if (phase.name === "asked") this.silent(phase.exchange);
    else if (phase.name === "broadcasting") this.broadcastDone(phase.call, phase.sentAt);
  }

  private tryToSend(
    phase: Waiting,
    now = this.clock.monotonic(),
    freeAt = this.quiet.freeAt(phase.call.unitId, phase.call.gapMs),
  ): void {
    const { call, again } = phase;
    if (call.settled || now >= phase.patience) this.notSent(phase);
    else if (now >= freeAt) {
      if (again === undefined && call.isStillWanted?.() === false) this.finish(call, err(unsent(WITHDRAWN)));
      else this.send(call, again, now);
    } else if (this.silence.until(freeAt < phase.patience ? freeAt : phase.patience, now)) this.tryToSend(phase);
  }

  private notSent({ call, again }: Waiting): void {
    const within = `within ${Math.round(fullTimeoutMs(call, this.terms))} ms`;
    if (again === undefined) {
      this.finish(call, err(unsent(failure("timeout", `not sent: the line did not fall silent ${within}`))));
    } else {
      this.late.doubt(lookingOn(again, this.terms));
      this.finish(call, err(failure("timeout", `no answer ${within} that can be told from a late one`)));
    }
  }

  private send(call: Call, again: Exchange | undefined, now: MonotonicMs): void {
    const frame = this.terms.codec.frame(call.unitId, call.pdu);
    const leavesAt = later(now, wireTimeMs(this.terms.line, frame.length));
    this.late.lookAway();
    call.sentAt = now;
    this.tally.sent++;
    if (call.unitId === 0) {
      this.phase = { name: "broadcasting", call, sentAt: now };
      this.alarm.set(leavesAt);
    } else {
      const exchange = beginExchange(call, frame, now, this.terms, again);
      this.phase = { name: "asked", exchange };
      this.alarm.set(exchange.dueAt);
    }
    this.quiet.busy(leavesAt);
    this.link.write(frame);
  }

  receive(bytes: Uint8Array): void {
    const now = this.clock.monotonic();
    this.quiet.busy(now);
    this.heardAt = now;
    const { phase } = this;
    if (phase.name === "asked") {
      const { exchange } = phase;
      const pdu = exchange.framer.push(bytes, now);
      if (pdu !== undefined) this.answered(exchange, pdu, now);
      else if (exchange.framer.endsBySilence) this.alarm.set(later(now, Math.min(ANSWER_END_MS, exchange.dueAt - now)));
      return;
    }
    this.tally.ignored += bytes.length;
    if (!this.late.push(bytes, now)) return;
    this.giveWay();
    this.free();
  }

  private answered(exchange: Exchange, pdu: Uint8Array, receivedAt: MonotonicMs): void {
    const { call } = exchange;
    if (this.late.claim(exchange, pdu)) {
      this.distrust(exchange);
      return;
    }
    this.late.expect(exchange, exchange.asks - 1);
    const outcome = outcomeOf(exchange, pdu, receivedAt, this.clock);
    if (!outcome.ok && outcome.error.kind === "protocol") this.tally.mismatches++;
    this.finish(call, outcome);
  }

  /**
   * This may be the late answer to an earlier request. A read is asked again within its time, until so many answers
   * have come that this one must be its own: units answer in order. A write is never sent twice: its outcome is
   * unknown. Either way more answers may be on their way.
   */
  private distrust(exchange: Exchange): void {
    const { call } = exchange;
    this.tally.mismatches++;
    if (isWrite(call.request) || call.settled) {
      this.late.expect(exchange, exchange.asks);
      const reason = "an answer that may be the late one to an earlier request: the outcome is unknown";
      this.finish(call, err(failure("protocol", reason)));
      return;
    }
    this.phase = { name: "waiting", call, patience: exchange.dueAt, again: exchange };
    this.alarm.clear();
    this.quiet.transactionEnded();
    this.free();
  }

  /** The deadline, or the silence behind an answer of unknown length. */
  private silent(exchange: Exchange): void {
    const now = this.clock.monotonic();
    const pdu = exchange.framer.silence();
    if (pdu !== undefined) this.answered(exchange, pdu, this.heardAt);
    else if (now < exchange.dueAt) this.alarm.set(exchange.dueAt);
    else this.expire(exchange);
  }

  private expire(exchange: Exchange): void {
    const { call, framer, timeoutMs } = exchange;
    const last = framer.finish(timeoutMs);
    if ("pdu" in last) this.answered(exchange, last.pdu, this.heardAt);
    else if (this.link.pending > 0) this.drop();
    else {
      this.late.doubt(exchange);
      this.finish(call, err(last.failure));
    }
  }

  /** Requests that nobody takes would all go out together at some later time, long after their calls have failed. */
  private drop(): void {
    const reason = "what is sent is not taken by the other end";
    this.stop(reason, failure("timeout", `${reason}; the connection was dropped`));
    void this.end.close();
  }

  private broadcastDone(call: Call, sentAt: MonotonicMs): void {
    const receivedAt = this.clock.monotonic();
    this.quiet.holdLine(TURNAROUND_MS);
    const elapsedMs = between(sentAt, receivedAt);
    this.finish(call, ok({ response: {}, at: this.clock.epoch(), elapsedMs, receivedAt }));
  }

  private finish(call: Call, outcome: Outcome): void {
    // Idle first: settling the call must not find it still waiting for the line.
    this.phase = { name: "idle" };
    this.quiet.transactionEnded();
    call.settle(outcome);
    this.next();
  }

  lost(reason: string): void {
    this.stop(reason, failure("lost", reason));
  }

  private stop(reason: string, underWay: ModbusFailure): void {
    this.end.begin(reason);
    this.alarm.dispose();
    this.silence.dispose();
    this.aborts.dispose();
    const { phase } = this;
    const asked = askedIn(phase);
    if (asked !== undefined) this.late.doubt(asked);
    this.phase = { name: "idle" };
    const notSent = unsent(underWay.kind === "aborted" ? underWay : failure("offline", reason));
    callIn(phase)?.fail(unsentIn(phase) === undefined ? underWay : notSent);
    this.queue.failAll(notSent);
  }
}
