import type { IdentificationCategory, IdentificationObject } from "../core/modbus/deviceIdentification";
import { failure, type ModbusFailure } from "../core/modbus/failure";
import { err, ok, type Result } from "../kernel/result";
import type { TransactOptions, Transactor } from "./transactor";

/** What a device says of itself (section 6.21). */
export interface DeviceIdentification {
  readonly conformity: number;
  /** By ascending id, each once. */
  readonly objects: readonly IdentificationObject[];
}

/** Object ids have one byte: whoever goes on behind that many objects does not end. */
const MAX_PAGES = 256;

/**
 * All pages of a category (FC 43/14). Bounded: each page must begin behind the one before, so 256 requests at most; a
 * page that brings nothing new, or leads back, is a `protocol` failure. What fails on the way fails the whole.
 */
export async function readDeviceIdentification(
  bus: Transactor,
  unitId: number,
  category: Exclude<IdentificationCategory, "object">,
  options?: TransactOptions,
): Promise<Result<DeviceIdentification, ModbusFailure>> {
  const objects = new Map<number, IdentificationObject>();
  let from = 0;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const answer = await bus.transact(
      unitId,
      { kind: "readDeviceIdentification", category, objectId: from } as const,
      options,
    );
    if (!answer.ok) return answer;
    const { conformity, nextObjectId, objects: page } = answer.value.response;
    const known = objects.size;
    for (const object of page) objects.set(object.id, object);
    if (nextObjectId === undefined) return ok({ conformity, objects: sorted(objects) });
    if (objects.size === known || nextObjectId <= from) return err(endless(nextObjectId));
    from = nextObjectId;
  }
  return err(endless(from));
}

function sorted(objects: ReadonlyMap<number, IdentificationObject>): readonly IdentificationObject[] {
  return [...objects.values()].sort((a, b) => a.id - b.id);
}

function endless(from: number): ModbusFailure {
  return failure("protocol", `the device says that more follows from object ${from} and never comes to an end`);
}
