import { err, ok, type Result } from "../../kernel/result";
import { refuseUnlessInteger } from "./argument";
import { failure, type ModbusFailure } from "./failure";
import { modelPlace } from "./modelAddress";
import { LIMITS, type Table } from "./spec";

declare const checked: unique symbol;

/** `count` consecutive 0-based PDU addresses that all exist: only `addressRange` makes one. */
export interface AddressRange {
  readonly first: number;
  readonly count: number;
  readonly [checked]: true;
}

/** The range of `count` (1 … `mostCount`) addresses from `first` (0 … 65535), or which argument is out of its range. */
export function addressRange(first: number, count: number, mostCount: number): Result<AddressRange, ModbusFailure> {
  const wrong =
    refuseUnlessInteger("address", first, 0, LIMITS.address) ?? refuseUnlessInteger("count", count, 1, mostCount);
  if (wrong !== undefined) return err(wrong);
  const last = first + count - 1;
  if (last > LIMITS.address) {
    const detail = `address ${first} with count ${count} ends at ${last}; the last address is ${LIMITS.address}`;
    return err(failure("argument", detail));
  }
  return ok({ first, count } as AddressRange);
}

/** First digit of the traditional six-digit references. */
const REFERENCE_PREFIX: Readonly<Record<Table, string>> = { coil: "0", discrete: "1", input: "3", holding: "4" };

/** A PDU address for people: `holding 199 (400200)`; a place in a SunSpec model: `holding 14 of its SunSpec model`. */
export function addressText(table: Table, address: number): string {
  const model = modelPlace(address);
  if (model !== undefined) return `${table} ${model.offset} of its SunSpec model`;
  return `${table} ${address} (${REFERENCE_PREFIX[table]}${String(address + 1).padStart(5, "0")})`;
}
