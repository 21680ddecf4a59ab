/**
 * Longitudinal redundancy check of `bytes[start, end)`: the two's complement of their sum (MODBUS over Serial Line
 * V1.02, section 6.2.1). The sum of a frame with its LRC is 0.
 */
export function lrc8(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += bytes[at] as number;
  return -sum & 0xff;
}
