import { err, ok, type Result } from "../../kernel/result";
import { addressRange } from "./address";
import { refuseUnlessWords } from "./argument";
import type { ModbusFailure } from "./failure";
import { type FunctionCodec, wordBytes } from "./functionCodec";
import { decodeRegisters } from "./readCodec";
import { LIMITS } from "./spec";

/** FC 23: writes 1 … 121 holding registers, then reads 1 … 125, in one transaction. */
export interface ReadWriteRegisters {
  readonly kind: "readWriteRegisters";
  readonly read: { readonly address: number; readonly count: number };
  readonly write: { readonly address: number; readonly values: readonly number[] };
}

const FUNCTION_CODE = 23;

function named<T>(part: string, outcome: Result<T, ModbusFailure>): Result<T, ModbusFailure> {
  if (outcome.ok) return outcome;
  return err({ ...outcome.error, detail: `${part}: ${outcome.error.detail}` });
}

/** Section 6.17: read range, write range, byte count, registers; the answer is that of FC 3. */
export const readWriteCodec: FunctionCodec<ReadWriteRegisters, { readonly registers: Uint16Array }> = {
  functionCode: () => FUNCTION_CODE,
  writes: () => true,
  mayEcho: false,
  encode({ read, write }) {
    const reading = named("read", addressRange(read?.address, read?.count, LIMITS.readRegisters));
    if (!reading.ok) return reading;
    const wrong = refuseUnlessWords("write.values", write?.values, 1, LIMITS.readWriteRegisters);
    if (wrong !== undefined) return err(wrong);
    const writing = named("write", addressRange(write.address, write.values.length, LIMITS.readWriteRegisters));
    if (!writing.ok) return writing;
    const head = wordBytes(read.address, read.count, write.address, write.values.length);
    const body = wordBytes(...write.values);
    return ok(Uint8Array.from([FUNCTION_CODE, ...head, body.length, ...body]));
  },
  answerLength: ({ read }) => 2 + 2 * read.count,
  decode: ({ read }, pdu) => decodeRegisters(read.count, pdu),
};
