/** Reflected form of the generator polynomial 0x8005 (MODBUS over Serial Line V1.02, section 6.2.2). */
const POLYNOMIAL = 0xa001;

const TABLE: Uint16Array = Uint16Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-16/MODBUS of `bytes[start, end)`. On the wire its low byte comes first. */
export function crc16(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let crc = 0xffff;
  // Both indices are in range by construction; the casts spare a check per byte.
  for (let at = start; at < end; at++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number);
  return crc;
}

/** Whether `bytes[start, end)` ends with the CRC of what is before it. */
export function endsWithCrc(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 3) return false;
  const crc = crc16(bytes, start, end - 2);
  return bytes[end - 2] === (crc & 0xff) && bytes[end - 1] === crc >>> 8;
}
