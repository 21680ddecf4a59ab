import { err, type Result } from "../../kernel/result";
import { exceptionFailure, failure, type ModbusFailure } from "./failure";
import { decodeBits, decodeRegisters, encodeReadBits, encodeReadRegisters } from "./readCodec";
import * as write from "./writeCodec";

/** One request to a server, in the terms of the specification. Addresses are 0-based PDU addresses. */
export type ModbusRequest =
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
    : Record<string, never>;

type AnyResponse = ResponseOf<ReadBits> | ResponseOf<ReadRegisters> | ResponseOf<WriteRegisters>;

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
  }
}

/** Whether the request changes something at the device: such a request is never repeated without being asked to. */
export function isWrite(request: ModbusRequest): boolean {
  return request.kind !== "readBits" && request.kind !== "readRegisters";
}

/** Bytes of the PDU of a good answer: how an RTU frame, which carries no length, is found. */
export function responsePduLength(request: ModbusRequest): number {
  switch (request.kind) {
    case "readBits":
      return 2 + Math.ceil(request.count / 8);
    case "readRegisters":
      return 2 + 2 * request.count;
    default:
      return 5;
  }
}

/** Bytes of the PDU of an exception: function code with the high bit set, exception code. */
export const EXCEPTION_PDU_LENGTH = 2;

/** The request PDU (sections 6.1 to 6.12); `argument` names the argument, its range and the value refused. */
export function encodeRequest(request: ModbusRequest): Result<Uint8Array, ModbusFailure> {
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
  }
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
