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
