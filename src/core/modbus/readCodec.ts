import { err, ok, type Result } from "../../kernel/result";
import { addressRange } from "./address";
import { failure, type ModbusFailure } from "./failure";
import type { ReadBits, ReadRegisters, ResponseOf } from "./pdu";
import { newRegisters } from "./registerArray";
import { LIMITS } from "./spec";

/** FC 1 and 2 (sections 6.1, 6.2): function, starting address, quantity 1 … 2000. */
export function encodeReadBits(functionCode: number, request: ReadBits): Result<Uint8Array, ModbusFailure> {
  return encodeRead(functionCode, request, LIMITS.readBits);
}

/** FC 3 and 4 (sections 6.3, 6.4): function, starting address, quantity 1 … 125. */
export function encodeReadRegisters(functionCode: number, request: ReadRegisters): Result<Uint8Array, ModbusFailure> {
  return encodeRead(functionCode, request, LIMITS.readRegisters);
}

function encodeRead(
  functionCode: number,
  request: ReadBits | ReadRegisters,
  most: number,
): Result<Uint8Array, ModbusFailure> {
  const range = addressRange(request.address, request.count, most);
  if (!range.ok) return range;
  const { first, count } = range.value;
  return ok(pduOfWords(functionCode, first, count));
}

/** A function code and two 16-bit words. */
function pduOfWords(functionCode: number, first: number, second: number): Uint8Array {
  const pdu = new Uint8Array(5);
  pdu[0] = functionCode;
  pdu[1] = first >>> 8;
  pdu[2] = first & 0xff;
  pdu[3] = second >>> 8;
  pdu[4] = second & 0xff;
  return pdu;
}

/**
 * Bits, the first asked in the lowest bit of the first data byte. What pads the last byte is not looked at: the
 * specification wants zeros, but devices that send the bits that follow are common, and the bits asked for are certain.
 */
export function decodeBits(count: number, pdu: Uint8Array): Result<ResponseOf<ReadBits>, ModbusFailure> {
  const wrong = wrongByteCount(pdu, Math.ceil(count / 8));
  if (wrong !== undefined) return err(wrong);
  const bits = new Array<boolean>(count);
  for (let index = 0; index < count; index++) bits[index] = (((pdu[2 + (index >>> 3)] ?? 0) >>> (index & 7)) & 1) === 1;
  return ok({ bits });
}

/** Registers, most significant byte first. */
export function decodeRegisters(count: number, pdu: Uint8Array): Result<ResponseOf<ReadRegisters>, ModbusFailure> {
  const wrong = wrongByteCount(pdu, 2 * count);
  if (wrong !== undefined) return err(wrong);
  const registers = newRegisters(count);
  // `wrongByteCount` has proved that every index exists.
  for (let index = 0, at = 2; index < count; index++, at += 2) {
    registers[index] = ((pdu[at] as number) << 8) | (pdu[at + 1] as number);
  }
  return ok({ registers });
}

/** Both must be what was asked for: the byte count that the server states, and the bytes that are there. */
function wrongByteCount(pdu: Uint8Array, expected: number): ModbusFailure | undefined {
  const stated = pdu[1];
  if (stated === expected && pdu.length === 2 + expected) return undefined;
  const there = Math.max(0, pdu.length - 2);
  return failure("protocol", `${there} data bytes, byte count ${stated ?? "missing"}; ${expected} were asked for`);
}
