import type { Json, JsonObject } from "../../../kernel/json";
import type { Point } from "../../points/point";
import { RESERVED_FOR_POINTS } from "../names";
import { legacyAddress } from "./legacyAddress";
import { createNameGiver, nameFrom } from "./legacyNames";
import type { LegacyOperation } from "./legacyOperation";
import type { LegacySlave } from "./legacySlave";
import type { Relocation } from "./relocation";

/** A unit of a slave as a native device, and what its messages call it. */
export interface LegacyDevice {
  readonly keys: JsonObject;
  readonly slave: string;
  readonly hwId: string | null;
  /** Of each of its operations. */
  readonly intervals: readonly number[];
  /** By the name of the point. */
  readonly labels: ReadonlyMap<string, NonNullable<Point["legacy"]>>;
}

/** A `repeat` makes no more points. */
const MOST_REPEATED = 999;

/** Where a device stands in the native document. */
export interface DeviceSite {
  readonly name: string;
  readonly connection: string;
  /** Of the connection. */
  readonly responseTimeoutMs: number;
}

/** Operations of one unit as a device: what an operation reads is a point, or a point for each of its values. */
export function legacyDevice(
  slave: LegacySlave,
  operations: readonly [LegacyOperation, ...LegacyOperation[]],
  site: DeviceSite,
  relocation: Relocation,
): LegacyDevice {
  const names = namesOf(operations);
  const labels = new Map<string, NonNullable<Point["legacy"]>>();
  const points: [string, Json][] = [];
  const own = `/devices/${site.name}`;
  for (const operation of operations) {
    for (const part of partsOf(operation, names.get(operation) ?? operation.name)) {
      points.push([part.name, pointKeys(operation, part)]);
      relocation.add(`${own}/points/${part.name}`, (key) => placeIn(operation, key));
      for (const [at, name] of namesIn(part).entries()) labels.set(name, labelOf(operation, part.from + at));
    }
  }
  const unit = operations[0].place;
  relocation.add(own, (key) => (key === "unitId" ? unit.place("UnitId") : slave.place.path));
  const { responseTimeoutMs } = slave.link;
  const keys = {
    connection: site.connection,
    unitId: operations[0].unitId,
    identity: "none",
    ...(responseTimeoutMs === site.responseTimeoutMs ? {} : { responseTimeoutMs }),
    // What lies between was never read: some registers change when they are.
    maxGap: 0,
    defaults: { type: "uint16", report: "always" },
    points: Object.fromEntries(points),
  };
  const intervals = operations.map(({ intervalMs }) => intervalMs);
  return { keys, slave: slave.name, hwId: slave.hwId, intervals, labels };
}

/** Values of an operation that one definition makes. */
interface Part {
  readonly name: string;
  /** Of its first value within the operation. */
  readonly from: number;
  readonly count: number;
}

function partsOf({ values }: LegacyOperation, name: string): readonly Part[] {
  const parts: Part[] = [];
  for (let from = 0; from < values; from += MOST_REPEATED) {
    const count = Math.min(MOST_REPEATED, values - from);
    parts.push({ name: from === 0 ? name : `${name}Part${parts.length + 1}`, from, count });
  }
  return parts;
}

/** The points that a definition makes, as `repeat` names them. */
function namesIn({ name, count }: Part): readonly string[] {
  if (count === 1) return [name];
  const width = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, at) => `${name}${String(at + 1).padStart(width, "0")}`);
}

/** Names by `Point`, which come first; else by `DisplayName`, else by that of the operation. */
function namesOf(operations: readonly LegacyOperation[]): ReadonlyMap<LegacyOperation, string> {
  const giver = createNameGiver("p", RESERVED_FOR_POINTS);
  const names = new Map<LegacyOperation, string>();
  const claims = [...operations.filter(({ point }) => point !== undefined), ...operations];
  for (const operation of claims) {
    if (names.has(operation)) continue;
    const made = (name: string): readonly string[] => partsOf(operation, name).flatMap(namesIn);
    names.set(operation, giver.give(wantedName(operation), made));
  }
  return names;
}

function wantedName({ point, displayName, name }: LegacyOperation): string {
  if (point !== undefined) return point;
  if (displayName === null || !/[A-Za-z0-9]/.test(displayName)) return name;
  const made = nameFrom(displayName, "p");
  return /^[A-Z][a-z0-9]/.test(made) ? `${made.charAt(0).toLowerCase()}${made.slice(1)}` : made;
}

/** The group of an interval, at the root of the native document. */
export function groupOf({ intervalMs }: Pick<LegacyOperation, "intervalMs">): string {
  return `every${intervalMs}ms`;
}

function pointKeys(operation: LegacyOperation, { from, count }: Part): JsonObject {
  const { start, width, displayName, keys } = operation;
  return {
    address: legacyAddress(start.table, start.address + from * width, 5),
    ...keys,
    ...(count === 1 ? {} : { repeat: { count } }),
    group: groupOf(operation),
    ...(displayName === null || displayName === "" ? {} : { title: displayName }),
  };
}

/** The legacy key that a native one is made of. */
const ORIGINS: Readonly<Record<string, string>> = {
  address: "StartAddress",
  type: "DataType",
  order: "Order",
  scale: "Scale",
  offset: "Offset",
  unit: "Unit",
  title: "DisplayName",
  repeat: "Count",
  length: "Count",
};

function placeIn({ place }: LegacyOperation, native = ""): readonly string[] {
  const key = Object.hasOwn(ORIGINS, native) ? ORIGINS[native] : undefined;
  return key !== undefined && place.has(key) ? place.place(key) : place.path;
}

function labelOf(operation: LegacyOperation, at: number): NonNullable<Point["legacy"]> {
  const { start, width, displayName, correlationId } = operation;
  const address = legacyAddress(start.table, start.address + at * width, start.digits);
  return { displayName, correlationId, address };
}
