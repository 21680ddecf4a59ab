import { err, ok, type Result } from "../../kernel/result";
import { LIMITS, type Table } from "../modbus/spec";

/** Where a point begins: a 0-based PDU address, and the table where the text names it. */
export interface Address {
  readonly address: number;
  readonly table?: Table;
}

/** The leading digit of a reference (the numbering of the Modicon PLCs: 1-based, table first). */
const TABLE_OF_DIGIT: ReadonlyMap<string, Table> = new Map([
  ["0", "coil"],
  ["1", "discrete"],
  ["3", "input"],
  ["4", "holding"],
]);

/** `"40001"`, `"400001"`: table and address in one. Hexadecimal texts and numbers are none. */
export function isReference(address: number | string): boolean {
  return typeof address === "string" && /^\d+$/.test(address);
}

/** The address of a point from any of its forms; `base` is what numbers and hexadecimal texts count from. */
export function parseAddress(form: number | string, base: 0 | 1): Result<Address, string> {
  if (typeof form === "string" && isReference(form)) return parseReference(form);
  const address = Number(form) - base;
  if (address >= 0 && address <= LIMITS.address) return ok({ address });
  const range = base === 0 ? "addresses go from 0 to 65535" : 'addresses go from 1 to 65536 with "addressBase": 1';
  return err(`${form} is out of range: ${range}`);
}

function parseReference(text: string): Result<Address, string> {
  const table = TABLE_OF_DIGIT.get(text.charAt(0));
  if (table === undefined || text.length < 5 || text.length > 6) {
    return err(`"${text}" is not a reference of 5 or 6 digits that begins with 0, 1, 3 or 4`);
  }
  const number = Number(text.slice(1));
  if (number >= 1 && number <= LIMITS.address + 1) return ok({ table, address: number - 1 });
  return err(`"${text}" is out of range: references count from 1 to ${text.length === 5 ? 9999 : LIMITS.address + 1}`);
}
