import type { ModbusFailure } from "./failure";
import type { RtuExpectation } from "./rtuFrame";

/** Finds the frame that answers one request in what a line brings. */
export interface AnswerFramer {
  /** Whether an answer has begun whose end only silence can tell: `silence` is to be called after some of it. */
  readonly endsBySilence: boolean;
  /** Returns the PDU (a copy) as soon as its frame is complete. `now`: any clock in ms that never steps. */
  push(bytes: Uint8Array, now: number): Uint8Array | undefined;
  /** The line has fallen silent. */
  silence(): Uint8Array | undefined;
  /** At the deadline: the answer that was there all the same, or why there is none. */
  finish(waitedMs: number): { readonly pdu: Uint8Array } | { readonly failure: ModbusFailure };
}

/** How PDUs go over a line whose frames carry no transaction id. */
export interface LineCodec {
  /** The frame of a PDU, as bytes to send. */
  frame(unitId: number, pdu: Uint8Array): Uint8Array;
  /** Characters that a PDU of so many bytes takes on the line. */
  frameLength(pduLength: number): number;
  /** `sent` is the frame that asks. */
  framer(expected: RtuExpectation, sent: Uint8Array): AnswerFramer;
  /** For one more answer to it: what the line gives back of the request itself has come long ago. */
  furtherFramer(expected: RtuExpectation, sent: Uint8Array): AnswerFramer;
}

export function timeoutDetail(waitedMs: number, received: number, what = "bytes"): string {
  const others = received === 0 ? "" : `; ${received} ${what} came that are no answer to it`;
  return `no answer within ${Math.round(waitedMs)} ms${others}`;
}
