import type { JsonObject } from "../../../kernel/json";
import { pointer } from "../../../kernel/json";
import { NAME_LENGTH, RESERVED_FOR_DEVICES } from "../names";
import { groupOf, type LegacyDevice, legacyDevice } from "./legacyDevice";
import { createNameGiver, nameFrom } from "./legacyNames";
import type { LegacyOperation } from "./legacyOperation";
import type { FaultySlave, LegacySlave } from "./legacySlave";
import type { Relocation } from "./relocation";

/** Room in the name of a slave's devices for the unit, and for a number where two have one name. */
const ROOM = 14;

/** A connection of the native document. */
export interface LegacyConnection {
  readonly name: string;
  readonly keys: JsonObject;
  readonly responseTimeoutMs: number;
}

export interface Joined {
  /** By the identity of the links. */
  readonly connections: ReadonlyMap<string, LegacyConnection>;
  readonly slaves: readonly LegacySlave[];
  readonly faulty: readonly FaultySlave[];
}

/** One connection for all slaves of a port or an endpoint; the archived module opened each as often as it was named. */
export function joinConnections(slaves: readonly LegacySlave[], relocation: Relocation): Joined {
  const names = createNameGiver("net");
  const connections = new Map<string, LegacyConnection & { readonly slave: string }>();
  const good: LegacySlave[] = [];
  const faulty: FaultySlave[] = [];
  for (const slave of slaves) {
    const { identity, title, keys, responseTimeoutMs } = slave.link;
    const known = connections.get(identity);
    if (known !== undefined && known.keys["line"] !== keys["line"]) {
      const path = pointer(slave.place.place("BaudRate"));
      const text = `"${known.slave}" has ${String(keys["path"])} open with "${String(known.keys["line"])}", not "${String(keys["line"])}": one line has one speed and framing`;
      faulty.push({ ...slave, problems: [{ path, text }] });
      continue;
    }
    good.push(slave);
    if (known !== undefined) continue;
    const name = names.give(title);
    connections.set(identity, { name, keys, responseTimeoutMs, slave: slave.name });
    relocation.add(`/connections/${name}`, (key) => placeIn(slave, key));
  }
  return { connections, slaves: good, faulty };
}

function placeIn({ place }: LegacySlave, key: string | undefined): readonly string[] {
  if (key === "port") return place.place("TcpPort");
  return place.place(key === "line" ? "BaudRate" : "SlaveConnection");
}

/** What a slave's devices are called after: `HwId`, where it is its own. */
export type DeviceTitle = (slave: Pick<LegacySlave, "name" | "hwId">) => string;

export function deviceTitles(all: readonly Pick<LegacySlave, "name" | "hwId">[]): DeviceTitle {
  const counts = new Map<string, number>();
  for (const { hwId } of all) {
    const id = nameFrom(hwId ?? "", "").toLowerCase();
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return ({ name, hwId }) => {
    const id = nameFrom(hwId ?? "", "").toLowerCase();
    return hwId !== null && id !== "" && counts.get(id) === 1 ? hwId : name;
  };
}

/** Whether a device of this name may have been one of the slave's. */
export function deviceMatcher(title: string): (device: string) => boolean {
  const stem = nameFrom(title, "device", NAME_LENGTH - ROOM);
  return (device) => device.startsWith(stem) && /^(?:x?\d+)?(?:Unit\d+)?$/.test(device.slice(stem.length));
}

/** A device for each unit of each slave, in the order of the document. */
export function devicesOf(
  { connections, slaves }: Joined,
  titleOf: DeviceTitle,
  relocation: Relocation,
): ReadonlyMap<string, LegacyDevice> {
  const names = createNameGiver("device", RESERVED_FOR_DEVICES, ROOM);
  const devices = new Map<string, LegacyDevice>();
  for (const slave of slaves) {
    const connection = connections.get(slave.link.identity);
    const units = [...unitsOf(slave.operations)];
    const nameIn = (stem: string, unit: number): string => (units.length === 1 ? stem : `${stem}Unit${unit}`);
    const stem = names.give(titleOf(slave), (name) => units.map(([unit]) => nameIn(name, unit)));
    for (const [unit, operations] of connection === undefined ? [] : units) {
      const { name: at, responseTimeoutMs } = connection as LegacyConnection;
      const site = { name: nameIn(stem, unit), connection: at, responseTimeoutMs };
      devices.set(site.name, legacyDevice(slave, operations, site, relocation));
    }
  }
  return devices;
}

function unitsOf(operations: readonly LegacyOperation[]) {
  const units = new Map<number, [LegacyOperation, ...LegacyOperation[]]>();
  for (const operation of operations) {
    const known = units.get(operation.unitId);
    if (known === undefined) units.set(operation.unitId, [operation]);
    else known.push(operation);
  }
  return units;
}

/** Group → interval. */
export function groupsOf(slaves: readonly LegacySlave[]): ReadonlyMap<string, number> {
  const operations = slaves.flatMap((slave) => slave.operations);
  return new Map(operations.map((operation) => [groupOf(operation), operation.intervalMs]));
}
