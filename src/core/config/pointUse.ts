import { isBitTable } from "../modbus/spec";
import { typeSpec } from "../points/dataType";
import type { Point, WriteRule } from "../points/point";
import { addressText } from "./address";
import type { ReadLimits } from "./gatewayConfig";
import type { Draft } from "./layers";
import { didYouMean } from "./nearest";
import type { Location } from "./pointLocation";
import { boundsOf, type Meaning, type Nature, natureOf } from "./pointMeaning";

/** How a point is polled, published and written. */
export type Use = Pick<Point, "group" | "access" | "kind" | "write">;

export interface UseRules {
  readonly groups: ReadonlySet<string>;
  readonly limits: ReadLimits;
  readonly maxWriteRegisters: number;
}

export function resolveUse(draft: Draft, location: Location, meaning: Meaning, rules: UseRules): Use {
  const access = draft.get("access") ?? "read";
  if (access !== "read") checkWritable(draft, location, meaning, rules.maxWriteRegisters);
  if (access !== "write") checkReadable(draft, location, rules.limits);
  const write = resolveWrite(draft, access, natureOf(location, meaning));
  return {
    group: resolveGroup(draft, rules.groups),
    access,
    kind: resolveKind(draft, access),
    ...(write === undefined ? {} : { write }),
  };
}

export function resolveGroup(draft: Draft, groups: ReadonlySet<string>): string {
  const group = draft.get("group") ?? "default";
  if (!groups.has(group)) {
    draft.fault("group", `there is no group "${group}"${didYouMean(group, groups) || `: ${[...groups].join(", ")}`}`);
  }
  return group;
}

export function resolveKind(draft: Draft, access: Point["access"]): Point["kind"] {
  const fallback = { read: "telemetry", readWrite: "property", write: "none" } as const;
  const suits = access !== "write" || draft.get("kind") === "none";
  return (
    draft.suited("kind", suits, 'a point that is never read ("access": "write") has no value to publish') ??
    fallback[access]
  );
}

/** Whether one request can read it: a point that no request may read would never have a value. */
export function checkReadable(draft: Draft, location: Location, limits: ReadLimits): void {
  const { table, address, count } = location;
  const most = isBitTable(table) ? limits.maxReadBits : limits.maxReadRegisters;
  if (count > most) {
    draft.fault(
      "type",
      `${location.type} takes ${count} registers, and the device lets ${most} be read at once (maxReadRegisters)`,
    );
  }
  const forbidden = limits.neverRead.find(([first, last]) => first <= address + count - 1 && last >= address);
  if (forbidden === undefined) return;
  draft.fault(
    "address",
    `${addressText(table, address)} may not be read: neverRead names ${forbidden[0]} to ${forbidden[1]} (0-based)`,
  );
}

function checkWritable(draft: Draft, location: Location, meaning: Meaning, most: number): void {
  const { table, type, count } = location;
  if (table === "discrete" || table === "input") {
    draft.fault("access", `the ${table} table can't be written: only coil and holding can`);
  }
  const spec = typeSpec(type);
  const part =
    meaning.bit !== undefined || meaning.mask !== undefined || (spec.shape === "integer" && !spec.wholeRegisters);
  if (part) draft.fault("access", "writing a part of a register is not supported yet: give the whole register a point");
  if (count > most) {
    draft.fault(
      "access",
      `${type} takes ${count} registers, and the device lets ${most} be written at once (maxWriteRegisters)`,
    );
  }
}

const WRITE_KEYS = ["writeMin", "writeMax", "verify"] as const;

function resolveWrite(draft: Draft, access: Point["access"], nature: Nature): WriteRule | undefined {
  if (access === "read") {
    for (const key of WRITE_KEYS)
      draft.suited(key, false, `"${key}" is for points that can be written: give "access": "readWrite"`);
    return undefined;
  }
  const { low, high } = boundsOf(draft, ["writeMin", "writeMax"], nature);
  return {
    ...(low === undefined ? {} : { min: low }),
    ...(high === undefined ? {} : { max: high }),
    verify: resolveVerify(draft, access),
  };
}

function resolveVerify(draft: Draft, access: "readWrite" | "write"): WriteRule["verify"] {
  const suits = access === "readWrite" || draft.get("verify") !== "readBack";
  const verify = draft.suited(
    "verify",
    suits,
    'a point that is never read ("access": "write") can\'t be read back: leave it out',
  );
  return verify ?? (access === "readWrite" ? "readBack" : "echo");
}
