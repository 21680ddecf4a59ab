import { err, ok } from "../../kernel/result";
import { refuseUnlessInteger } from "./argument";
import { type FunctionCodec, misfit, wordAt, wordsAt } from "./functionCodec";
import { LIMITS } from "./spec";

/** FC 24: the registers that wait in a queue, at most 31; reading does not take them out (section 6.18). */
export interface ReadFifoQueue {
  readonly kind: "readFifoQueue";
  /** Of the register that holds the queue's count. */
  readonly address: number;
}

const FUNCTION_CODE = 24;
const MAX_COUNT = 31;
/** Function, byte count (2), FIFO count (2). */
const HEAD_BYTES = 5;

/** Section 6.18: byte count and FIFO count are words; more than 31 registers are an exception of the server. */
export const fifoCodec: FunctionCodec<ReadFifoQueue, { readonly registers: Uint16Array }> = {
  functionCode: () => FUNCTION_CODE,
  writes: () => false,
  mayEcho: false,
  encode({ address }) {
    const wrong = refuseUnlessInteger("address", address, 0, LIMITS.address);
    return wrong === undefined ? ok(Uint8Array.of(FUNCTION_CODE, address >>> 8, address & 0xff)) : err(wrong);
  },
  answerLength: () => ({
    most: HEAD_BYTES + 2 * MAX_COUNT,
    tell(bytes, start, available) {
      if (available < 3) return 0;
      const byteCount = wordAt(bytes, start + 1);
      const possible = byteCount >= 2 && byteCount % 2 === 0 && byteCount <= 2 + 2 * MAX_COUNT;
      return possible ? 3 + byteCount : Number.NaN;
    },
  }),
  decode(_request, pdu) {
    if (pdu.length < HEAD_BYTES) return err(misfit(`a FIFO answer of ${pdu.length} bytes; it has at least 5`));
    const byteCount = wordAt(pdu, 1);
    const count = wordAt(pdu, 3);
    if (count <= MAX_COUNT && byteCount === 2 + 2 * count && pdu.length === HEAD_BYTES + 2 * count)
      return ok({ registers: wordsAt(pdu, HEAD_BYTES, count) });
    const there = pdu.length - HEAD_BYTES;
    return err(
      misfit(`byte count ${byteCount}, FIFO count ${count} (at most ${MAX_COUNT}), ${there} bytes of registers`),
    );
  },
};
