import type { AnswerFramer } from "./answerFramer";
import { crc16, endsWithCrc } from "./crc";
import { failure, type ModbusFailure } from "./failure";
import type { AnswerLength } from "./functionCodec";
import { EXCEPTION_PDU_LENGTH } from "./pdu";

/** Unit id in front, CRC behind (MODBUS over Serial Line V1.02, section 2.5.1). */
const FRAME_BYTES = 3;
/** Longest frame; no candidate is longer, so what must be kept is bounded by it. */
const MAX_FRAME = 256;
/** With less the end of one frame and the beginning of the next could push each other out. */
const MOST_KEPT = 2 * MAX_FRAME;
/** Enough for most answers. V8 keeps so few bytes inside the object, which costs next to nothing. */
const USUALLY_KEPT = 64;
const NOTHING = new Uint8Array(0);
const EXCEPTION_BIT = 0x80;

/** What answers the request under way. RTU frames carry no length: this is how one is found. */
export interface RtuExpectation {
  readonly unitId: number;
  readonly functionCode: number;
  /** PDU bytes of a good answer. */
  readonly pduLength: AnswerLength;
  /**
   * The frame that was sent, where a good answer never equals it: adapters that echo make it come back, and
   * at a few addresses it would pass for an answer.
   */
  readonly notAnswer?: Uint8Array | undefined;
}

/** The frame of a PDU: unit id, PDU, CRC with its low byte first. */
export function rtuFrame(unitId: number, pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(pdu.length + FRAME_BYTES);
  frame[0] = unitId;
  frame.set(pdu, 1);
  const crc = crc16(frame, 0, pdu.length + 1);
  frame[pdu.length + 1] = crc & 0xff;
  frame[pdu.length + 2] = crc >>> 8;
  return frame;
}

/**
 * Finds the one frame that answers a request in whatever the line brings: by unit, function, expected length and CRC,
 * at any offset, so that noise and frames of others before it are passed over. Memory: two frames.
 */
export class RtuFramer implements AnswerFramer {
  private buffer: Uint8Array = NOTHING;
  private filled = 0;
  private total = 0;
  private refused: ModbusFailure | undefined;
  /**
   * What is there may be an exception or the beginning of a good answer with one bit wrong; or an answer or the beginning
   * of the request's echo. What follows will tell.
   */
  private isHeld = false;

  /** @param sent the frame that asks: a confirmation of a write repeats it. */
  constructor(
    private readonly expected: RtuExpectation,
    private readonly sent?: Uint8Array,
  ) {}

  /** Bytes pushed so far. */
  get received(): number {
    return this.total;
  }

  /** Only silence ends the answer: tell of it by `silence`. */
  get endsBySilence(): boolean {
    return this.isUntold || this.isHeld;
  }

  private get isUntold(): boolean {
    return this.expected.pduLength === "untold";
  }

  /** Returns the PDU (a copy) as soon as its frame is complete; what follows it in `bytes` is dropped. */
  push(bytes: Uint8Array): Uint8Array | undefined {
    this.total += bytes.length;
    for (let taken = 0; taken < bytes.length; ) {
      const room = this.room(bytes.length - taken);
      for (let end = taken + room; taken < end; taken++) this.buffer[this.filled++] = bytes[taken] as number;
      const pdu = this.isUntold ? this.keepLast() : this.scan(false);
      if (pdu !== undefined) return pdu;
    }
    return undefined;
  }

  /** The line has fallen silent: the answer of unknown length that ends here, or the exception that nothing followed. */
  silence(): Uint8Array | undefined {
    if (this.isHeld) return this.scan(true);
    if (!this.isUntold) return undefined;
    for (let at = 0; at + FRAME_BYTES < this.filled; at++) {
      const functionCode = this.buffer[at + 1] as number;
      if (this.buffer[at] !== this.expected.unitId || !this.answers(functionCode)) continue;
      const fits = functionCode < EXCEPTION_BIT || this.filled - at === EXCEPTION_PDU_LENGTH + FRAME_BYTES;
      if (fits && this.isAnswer(at, this.filled)) return this.pduAt(at, this.filled);
    }
    return undefined;
  }

  /** At the deadline: the exception that noise before it had hidden, or why there is no answer. */
  finish(waitedMs: number): { readonly pdu: Uint8Array } | { readonly failure: ModbusFailure } {
    const pdu = this.isUntold ? this.silence() : this.scan(true);
    if (pdu !== undefined) return { pdu };
    return { failure: this.otherLength() ?? this.refused ?? this.timeout(waitedMs) };
  }

  /**
   * Tries every offset as the beginning of the frame. A candidate that is not complete yet stops the search (what
   * looks like a frame inside it is its data), except at the deadline.
   */
  private scan(atDeadline: boolean): Uint8Array | undefined {
    let at = 0;
    this.isHeld = false;
    for (; at < this.filled; at++) {
      const echoed = this.echoedAt(at);
      if (echoed > 0 && echoed === this.expected.notAnswer?.length) {
        at += echoed - 1;
        continue;
      }
      const length = this.lengthAt(at);
      if (length === undefined) continue;
      if (length === 0 || at + length > this.filled) {
        if (atDeadline) continue;
        break;
      }
      const mayBeEcho = !atDeadline && at + echoed === this.filled;
      if (!this.isAnswer(at, at + length) || this.isFlipped(at)) {
        if (mayBeEcho) break;
        continue;
      }
      this.isHeld = mayBeEcho || (!atDeadline && this.mayGetFlipped(at));
      if (this.isHeld) break;
      return this.pduAt(at, at + length);
    }
    if (!atDeadline) this.forget(at);
    return undefined;
  }

  /**
   * How many bytes from `at` on are the request itself, which adapters without a switch for it give back: what begins
   * there is no answer, nor is its beginning, nor what its end and the answer behind it make up together.
   */
  private echoedAt(at: number): number {
    const { notAnswer } = this.expected;
    if (notAnswer === undefined) return 0;
    const most = Math.min(notAnswer.length, this.filled - at);
    let same = 0;
    while (same < most && this.buffer[at + same] === notAnswer[same]) same++;
    return same;
  }

  /** Length of the frame that may begin at `at`: 0 when too little is there to tell, undefined when none begins. */
  private lengthAt(at: number): number | undefined {
    if (this.buffer[at] !== this.expected.unitId) return undefined;
    if (at + 1 === this.filled) return 0;
    const functionCode = this.buffer[at + 1] as number;
    if (!this.answers(functionCode)) return undefined;
    return functionCode < EXCEPTION_BIT ? this.goodLengthAt(at) : EXCEPTION_PDU_LENGTH + FRAME_BYTES;
  }

  private goodLengthAt(at: number): number | undefined {
    const { pduLength } = this.expected;
    if (typeof pduLength === "number") return pduLength + FRAME_BYTES;
    if (pduLength === "untold") return undefined;
    const told = pduLength.tell(this.buffer, at + 1, this.filled - at - 1);
    if (Number.isNaN(told)) return undefined;
    return told === 0 ? 0 : told + FRAME_BYTES;
  }

  /**
   * An exception whose bit alone makes it one: with the bit cleared, it and what follows are a good answer with its CRC.
   * One bit went wrong, and the first data are by chance the CRC of that exception.
   */
  private isFlipped(at: number): boolean {
    if (!this.isException(at)) return false;
    const isGood = this.cleared(at, () => {
      const length = this.goodLengthAt(at) ?? 0;
      return length > 0 && at + length <= this.filled && endsWithCrc(this.buffer, at, at + length);
    });
    if (isGood) this.refused ??= failure("crc", "an answer with its exception bit set fails the CRC");
    return isGood;
  }

  /** Whether what is still to come may show that the exception at `at` is none. Rare, since waiting for it takes time. */
  private mayGetFlipped(at: number): boolean {
    if (!this.isException(at)) return false;
    const length = this.cleared(at, () => this.goodLengthAt(at));
    if (length === undefined || (length > 0 && at + length <= this.filled)) return false;
    // Behind the function an answer to a read has its byte count, a confirmation the byte that was sent.
    const code = this.buffer[at + 2];
    return length === 0 || code === length - FRAME_BYTES - 2 || code === this.sent?.[2];
  }

  private isException(at: number): boolean {
    return (this.buffer[at + 1] as number) >= EXCEPTION_BIT;
  }

  /** What `look` sees while the exception bit of the frame at `at` is cleared. */
  private cleared<T>(at: number, look: () => T): T {
    const functionCode = this.buffer[at + 1] as number;
    this.buffer[at + 1] = functionCode & ~EXCEPTION_BIT;
    const seen = look();
    this.buffer[at + 1] = functionCode;
    return seen;
  }

  private answers(functionCode: number): boolean {
    return (functionCode & ~EXCEPTION_BIT) === this.expected.functionCode;
  }

  private pduAt(at: number, end: number): Uint8Array {
    return this.buffer.slice(at + 1, end - 2);
  }

  private isAnswer(at: number, end: number): boolean {
    if (this.equalsSent(at, end)) return false;
    if (endsWithCrc(this.buffer, at, end)) return true;
    this.refused ??= failure("crc", `${end - at} bytes that begin like the answer fail the CRC`);
    return false;
  }

  private equalsSent(at: number, end: number): boolean {
    const sent = this.expected.notAnswer;
    if (sent === undefined || sent.length !== end - at) return false;
    return sent.every((byte, index) => byte === this.buffer[at + index]);
  }

  /** An answer that is whole by the byte count in it, but not as long as what was asked for. */
  private otherLength(): ModbusFailure | undefined {
    const { pduLength } = this.expected;
    if (typeof pduLength !== "number") return undefined;
    const expected = pduLength + FRAME_BYTES;
    for (let at = 0; at + FRAME_BYTES + 2 <= this.filled; at++) {
      if (this.lengthAt(at) !== expected) continue;
      const end = at + FRAME_BYTES + 2 + (this.buffer[at + 2] ?? 0);
      if (end > this.filled || this.equalsSent(at, end) || !endsWithCrc(this.buffer, at, end)) continue;
      return failure("protocol", `an answer of ${end - at} bytes; ${expected} were expected`);
    }
    return undefined;
  }

  private timeout(waitedMs: number): ModbusFailure {
    const others = this.total === 0 ? "" : `; ${this.total} bytes came that are no answer to it`;
    return failure("timeout", `no answer within ${Math.round(waitedMs)} ms${others}`);
  }

  /** No frame is longer: what is older cannot be part of one that ends now. */
  private keepLast(): undefined {
    this.forget(Math.max(0, this.filled - MAX_FRAME));
  }

  /** Makes room for so many bytes more, or for as many as may be kept: at least one. */
  private room(wanted: number): number {
    const { buffer, filled } = this;
    if (filled + wanted > buffer.length && buffer.length < MOST_KEPT) {
      this.buffer = new Uint8Array(filled + wanted > USUALLY_KEPT ? MOST_KEPT : USUALLY_KEPT);
      this.buffer.set(buffer);
    }
    return Math.min(wanted, this.buffer.length - filled);
  }

  private forget(count: number): void {
    if (count === 0) return;
    this.buffer.copyWithin(0, count, this.filled);
    this.filled -= count;
  }
}
