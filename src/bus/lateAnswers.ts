import { holdOffMs } from "./lineQuiet";
import { type Exchange, lookingOn, type WireTerms } from "./rtuExchange";
import type { RtuSuspects } from "./rtuSuspects";

/** After so many times the response timeout nobody answers any more. */
const FORGET_AFTER_TIMEOUTS = 10;
/**
 * An answer that is expected beside the one that came may never have been: the unit rests for it no longer than this.
 * Not shorter: a unit that was late once is likely to be late again. Where the timeout itself is long, commands for the
 * unit must still find their time.
 */
const EXPECT_FOR_TIMEOUTS = 3;
const EXPECT_MOST_MS = 10_000;

/** Answers that may still come to exchanges that are over: who rests because of them, and what ends that. */
export class LateAnswers {
  /** The last exchange that ended with answers missing: while nothing else is asked, they can be told. */
  private unanswered: Exchange | undefined;
  /** Its unit rests only until they have come. */
  private untilTheyCome = false;

  constructor(
    private readonly suspects: RtuSuspects,
    private readonly terms: WireTerms,
  ) {}

  /** May this answer to the exchange be one to an earlier request? Those that it shows to be over are forgotten. */
  claim({ call }: Exchange, pdu: Uint8Array): boolean {
    return this.suspects.claim(call.unitId, call.request, pdu);
  }

  /** Nothing that could be trusted came in time. The unit rests for the hold-off. */
  doubt(exchange: Exchange): void {
    const { call, timeoutMs, asks } = exchange;
    this.unanswered = exchange;
    this.untilTheyCome = false;
    this.suspects.add(call.unitId, call.request, asks, timeoutMs * FORGET_AFTER_TIMEOUTS);
    this.suspects.hold(call.unitId, holdOffMs(timeoutMs));
  }

  /**
   * So many answers to this exchange may follow the one that has come. The unit has been free to carry them out since:
   * it rests until they have come, or their time is over.
   */
  expect(exchange: Exchange, answers: number): void {
    if (answers === 0) return;
    const { call, timeoutMs } = exchange;
    const longMs = Math.min(EXPECT_FOR_TIMEOUTS * timeoutMs, EXPECT_MOST_MS);
    const forMs = Math.max(longMs, timeoutMs + holdOffMs(timeoutMs));
    this.unanswered = lookingOn(exchange, this.terms);
    this.untilTheyCome = true;
    this.suspects.add(call.unitId, call.request, answers, forMs);
    this.suspects.hold(call.unitId, forMs);
  }

  /** Another request leaves: what comes now can't be told any more. */
  lookAway(): void {
    this.unanswered = undefined;
  }

  /** Bytes while nothing is asked. True when nothing more can come and the unit is free for it. */
  push(bytes: Uint8Array, now: number): boolean {
    const exchange = this.unanswered;
    const pdu = exchange?.framer.push(bytes, now);
    if (exchange === undefined || pdu === undefined) return false;
    const { unitId, request } = exchange.call;
    this.suspects.claim(unitId, request, pdu);
    this.unanswered = this.suspects.any(unitId) ? lookingOn(exchange, this.terms) : undefined;
    if (this.unanswered !== undefined || !this.untilTheyCome) return false;
    this.suspects.release(unitId);
    return true;
  }
}
