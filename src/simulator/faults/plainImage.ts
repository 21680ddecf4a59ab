/** The answer PDU to a request PDU. */
export type ServerImage = (unitId: number, pdu: Buffer) => Buffer;

/**
 * A device that anyone can predict: register A of unit U holds `(U << 12 | A) & 0xffff`, in both tables; bit A is set
 * where A + U is odd. Writes are confirmed and kept nowhere. Function 65 answers with its data reversed.
 */
export const plainImage: ServerImage = (unitId, pdu) => {
  const functionCode = pdu.readUInt8(0);
  const word = (offset: number): number => (pdu.length >= offset + 2 ? pdu.readUInt16BE(offset) : 0);
  switch (functionCode) {
    case 1:
    case 2:
      return bits(functionCode, unitId, word(1), word(3));
    case 3:
    case 4:
      return registers(functionCode, unitId, word(1), word(3));
    case 5:
    case 6:
    case 22:
      return Buffer.from(pdu);
    case 15:
    case 16:
      return Buffer.from(pdu.subarray(0, 5));
    case 23:
      return registers(functionCode, unitId, word(1), word(3));
    default:
      return special(functionCode, unitId, pdu);
  }
};

export function registerOf(unitId: number, address: number): number {
  return ((unitId << 12) | address) & 0xffff;
}

export function bitOf(unitId: number, address: number): boolean {
  return (unitId + address) % 2 === 1;
}

function registers(functionCode: number, unitId: number, address: number, count: number): Buffer {
  const pdu = Buffer.alloc(2 + 2 * count);
  pdu.writeUInt8(functionCode, 0);
  pdu.writeUInt8((2 * count) & 0xff, 1);
  for (let index = 0; index < count; index++) pdu.writeUInt16BE(registerOf(unitId, address + index), 2 + 2 * index);
  return pdu;
}

function bits(functionCode: number, unitId: number, address: number, count: number): Buffer {
  const pdu = Buffer.alloc(2 + Math.ceil(count / 8));
  pdu.writeUInt8(functionCode, 0);
  pdu.writeUInt8(pdu.length - 2, 1);
  for (let index = 0; index < count; index++) {
    const at = 2 + (index >> 3);
    if (bitOf(unitId, address + index)) pdu.writeUInt8(pdu.readUInt8(at) | (1 << (index & 7)), at);
  }
  return pdu;
}

const IDENTIFICATION = ["ACME", "PM-1", "V1.0"];

function special(functionCode: number, unitId: number, pdu: Buffer): Buffer {
  switch (functionCode) {
    case 17:
      return Buffer.from([17, 5, unitId, 0xff, 0x41, 0x42, 0x43]);
    case 43:
      return identification(pdu.readUInt8(2), pdu.readUInt8(3));
    case 65:
      return Buffer.concat([Uint8Array.of(65), Buffer.from(pdu.subarray(1)).reverse()]);
    default:
      return Buffer.from([functionCode | 0x80, 1]);
  }
}

/** Read Device Identification: an object an answer, so that several are needed. */
function identification(category: number, objectId: number): Buffer {
  const at = Math.min(objectId, IDENTIFICATION.length - 1);
  const text = Buffer.from(IDENTIFICATION[at] ?? "", "ascii");
  const more = at < IDENTIFICATION.length - 1;
  const head = [43, 14, category, 1, more ? 0xff : 0, more ? at + 1 : 0, 1, at, text.length];
  return Buffer.concat([Buffer.from(head), text]);
}
