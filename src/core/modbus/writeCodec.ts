import { err, ok, type Result } from "../../kernel/result";
import { addressRange } from "./address";
import { refuseUnlessBoolean, refuseUnlessInteger, refuseUnlessList } from "./argument";
import { failure, type ModbusFailure } from "./failure";
import type { WriteCoils, WriteRegisters, WriteSingleCoil, WriteSingleRegister } from "./pdu";
import { LIMITS } from "./spec";

/** A coil is switched on by this value, off by 0 (section 6.5). */
export const COIL_ON = 0xff00;

type Encoded = Result<Uint8Array, ModbusFailure>;

/** FC 5 (section 6.5): function, address, 0xFF00 or 0x0000. */
export function encodeWriteSingleCoil(functionCode: number, request: WriteSingleCoil): Encoded {
  const wrong = refuseUnlessBoolean("value", request.value);
  if (wrong !== undefined) return err(wrong);
  return encodeSingle(functionCode, request.address, request.value ? COIL_ON : 0);
}

/** FC 6 (section 6.6): function, address, value. */
export function encodeWriteSingleRegister(functionCode: number, request: WriteSingleRegister): Encoded {
  return encodeSingle(functionCode, request.address, request.value);
}

function encodeSingle(functionCode: number, address: number, value: number): Encoded {
  const wrong =
    refuseUnlessInteger("address", address, 0, LIMITS.address) ?? refuseUnlessInteger("value", value, 0, 0xffff);
  if (wrong !== undefined) return err(wrong);
  return ok(Uint8Array.of(functionCode, address >>> 8, address & 0xff, value >>> 8, value & 0xff));
}

/** FC 15 (section 6.11): function, address, quantity, byte count, bits from the lowest of the first byte, padded with 0. */
export function encodeWriteCoils(functionCode: number, request: WriteCoils): Encoded {
  const { values } = request;
  const pdu = beginMultiple(functionCode, request.address, values, LIMITS.writeBits, (count) => Math.ceil(count / 8));
  if (!pdu.ok) return pdu;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    const wrong = refuseUnlessBoolean(`values[${index}]`, value);
    if (wrong !== undefined) return err(wrong);
    const at = 6 + (index >>> 3);
    if (value === true) pdu.value[at] = (pdu.value[at] ?? 0) | (1 << (index & 7));
  }
  return pdu;
}

/** FC 16 (section 6.12): function, address, quantity, byte count, registers. */
export function encodeWriteRegisters(functionCode: number, request: WriteRegisters): Encoded {
  const { values } = request;
  const pdu = beginMultiple(functionCode, request.address, values, LIMITS.writeRegisters, (count) => 2 * count);
  if (!pdu.ok) return pdu;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? Number.NaN;
    const wrong = refuseUnlessInteger(`values[${index}]`, values[index], 0, 0xffff);
    if (wrong !== undefined) return err(wrong);
    pdu.value[6 + 2 * index] = value >>> 8;
    pdu.value[7 + 2 * index] = value & 0xff;
  }
  return pdu;
}

function beginMultiple(
  functionCode: number,
  address: number,
  values: readonly unknown[],
  most: number,
  bytesOf: (count: number) => number,
): Encoded {
  const wrong = refuseUnlessList("values", values, 0, Number.POSITIVE_INFINITY, "values");
  if (wrong !== undefined) return err(wrong);
  const range = addressRange(address, values.length, most);
  if (!range.ok) return range;
  const { first, count } = range.value;
  const dataBytes = bytesOf(count);
  const pdu = new Uint8Array(6 + dataBytes);
  pdu.set([functionCode, first >>> 8, first & 0xff, count >>> 8, count & 0xff, dataBytes]);
  return ok(pdu);
}

/** A write is confirmed by exactly the address and the value (FC 5, 6) or quantity (FC 15, 16) that were sent. */
export function checkEcho(
  pdu: Uint8Array,
  address: number,
  second: number,
  secondName: "value" | "quantity",
): Result<Record<string, never>, ModbusFailure> {
  if (pdu.length !== 5) return err(failure("protocol", `a confirmation of ${pdu.length} bytes; it has 5`));
  const view = new DataView(pdu.buffer, pdu.byteOffset, pdu.byteLength);
  const echoedAddress = view.getUint16(1);
  const echoed = view.getUint16(3);
  if (echoedAddress === address && echoed === second) return ok({});
  const sent = `address ${address}, ${secondName} ${second}`;
  return err(
    failure("protocol", `not confirmed: sent ${sent}; echoed address ${echoedAddress}, ${secondName} ${echoed}`),
  );
}
