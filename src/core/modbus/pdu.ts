import { err, type Result } from "../../kernel/result";
import { refuseUnlessOneOf } from "./argument";
import { exceptionFailure, failure, type ModbusFailure } from "./failure";
import { type AnswerLength, longestAnswer } from "./functionCodec";
import { codecOf, FURTHER_KINDS, type FurtherAnswers, type FurtherRequest } from "./furtherFunctions";
import { decodeBits, decodeRegisters, encodeReadBits, encodeReadRegisters } from "./readCodec";
import * as write from "./writeCodec";

/** One request to a server, in the terms of the specification. Addresses are 0-based PDU addresses. */
export type ModbusRequest = TableRequest | FurtherRequest;

/** What reads and writes the four tables. */
export type TableRequest =
  | ReadBits
  | ReadRegisters
  | WriteSingleCoil
  | WriteSingleRegister
  | WriteCoils
  | WriteRegisters;

/** FC 1 and 2: `count` 1 … 2000. */
export interface ReadBits {
  readonly kind: "readBits";
  readonly table: "coil" | "discrete";
  readonly address: number;
  readonly count: number;
}

/** FC 3 and 4: `count` 1 … 125. */
export interface ReadRegisters {
  readonly kind: "readRegisters";
  readonly table: "input" | "holding";
  readonly address: number;
  readonly count: number;
}

/** FC 5. */
export interface WriteSingleCoil {
  readonly kind: "writeSingleCoil";
  readonly address: number;
  readonly value: boolean;
}

/** FC 6. */
export interface WriteSingleRegister {
  readonly kind: "writeSingleRegister";
  readonly address: number;
  readonly value: number;
}

/** FC 15: 1 … 1968 values. */
export interface WriteCoils {
  readonly kind: "writeCoils";
  readonly address: number;
  readonly values: readonly boolean[];
}

/** FC 16: 1 … 123 values, each 0 … 65535. */
export interface WriteRegisters {
  readonly kind: "writeRegisters";
  readonly address: number;
  readonly values: readonly number[];
}

/** What a good answer to `R` carries. A write's answer carries nothing: the echo has been checked. */
export type ResponseOf<R extends ModbusRequest> = R extends ReadBits
  ? { readonly bits: readonly boolean[] }
  : R extends ReadRegisters
    ? { readonly registers: Uint16Array }
    : R extends FurtherRequest
      ? FurtherAnswers[R["kind"]]
      : Record<string, never>;

type AnyResponse = ResponseOf<ReadBits> | ResponseOf<ReadRegisters> | FurtherAnswers[FurtherRequest["kind"]];

const KINDS: readonly string[] = [
  "readBits",
  "readRegisters",
  "writeSingleCoil",
  "writeSingleRegister",
  "writeCoils",
  "writeRegisters",
  ...FURTHER_KINDS,
];

/** Function codes with this bit set are exceptions (section 7). */
const EXCEPTION_BIT = 0x80;

export function functionCodeOf(request: ModbusRequest): number {
  switch (request.kind) {
    case "readBits":
      return request.table === "coil" ? 1 : 2;
    case "readRegisters":
      return request.table === "holding" ? 3 : 4;
    case "writeSingleCoil":
      return 5;
    case "writeSingleRegister":
      return 6;
    case "writeCoils":
      return 15;
    case "writeRegisters":
      return 16;
    default:
      return codecOf(request).functionCode(request);
  }
}

/** Whether the request may change something at the device: such a request is never repeated without being asked to. */
export function isWrite(request: ModbusRequest): boolean {
  switch (request.kind) {
    case "readBits":
    case "readRegisters":
      return false;
    case "writeSingleCoil":
    case "writeSingleRegister":
    case "writeCoils":
    case "writeRegisters":
      return true;
    default:
      return codecOf(request).writes(request);
  }
}

/** Whether a good answer may be equal to the request: then an adapter's echo of the request can't be told from it. */
export function mayEcho(request: ModbusRequest): boolean {
  switch (request.kind) {
    case "readBits":
    case "readRegisters":
      return false;
    case "writeSingleCoil":
    case "writeSingleRegister":
    case "writeCoils":
    case "writeRegisters":
      return true;
    default:
      return codecOf(request).mayEcho;
  }
}

const BROADCAST: ReadonlySet<ModbusRequest["kind"]> = new Set([
  "writeSingleCoil",
  "writeSingleRegister",
  "writeCoils",
  "writeRegisters",
  "maskWriteRegister",
  "writeFileRecord",
]);

/** Whether it makes sense to send it to all units of a serial line at once, which nobody answers. */
export function isBroadcastable(request: ModbusRequest): boolean {
  return BROADCAST.has(request.kind);
}

/** Length of the PDU of a good answer: how the end of an RTU frame, which carries none, is found. */
export function answerLength(request: ModbusRequest): AnswerLength {
  switch (request.kind) {
    case "readBits":
      return 2 + Math.ceil(request.count / 8);
    case "readRegisters":
      return 2 + 2 * request.count;
    case "writeSingleCoil":
    case "writeSingleRegister":
    case "writeCoils":
    case "writeRegisters":
      return 5;
    default:
      return codecOf(request).answerLength(request);
  }
}

/** Bytes of the PDU of a good answer; the highest number where the answer itself decides. */
export function responsePduLength(request: ModbusRequest): number {
  return longestAnswer(answerLength(request));
}

/** Bytes of the PDU of an exception: function code with the high bit set, exception code. */
export const EXCEPTION_PDU_LENGTH = 2;

/** The request PDU (section 6); `argument` names the argument, its range and the value refused. */
export function encodeRequest(request: ModbusRequest): Result<Uint8Array, ModbusFailure> {
  const wrong = refuseKind(request);
  if (wrong !== undefined) return err(wrong);
  const functionCode = functionCodeOf(request);
  switch (request.kind) {
    case "readBits":
      return encodeReadBits(functionCode, request);
    case "readRegisters":
      return encodeReadRegisters(functionCode, request);
    case "writeSingleCoil":
      return write.encodeWriteSingleCoil(functionCode, request);
    case "writeSingleRegister":
      return write.encodeWriteSingleRegister(functionCode, request);
    case "writeCoils":
      return write.encodeWriteCoils(functionCode, request);
    case "writeRegisters":
      return write.encodeWriteRegisters(functionCode, request);
    default:
      return codecOf(request).encode(request);
  }
}

/** Who calls from JavaScript has no types: a word that nobody knows must not become some other function. */
function refuseKind(request: ModbusRequest): ModbusFailure | undefined {
  const wrong = refuseUnlessOneOf("kind", request.kind, KINDS);
  if (wrong !== undefined) return wrong;
  if (request.kind === "readBits") return refuseUnlessOneOf("table", request.table, ["coil", "discrete"]);
  if (request.kind === "readRegisters") return refuseUnlessOneOf("table", request.table, ["input", "holding"]);
  return undefined;
}

/**
 * What the answer PDU says to `request`, which must be one that `encodeRequest` accepts. Failures: `exception`, and
 * `protocol` for whatever is not exactly the answer that the specification prescribes for this request.
 */
export function decodeResponse<R extends ModbusRequest>(
  request: R,
  pdu: Uint8Array,
): Result<ResponseOf<R>, ModbusFailure> {
  const functionCode = functionCodeOf(request);
  const answered = pdu[0];
  if (answered === (functionCode | EXCEPTION_BIT)) return err(decodeException(pdu));
  if (answered !== functionCode) return err(wrongFunction(functionCode, answered));
  // The kind of request decides the shape of the response; the conditional type cannot follow that.
  return decodeBody(request, pdu) as Result<ResponseOf<R>, ModbusFailure>;
}

function decodeBody(request: ModbusRequest, pdu: Uint8Array): Result<AnyResponse, ModbusFailure> {
  switch (request.kind) {
    case "readBits":
      return decodeBits(request.count, pdu);
    case "readRegisters":
      return decodeRegisters(request.count, pdu);
    case "writeSingleCoil":
      return write.checkEcho(pdu, request.address, request.value ? write.COIL_ON : 0, "value");
    case "writeSingleRegister":
      return write.checkEcho(pdu, request.address, request.value, "value");
    case "writeCoils":
    case "writeRegisters":
      return write.checkEcho(pdu, request.address, request.values.length, "quantity");
    default:
      return codecOf(request).decode(request, pdu);
  }
}

function decodeException(pdu: Uint8Array): ModbusFailure {
  const code = pdu[1];
  if (code === undefined || pdu.length !== EXCEPTION_PDU_LENGTH) {
    return failure("protocol", `an exception of ${pdu.length} bytes; it has ${EXCEPTION_PDU_LENGTH}`);
  }
  return exceptionFailure(code);
}

function wrongFunction(expected: number, answered: number | undefined): ModbusFailure {
  if (answered === undefined) return failure("protocol", "an empty answer");
  if (answered >= EXCEPTION_BIT) {
    return failure("protocol", `an exception for function ${answered - EXCEPTION_BIT}; function ${expected} was asked`);
  }
  return failure("protocol", `an answer to function ${answered}; function ${expected} was asked`);
}
