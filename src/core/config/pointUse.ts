import { addressText } from "../modbus/address";
import { isBitTable } from "../modbus/spec";
import type { Point } from "../points/point";
import type { ReadLimits } from "./gatewayConfig";
import type { Draft } from "./layers";
import { didYouMean } from "./nearest";
import type { Location } from "./pointLocation";
import { type Meaning, natureOf } from "./pointMeaning";
import { checkWritable, resolveDesired, resolveWrite } from "./pointWrite";

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
  const write = resolveWrite(draft, access, { ...location, ...meaning }, natureOf(location, meaning));
  const kind = resolveKind(draft, access);
  const desired = resolveDesired(draft, access, kind);
  return {
    group: resolveGroup(draft, rules.groups),
    access,
    kind,
    ...(write === undefined ? {} : { write: { ...write, ...desired } }),
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
