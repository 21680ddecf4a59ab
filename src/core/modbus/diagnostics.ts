import { err, ok } from "../../kernel/result";
import { refuseUnlessInteger, refuseUnlessWords } from "./argument";
import { failure, type ModbusFailure } from "./failure";
import { type FunctionCodec, MAX_PDU, misfit, wordAt, wordBytes, wordsAt } from "./functionCodec";

/** FC 8, serial lines only: `data` one word, and 1 … 125 for sub-function 0 (return query data). */
export interface Diagnostics {
  readonly kind: "diagnostics";
  readonly subFunction: number;
  readonly data: readonly number[];
}

export interface DiagnosticsAnswer {
  readonly data: Uint16Array;
}

const FUNCTION_CODE = 8;
const RETURN_QUERY_DATA = 0;
/** Nobody answers it: the server goes silent (section 6.8, sub-function 04). */
const FORCE_LISTEN_ONLY = 4;
/** What only returns something: query data, the diagnostic register, counters (section 6.8.1). */
const READ_ONLY: ReadonlySet<number> = new Set([0, 2, 11, 12, 13, 14, 15, 16, 17, 18]);
/** Answered with the data that was sent: query data, restart, delimiter, clear counters, clear overrun. */
const ECHOED: ReadonlySet<number> = new Set([0, 1, 3, 10, 20]);
const MAX_WORDS = Math.floor((MAX_PDU - 3) / 2);

function refusal({ subFunction, data }: Diagnostics): ModbusFailure | undefined {
  const most = subFunction === RETURN_QUERY_DATA ? MAX_WORDS : 1;
  const wrong = refuseUnlessInteger("subFunction", subFunction, 0, 0xffff) ?? refuseUnlessWords("data", data, 1, most);
  if (wrong !== undefined || subFunction !== FORCE_LISTEN_ONLY) return wrong;
  return failure("argument", "subFunction 4 (force listen only mode) is not sent: it has no answer");
}

/** Section 6.8: function, sub-function, data; the answer repeats the sub-function. */
export const diagnosticsCodec: FunctionCodec<Diagnostics, DiagnosticsAnswer> = {
  functionCode: () => FUNCTION_CODE,
  writes: ({ subFunction }) => !READ_ONLY.has(subFunction),
  mayEcho: true,
  encode(request) {
    const wrong = refusal(request);
    if (wrong !== undefined) return err(wrong);
    return ok(Uint8Array.from([FUNCTION_CODE, ...wordBytes(request.subFunction, ...request.data)]));
  },
  answerLength: ({ data }) => 3 + 2 * data.length,
  decode({ subFunction, data }, pdu) {
    const expected = 3 + 2 * data.length;
    if (pdu.length !== expected) return err(misfit(`a diagnostic answer of ${pdu.length} bytes; it has ${expected}`));
    const answered = wordAt(pdu, 1);
    if (answered !== subFunction) return err(misfit(`an answer to sub-function ${answered}; ${subFunction} was asked`));
    const words = wordsAt(pdu, 3, data.length);
    if (ECHOED.has(subFunction) && words.some((word, index) => word !== data[index]))
      return err(misfit(`not confirmed: sub-function ${subFunction} came back with other data than was sent`));
    return ok({ data: words });
  },
};
