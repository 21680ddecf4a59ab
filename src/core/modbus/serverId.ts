import { err, ok } from "../../kernel/result";
import { copied, type FunctionCodec, MAX_PDU, misfit } from "./functionCodec";

/** FC 17: type, status and whatever else the device says of itself. */
export interface ReportServerId {
  readonly kind: "reportServerId";
}

export interface ServerIdAnswer {
  /**
   * Server id, run indicator (0x00 off, 0xFF on), additional data. Where one ends and the next begins is up to the
   * device (section 6.13): most send one byte of id.
   */
  readonly data: Uint8Array;
}

const FUNCTION_CODE = 17;

/** Section 6.13: the answer has a byte count, then data of the device's own. */
export const serverIdCodec: FunctionCodec<ReportServerId, ServerIdAnswer> = {
  functionCode: () => FUNCTION_CODE,
  writes: () => false,
  mayEcho: false,
  encode: () => ok(Uint8Array.of(FUNCTION_CODE)),
  answerLength: () => ({
    most: MAX_PDU,
    tell(bytes, start, available) {
      if (available < 2) return 0;
      const length = 2 + (bytes[start + 1] as number);
      return length <= MAX_PDU ? length : Number.NaN;
    },
  }),
  decode(_request, pdu) {
    const there = pdu.length - 2;
    if (pdu[1] === there) return ok({ data: copied(pdu, 2) });
    return err(misfit(`${Math.max(0, there)} data bytes, byte count ${pdu[1] ?? "missing"}`));
  },
};
