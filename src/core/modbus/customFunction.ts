import { err, ok } from "../../kernel/result";
import { refuseUnlessBytes, refuseUnlessInteger } from "./argument";
import { IDENTIFICATION_MEI_TYPE } from "./deviceIdentification";
import { failure, type ModbusFailure } from "./failure";
import { copied, type FunctionCodec, MAX_PDU } from "./functionCodec";

/**
 * A function that this client does not know (65 … 72 and 100 … 110 are the user's own, section 5): raw bytes either way.
 * `functionCode` 1 … 127, `data` 0 … 252 bytes behind it. It is treated as a write: never repeated by itself.
 * On RTU its answer has no length: silence ends it; behind an adapter that echoes, the echo can't be told from it.
 */
export interface CustomFunction {
  readonly kind: "custom";
  readonly functionCode: number;
  readonly data: Uint8Array | readonly number[];
}

export interface CustomAnswer {
  /** What follows the function code. */
  readonly data: Uint8Array;
}

/** Functions with requests of their own. */
const KNOWN: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 6, 8, 15, 16, 17, 20, 21, 22, 23, 24]);
const ENCAPSULATED = 43;

function refusal({ functionCode, data }: CustomFunction): ModbusFailure | undefined {
  const wrong =
    refuseUnlessInteger("functionCode", functionCode, 1, 127) ?? refuseUnlessBytes("data", data, 0, MAX_PDU - 1);
  if (wrong !== undefined) return wrong;
  const known = KNOWN.has(functionCode) || (functionCode === ENCAPSULATED && data[0] === IDENTIFICATION_MEI_TYPE);
  if (!known) return undefined;
  const detail = `functionCode must be one that has no request of its own, not ${functionCode}: its answer could not be checked`;
  return failure("argument", detail);
}

export const customCodec: FunctionCodec<CustomFunction, CustomAnswer> = {
  functionCode: ({ functionCode }) => functionCode,
  writes: () => true,
  mayEcho: true,
  encode(request) {
    const wrong = refusal(request);
    return wrong === undefined ? ok(Uint8Array.from([request.functionCode, ...request.data])) : err(wrong);
  },
  answerLength: () => "untold",
  decode: (_request, pdu) => ok({ data: copied(pdu, 1) }),
};
