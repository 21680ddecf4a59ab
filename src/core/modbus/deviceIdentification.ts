import { err, ok, type Result } from "../../kernel/result";
import { refuseUnlessInteger, refuseUnlessOneOf } from "./argument";
import type { ModbusFailure } from "./failure";
import { copied, type FunctionCodec, MAX_PDU, misfit } from "./functionCodec";

/** How much of its identification a device is asked for; `object` is one object by its id. */
export type IdentificationCategory = "basic" | "regular" | "extended" | "object";

/** FC 43, MEI type 14: one page. `objectId` 0 … 255 is where to begin, or the one object. */
export interface ReadDeviceIdentification {
  readonly kind: "readDeviceIdentification";
  readonly category: IdentificationCategory;
  readonly objectId: number;
}

export interface IdentificationObject {
  readonly id: number;
  /** ASCII for objects 0 … 6; the device's own from 0x80 on. */
  readonly value: Uint8Array;
}

export interface IdentificationPage {
  /** 1 basic, 2 regular, 3 extended (stream only), 0x81 … 0x83 single objects too. Handed on as it came. */
  readonly conformity: number;
  readonly objects: readonly IdentificationObject[];
  /** Where the next page begins, when there is one. */
  readonly nextObjectId?: number;
}

const FUNCTION_CODE = 43;
/** The MEI type of device identification (section 6.21). */
export const IDENTIFICATION_MEI_TYPE = 14;
const CODES: Readonly<Record<IdentificationCategory, number>> = { basic: 1, regular: 2, extended: 3, object: 4 };
const MORE_FOLLOWS = 0xff;
/** Function, MEI type, category, conformity, more follows, next object, number of objects. */
const HEAD_BYTES = 7;

/** Section 6.21: the length of an answer is known when the head of its last object is there. */
export const identificationCodec: FunctionCodec<ReadDeviceIdentification, IdentificationPage> = {
  functionCode: () => FUNCTION_CODE,
  writes: () => false,
  mayEcho: false,
  encode({ category, objectId }) {
    const wrong =
      refuseUnlessOneOf("category", category, Object.keys(CODES)) ?? refuseUnlessInteger("objectId", objectId, 0, 255);
    if (wrong !== undefined) return err(wrong);
    return ok(Uint8Array.of(FUNCTION_CODE, IDENTIFICATION_MEI_TYPE, CODES[category], objectId));
  },
  answerLength: () => ({ most: MAX_PDU, tell }),
  decode(request, pdu) {
    if (tell(pdu, 0, pdu.length) !== pdu.length) return err(misfit("objects and length of the answer do not agree"));
    return checkHead(request, pdu) ?? checkObjects(request, decodePage(pdu));
  },
};

function tell(bytes: Uint8Array, start: number, available: number): number {
  if (available >= 2 && bytes[start + 1] !== IDENTIFICATION_MEI_TYPE) return Number.NaN;
  if (available < HEAD_BYTES) return 0;
  let length = HEAD_BYTES;
  for (let left = bytes[start + 6] as number; left > 0; left--) {
    if (available < length + 2) return 0;
    length += 2 + (bytes[start + length + 1] as number);
    if (length > MAX_PDU) return Number.NaN;
  }
  return length;
}

function checkHead(request: ReadDeviceIdentification, pdu: Uint8Array): Result<never, ModbusFailure> | undefined {
  const [, , code, , more, next] = pdu;
  if (code !== CODES[request.category])
    return err(misfit(`an answer to category ${code}; ${CODES[request.category]} was asked`));
  if (more !== 0 && more !== MORE_FOLLOWS) return err(misfit(`"more follows" is ${more}; it is 0 or 255`));
  // Section 6.21 wants 0 where nothing follows; nothing depends on it, and devices send other values.
  if (more === MORE_FOLLOWS && (next as number) <= request.objectId)
    return err(misfit(`more follows from object ${next}, which does not lie behind object ${request.objectId}`));
  return undefined;
}

function decodePage(pdu: Uint8Array): IdentificationPage {
  const objects: IdentificationObject[] = [];
  for (let at = HEAD_BYTES; at < pdu.length; ) {
    const end = at + 2 + (pdu[at + 1] as number);
    objects.push({ id: pdu[at] as number, value: copied(pdu, at + 2, end) });
    at = end;
  }
  const page = { conformity: pdu[3] as number, objects };
  return pdu[4] === MORE_FOLLOWS ? { ...page, nextObjectId: pdu[5] as number } : page;
}

function checkObjects(
  { category, objectId }: ReadDeviceIdentification,
  page: IdentificationPage,
): Result<IdentificationPage, ModbusFailure> {
  if (category === "object" && (page.objects.length !== 1 || page.objects[0]?.id !== objectId)) {
    const ids = page.objects.map(({ id }) => id).join(", ");
    return err(misfit(`objects [${ids}]; object ${objectId} alone was asked`));
  }
  const first = page.objects[0];
  // A stream that begins elsewhere begins at 0 (section 6.21: an unknown object id starts anew).
  if (first !== undefined && first.id < objectId && objectId !== 0 && first.id !== 0)
    return err(misfit(`objects from ${first.id}; from ${objectId} was asked`));
  return ok(page);
}

/** Names of the objects that the specification knows (section 6.21, table of object ids). */
export const IDENTIFICATION_NAMES: Readonly<Record<number, string>> = {
  0: "vendorName",
  1: "productCode",
  2: "majorMinorRevision",
  3: "vendorUrl",
  4: "productName",
  5: "modelName",
  6: "userApplicationName",
};
