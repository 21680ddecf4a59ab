import { typeSpec } from "../points/dataType";
import type { Point, WriteRule } from "../points/point";
import { fieldFault, fieldMaskOf } from "../points/writeField";
import type { Draft } from "./layers";
import type { Location } from "./pointLocation";
import { boundsOf, type Meaning, type Nature } from "./pointMeaning";

/** Where a point stands and what of its registers is its own. */
export type WrittenPart = Location & Pick<Meaning, "bit" | "mask" | "enum">;

export function checkWritable(draft: Draft, location: Location, meaning: Meaning, most: number): void {
  const { table, type, count } = location;
  if (table === "discrete" || table === "input") {
    draft.fault("access", `the ${table} table can't be written: only coil and holding can`);
  }
  const fault = fieldFault({ ...location, ...meaning });
  if (fault !== undefined) draft.fault("access", fault);
  if (count > most) {
    draft.fault(
      "access",
      `${type} takes ${count} registers, and the device lets ${most} be written at once (maxWriteRegisters)`,
    );
  }
}

const WRITE_KEYS = [
  "writeMin",
  "writeMax",
  "verify",
  "verifyPoint",
  "verifyDelayMs",
  "verifyTolerance",
  "writeFunction",
  "minWriteIntervalMs",
  "apply",
  "writeExpiresMs",
] as const;

/** How it is written; `undefined` for a point that is only read, after noting the keys that say otherwise. */
export function resolveWrite(
  draft: Draft,
  access: Point["access"],
  part: WrittenPart,
  nature: Nature,
): WriteRule | undefined {
  if (access === "read") {
    for (const key of WRITE_KEYS)
      draft.suited(key, false, `"${key}" is for points that can be written: give "access": "readWrite"`);
    return undefined;
  }
  const { low, high } = boundsOf(draft, ["writeMin", "writeMax"], nature);
  const minIntervalMs = draft.get("minWriteIntervalMs") ?? 0;
  const manner = resolveFunction(draft, access, part);
  return {
    ...(low === undefined ? {} : { min: low }),
    ...(high === undefined ? {} : { max: high }),
    ...resolveVerify(draft, access, part),
    ...(manner === undefined ? {} : { function: manner }),
    ...(minIntervalMs === 0 ? {} : { minIntervalMs }),
  };
}

type Verification = Pick<WriteRule, "verify" | "verifyPoint" | "verifyDelayMs" | "verifyTolerance">;

function resolveVerify(draft: Draft, access: "readWrite" | "write", part: WrittenPart): Verification {
  const asked = draft.get("verify");
  const verifyPoint = draft.suited("verifyPoint", asked !== "echo", 'with "verify": "echo" nothing is read back');
  if (verifyPoint === draft.name) draft.fault("verifyPoint", "the point itself is read back anyway: leave it out");
  const suits = access === "readWrite" || asked !== "readBack" || verifyPoint !== undefined;
  const verify =
    draft.suited(
      "verify",
      suits,
      'a point that is never read ("access": "write") can\'t be read back: leave it out, or name a "verifyPoint"',
    ) ?? (access === "readWrite" || verifyPoint !== undefined ? "readBack" : "echo");
  const reads = verify === "readBack";
  const verifyDelayMs = draft.suited("verifyDelayMs", reads, "nothing is read back here: leave it out") ?? 0;
  const isInteger = typeSpec(part.type).shape === "integer" && part.bit === undefined && part.enum === undefined;
  const verifyTolerance =
    draft.suited(
      "verifyTolerance",
      reads && isInteger,
      reads ? "only an integer has raw steps" : "nothing is read back here: leave it out",
    ) ?? 0;
  return {
    verify,
    ...(verifyPoint === undefined ? {} : { verifyPoint }),
    ...(verifyDelayMs === 0 ? {} : { verifyDelayMs }),
    ...(verifyTolerance === 0 ? {} : { verifyTolerance }),
  };
}

function resolveFunction(draft: Draft, access: Point["access"], part: WrittenPart): WriteRule["function"] {
  const asked = draft.get("writeFunction") ?? "auto";
  const mask = fieldMaskOf(part);
  const touched = mask?.filter((bits) => bits !== 0).length ?? part.count;
  const isBlindPart = mask !== undefined && access === "write";
  if (asked === "mask" || (isBlindPart && asked === "auto")) {
    const why =
      mask === undefined
        ? '"mask" (FC 22) is for a part of a register: bit, mask or an 8-bit type'
        : `FC 22 changes one register, and this part stands in ${touched}`;
    if (mask === undefined || touched !== 1) return onlyOnPoint(draft, why);
    return "mask";
  }
  if (asked === "auto") return undefined;
  if (isBlindPart) {
    return onlyOnPoint(
      draft,
      'a part of a register that is never read ("access": "write") can only be written by FC 22: "mask"',
    );
  }
  if (asked === "single" && part.table === "holding" && touched > 1) {
    return onlyOnPoint(draft, `"single" (FC 6) writes one register, and this takes ${touched}`);
  }
  return asked;
}

/** A `writeFunction` among `defaults` is passed over where it does not suit. */
function onlyOnPoint(draft: Draft, why: string): undefined {
  const isDefault = draft.find("writeFunction")?.layer.isDefault === true;
  return isDefault ? undefined : draft.fault("writeFunction", why);
}

/** What becomes of the desired values of a property; nothing for a point that has none. */
export function resolveDesired(
  draft: Draft,
  access: Point["access"],
  kind: Point["kind"],
): Pick<WriteRule, "apply" | "expiresMs"> {
  // Of a point that is only read, `resolveWrite` has said it.
  if (access === "read") return {};
  const suits = access === "readWrite" && kind === "property";
  const why = (key: string): string => `"${key}" is about desired values, and only a "readWrite" property has them`;
  const apply = draft.suited("apply", suits, why("apply"));
  const expiresMs = draft.suited("writeExpiresMs", suits, why("writeExpiresMs"));
  return {
    ...(apply === "connect" ? { apply } : {}),
    ...(expiresMs === undefined ? {} : { expiresMs }),
  };
}
