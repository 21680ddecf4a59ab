/** Reflected form of the generator polynomial 0x04C11DB7 (ITU-T V.42; the one of zip and Ethernet). */
const POLYNOMIAL = 0xedb88320;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

const utf8 = new TextEncoder();

/**
 * CRC-32 of a text in UTF-8, 0 to 2^32-1; `before` goes on from an earlier part. `node:zlib` has it from Node 20.15 on
 * only, and 32-bit ARM gateways may run 20.11.
 */
export function crc32(text: string, before = 0): number {
  const bytes = utf8.encode(text);
  let crc = ~before;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number);
  return ~crc >>> 0;
}
