import type { AnswerFramer } from "./answerFramer";
import { failure, type ModbusFailure } from "./failure";

/**
 * On a line that gives back what is sent: exactly these bytes first, then the answer. Anything else means that another
 * sender was on the line, or that there is no echo: nothing behind it is trusted.
 */
export class EchoFramer implements AnswerFramer {
  /** Bytes of the echo that have come. */
  private echoed = 0;
  private fault: ModbusFailure | undefined;

  constructor(
    private readonly sent: Uint8Array,
    private readonly inner: AnswerFramer,
  ) {}

  get endsBySilence(): boolean {
    return this.isEchoed && this.inner.endsBySilence;
  }

  push(bytes: Uint8Array, now: number): Uint8Array | undefined {
    let at = 0;
    for (; at < bytes.length && !this.isEchoed && this.fault === undefined; at++) this.compare(bytes[at] as number);
    if (!this.isEchoed || at === bytes.length) return undefined;
    return this.inner.push(bytes.subarray(at), now);
  }

  silence(): Uint8Array | undefined {
    return this.isEchoed ? this.inner.silence() : undefined;
  }

  finish(waitedMs: number): { readonly pdu: Uint8Array } | { readonly failure: ModbusFailure } {
    if (this.fault !== undefined) return { failure: this.fault };
    return this.isEchoed ? this.inner.finish(waitedMs) : { failure: failure("timeout", this.missing(waitedMs)) };
  }

  private get isEchoed(): boolean {
    return this.fault === undefined && this.echoed === this.sent.length;
  }

  private compare(byte: number): void {
    if (byte === this.sent[this.echoed]) {
      this.echoed++;
      return;
    }
    const place = `byte ${this.echoed + 1} of ${this.sent.length}`;
    const hint = "either two senders were on the line at once, or the adapter does not echo: then leave out echo";
    this.fault = failure("protocol", `what came back differs from what was sent at ${place}: ${hint}`);
  }

  private missing(waitedMs: number): string {
    const part = this.echoed === 0 ? "not even" : `only ${this.echoed} of ${this.sent.length} bytes of`;
    return `no answer within ${Math.round(waitedMs)} ms, ${part} the echo of the request: is the adapter connected, and does it echo?`;
  }
}
