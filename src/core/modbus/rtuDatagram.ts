import { type AnswerFramer, timeoutDetail } from "./answerFramer";
import { endsWithCrc } from "./crc";
import { failure, type ModbusFailure } from "./failure";
import { copied } from "./functionCodec";
import type { RtuExpectation } from "./rtuFrame";

/** Unit id, function code, one byte at least, CRC. */
const SHORTEST = 5;
/** Unit id, PDU of at most 253 bytes, CRC. */
const LONGEST = 256;
const EXCEPTION_BIT = 0x80;

/** Finds the answer among datagrams of one RTU frame each: nothing before a frame, nothing behind, none in pieces. */
export class RtuDatagramFramer implements AnswerFramer {
  readonly endsBySilence = false;
  private others = 0;
  private refused: ModbusFailure | undefined;

  constructor(private readonly expected: RtuExpectation) {}

  push(datagram: Uint8Array): Uint8Array | undefined {
    this.others++;
    const { unitId, functionCode } = this.expected;
    if (this.equalsSent(datagram) || datagram[0] !== unitId) return undefined;
    if (datagram.length < SHORTEST || !endsWithCrc(datagram, 0, datagram.length)) {
      return this.refuse("crc", `a datagram of ${datagram.length} bytes fails the CRC: cut short, or damaged`);
    }
    if (datagram.length > LONGEST) return this.refuse("protocol", `a datagram of ${datagram.length} bytes`);
    const answered = datagram[1] as number;
    if ((answered & ~EXCEPTION_BIT) === functionCode) return copied(datagram, 1, -2);
    return this.refuse("protocol", `an answer to function ${answered & ~EXCEPTION_BIT}; ${functionCode} was asked`);
  }

  silence(): undefined {
    return undefined;
  }

  finish(waitedMs: number): { readonly failure: ModbusFailure } {
    return { failure: this.refused ?? failure("timeout", timeoutDetail(waitedMs, this.others, "datagrams")) };
  }

  private equalsSent(datagram: Uint8Array): boolean {
    const sent = this.expected.notAnswer;
    return sent?.length === datagram.length && sent.every((byte, at) => byte === datagram[at]);
  }

  private refuse(kind: "crc" | "protocol", detail: string): undefined {
    this.refused ??= failure(kind, detail);
  }
}
