/** How a character goes over a serial line. */
export interface CharacterFormat {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** Milliseconds that `bytes` characters occupy the line: start bit, data, parity, stop bits. */
export function wireTimeMs(line: CharacterFormat, bytes: number): number {
  const bits = 1 + line.dataBits + (line.parity === "none" ? 0 : 1) + line.stopBits;
  return (bytes * bits * 1000) / line.baudRate;
}

/**
 * Milliseconds of silence that separate two frames: 3.5 characters of 11 bits, and 1.75 ms above 19,200 baud
 * (MODBUS over Serial Line V1.02, section 2.5.1.1).
 */
export function frameGapMs(baudRate: number): number {
  return baudRate > 19_200 ? 1.75 : (3.5 * 11 * 1000) / baudRate;
}
