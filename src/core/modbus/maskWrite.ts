import { err, ok } from "../../kernel/result";
import { refuseUnlessInteger } from "./argument";
import { type FunctionCodec, misfit, wordAt, wordBytes } from "./functionCodec";
import { LIMITS } from "./spec";

/** FC 22: the register becomes (its value AND `andMask`) OR (`orMask` AND NOT `andMask`). */
export interface MaskWriteRegister {
  readonly kind: "maskWriteRegister";
  readonly address: number;
  readonly andMask: number;
  readonly orMask: number;
}

const FUNCTION_CODE = 22;
const PDU_LENGTH = 7;

/** Section 6.16: function, address, AND mask, OR mask; the answer repeats the request. */
export const maskWriteCodec: FunctionCodec<MaskWriteRegister, Record<string, never>> = {
  functionCode: () => FUNCTION_CODE,
  writes: () => true,
  mayEcho: true,
  encode({ address, andMask, orMask }) {
    const wrong =
      refuseUnlessInteger("address", address, 0, LIMITS.address) ??
      refuseUnlessInteger("andMask", andMask, 0, 0xffff) ??
      refuseUnlessInteger("orMask", orMask, 0, 0xffff);
    return wrong === undefined
      ? ok(Uint8Array.from([FUNCTION_CODE, ...wordBytes(address, andMask, orMask)]))
      : err(wrong);
  },
  answerLength: () => PDU_LENGTH,
  decode({ address, andMask, orMask }, pdu) {
    if (pdu.length !== PDU_LENGTH) return err(misfit(`a confirmation of ${pdu.length} bytes; it has ${PDU_LENGTH}`));
    const echoed = [wordAt(pdu, 1), wordAt(pdu, 3), wordAt(pdu, 5)];
    if (echoed[0] === address && echoed[1] === andMask && echoed[2] === orMask) return ok({});
    const text = (words: readonly (number | undefined)[]): string =>
      `address ${words[0]}, AND ${words[1]}, OR ${words[2]}`;
    return err(misfit(`not confirmed: sent ${text([address, andMask, orMask])}; echoed ${text(echoed)}`));
  },
};
