/**
 * Constants of the MODBUS Application Protocol Specification V1.1b3 (section numbers in the comments) and of
 * MODBUS over Serial Line V1.02.
 */

/** The four primary tables (section 4.3). */
export type Table = "coil" | "discrete" | "input" | "holding";

export const TABLES: readonly Table[] = ["coil", "discrete", "input", "holding"];

/** Tables of single bits; the others hold 16-bit registers. */
export function isBitTable(table: Table): table is "coil" | "discrete" {
  return table === "coil" || table === "discrete";
}

/** Highest count of one request (sections 6.1 to 6.12). */
export const LIMITS = {
  readBits: 2000,
  readRegisters: 125,
  writeBits: 1968,
  writeRegisters: 123,
  /** Registers that FC 23 writes (section 6.17); it reads as many as FC 3. */
  readWriteRegisters: 121,
  /** Addresses of every table are 0 … 65535. */
  address: 0xffff,
} as const;

/** Exception codes (section 7), by the names of the specification. */
export const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal data address",
  3: "illegal data value",
  4: "server device failure",
  5: "acknowledge",
  6: "server device busy",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "gateway target device failed to respond",
};

/** `exception 2 (illegal data address)`; an unknown code is shown as it is. */
export function exceptionText(code: number): string {
  const name = EXCEPTION_NAMES[code];
  return name === undefined ? `exception ${code}` : `exception ${code} (${name})`;
}
