/** Significance (0 = highest) of each byte of a value in the order of arrival: `Point.order`. */
export type ByteOrder = readonly number[];

/**
 * How the bytes of a type may be permuted: `value`: over the whole value; `register`: within each register;
 * `words`: whole registers alone, and only by the switches of a device; `none`: the type fixes them.
 */
export type Ordering = "value" | "register" | "words" | "none";

/** A raw value: bit tables yield booleans, integer types a number where it is safe and a bigint beyond ±(2^53-1). */
export type RawInteger = number | bigint;
export type RawValue = boolean | string | RawInteger;

interface TypeCommon {
  /** Registers (or bits of a bit table); absent: the point says how many (`length`). */
  readonly registers?: number;
  /** Present where the point says how many registers it has: the fewest and the most. */
  readonly lengths?: readonly [least: number, most: number];
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
  /** Present where the bits are not the value (BCD, sign and magnitude, words to base 10000). */
  readonly coded?: CodedPattern;
}

/** How bits and value of a coded integer hang together; patterns are unsigned, of `IntegerType.bits` bits. */
export interface CodedPattern {
  pattern(registers: Uint16Array, at: number, order: ByteOrder): bigint;
  /** The value whose own pattern it is; `undefined`: no value is written that way. */
  valueOf(pattern: bigint): bigint | undefined;
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
  /** Bytes of a text that one register holds. */
  readonly perRegister: 1 | 2;
  read(registers: Uint16Array, at: number, order: ByteOrder, count: number): string;
  /** The registers, padded with NUL; `undefined` where the text has too many bytes. */
  write(text: string, order: ByteOrder, count: number): number[] | undefined;
  /** The longest beginning of the text that fits. */
  fit(text: string, count: number): string;
}

/** A date and time as the device's clock shows it. */
export interface WallTime {
  /** Milliseconds from 1970-01-01T00:00:00 to what the clock shows, every day having 86,400 s. */
  readonly ms: number;
  /** Where the device says which: summer time, or standard time. */
  readonly summer?: boolean;
}

export interface TimeType extends TypeCommon {
  readonly shape: "time";
  readonly registers: number;
  /** What the type tells apart. */
  readonly resolutionMs: number;
  readonly min: number;
  readonly max: number;
  /** `invalid`: the device says itself that its time is not valid; `undefined`: no date, no time of day. */
  read(registers: Uint16Array, at: number, order: ByteOrder): WallTime | "invalid" | undefined;
  /** The registers of a time between `min` and `max`, a multiple of the resolution. */
  write(time: WallTime, order: ByteOrder): number[];
}

export type TypeSpec = BitType | IntegerType | FloatType | TextType | TimeType;
