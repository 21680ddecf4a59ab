/** Significance (0 = highest) of each byte of a value in the order of arrival: `Point.order`. */
export type ByteOrder = readonly number[];

/**
 * How the bytes of a type may be permuted: `value`: over the whole value; `register`: within each register;
 * `none`: the type fixes them.
 */
export type Ordering = "value" | "register" | "none";

/** A raw value: bit tables yield booleans, integer types a number where it is safe and a bigint beyond ±(2^53-1). */
export type RawInteger = number | bigint;
export type RawValue = boolean | string | RawInteger;

interface TypeCommon {
  /** Registers (or bits of a bit table); absent: the point says how many (`length`). */
  readonly registers?: number;
  readonly ordering: Ordering;
}

/** A single bit of a bit table. */
export interface BitType extends TypeCommon {
  readonly shape: "bit";
  readonly registers: 1;
}

export interface IntegerType extends TypeCommon {
  readonly shape: "integer";
  readonly registers: number;
  readonly min: bigint;
  readonly max: bigint;
  /** Width of the two's complement (or plain binary) pattern that `bit` and `mask` look at. */
  readonly bits: number;
  /** False where it shares its register with another value: writing it needs the rest of the register. */
  readonly wholeRegisters: boolean;
  /** `undefined`: the registers hold no value of the type (`decode`). */
  read(registers: Uint16Array, at: number, order: ByteOrder): RawInteger | undefined;
  /** The registers of a value between `min` and `max`. */
  write(raw: bigint, order: ByteOrder): number[];
}

export interface FloatType extends TypeCommon {
  readonly shape: "float";
  readonly registers: number;
  /** Significant digits that a scaled value keeps. */
  readonly digits: number;
  read(registers: Uint16Array, at: number, order: ByteOrder): number;
  write(raw: number, order: ByteOrder): number[];
  /** The nearest value of the type; ±Infinity beyond its range. */
  nearest(value: number): number;
  /** The double whose decimal text is the shortest that reads back as this value of the type. */
  shortest(raw: number): number;
  /** Largest finite value. */
  readonly max: number;
}

export interface TextType extends TypeCommon {
  readonly shape: "text";
  read(registers: Uint16Array, at: number, order: ByteOrder, count: number): string;
  /** The registers, padded with NUL; `undefined` where the text has too many bytes. */
  write(text: string, order: ByteOrder, count: number): number[] | undefined;
  /** The longest beginning of the text that fits. */
  fit(text: string, count: number): string;
}

export type TypeSpec = BitType | IntegerType | FloatType | TextType;
