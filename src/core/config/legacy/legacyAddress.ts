import { err, ok, type Result } from "../../../kernel/result";
import { LIMITS, type Table } from "../../modbus/spec";
import { show } from "../nearest";

const FIRST_DIGIT: Readonly<Record<Table, number>> = { coil: 0, discrete: 1, input: 3, holding: 4 };
const TABLE_OF: ReadonlyMap<string, Table> = new Map([
  ["0", "coil"],
  ["1", "discrete"],
  ["3", "input"],
  ["4", "holding"],
]);

/** Where an operation of the archived module begins, and how it writes the addresses of its values. */
export interface LegacyStart {
  readonly table: Table;
  /** 0-based, as on the wire. */
  readonly address: number;
  /** Digits behind the first: those of `StartAddress`. */
  readonly digits: 4 | 5;
}

/** `digits`: 4 or 5 for the 1-based address; more where it needs more (`49999` is followed by `410000`). */
export function legacyAddress(table: Table, address: number, digits: 4 | 5): string {
  return `${FIRST_DIGIT[table]}${String(address + 1).padStart(digits, "0")}`;
}

/** A `StartAddress`: the table, then a number that counts from 1, with 5 or 6 characters together. */
export function parseStartAddress(text: string): Result<LegacyStart, string> {
  const table = TABLE_OF.get(text.charAt(0));
  if (!/^\d{5,6}$/.test(text) || table === undefined) {
    return err(
      `${show(text)} is not a start address: 5 or 6 digits, the first of them the table (0 coil, 1 discrete input, 3 input register, 4 holding register), such as "40001" or "400001"`,
    );
  }
  const number = Number(text.slice(1));
  if (number >= 1 && number <= LIMITS.address + 1) {
    return ok({ table, address: number - 1, digits: text.length === 5 ? 4 : 5 });
  }
  const last = text.length === 5 ? `${text.charAt(0)}9999` : `${text.charAt(0)}65536`;
  return err(
    `${show(text)} is not an address: they count from 1, so from ${text.charAt(0)}${"1".padStart(text.length - 1, "0")} to ${last}`,
  );
}
