import type { Json, JsonObject } from "../../kernel/json";
import { NAME, NAME_LENGTH, RESERVED_FOR_DEVICES } from "../config/names";
import type { UnitIdentity } from "./unitIdentity";

/** A unit that was found, as far as a configuration is concerned. */
export interface FoundUnit {
  readonly unitId: number;
  readonly identity: UnitIdentity;
  readonly profile?: string;
  /** Where a read of one register (or bit) gave data. */
  readonly readable?: "holding" | "input" | "coil";
}

export interface FoundConnection {
  readonly name: string;
  /** `connections.NAME`. */
  readonly keys: JsonObject;
  readonly units: readonly FoundUnit[];
}

const SUNSPEC_PROFILE = "sunspec-common";
/** Model 1, behind its id and length. */
const SUNSPEC: JsonObject = {
  title: "SunSpec common model",
  blocks: { common: { sunspecModel: [1] } },
  defaults: { block: "common", type: "string", group: "identity", kind: "property" },
  groups: { identity: { intervalMs: "connect" } },
  points: {
    manufacturer: { address: 2, length: 16 },
    model: { address: 18, length: 16 },
    version: { address: 42, length: 8 },
    serialNumber: { address: 50, length: 16 },
  },
};

/**
 * A configuration of what was found, valid as it is: by profile where one is known, else with the identity (SunSpec) or
 * one register to begin with. A unit of which nothing is known that could be read is there, switched off.
 */
export function suggestDocument(found: readonly FoundConnection[]): JsonObject {
  const used = found.filter(({ units }) => units.length > 0);
  const devices: Record<string, Json> = {};
  for (const { name, units } of used) {
    for (const unit of units) devices[deviceName(name, unit.unitId, used.length, devices)] = deviceOf(name, unit);
  }
  const isGeneric = Object.values(devices).some((device) => (device as JsonObject)["profile"] === SUNSPEC_PROFILE);
  return {
    schemaVersion: 1,
    connections: Object.fromEntries(used.map(({ name, keys }) => [name, keys])),
    ...(isGeneric ? { profiles: { [SUNSPEC_PROFILE]: SUNSPEC } } : {}),
    devices,
  };
}

function deviceOf(connection: string, { unitId, identity, profile, readable }: FoundUnit): JsonObject {
  const place = { connection, unitId };
  if (profile !== undefined) return { ...place, profile };
  if (identity.sunspec?.models.includes(1) === true) return { ...place, profile: SUNSPEC_PROFILE };
  const table = readable ?? "holding";
  const type = table === "coil" ? {} : { type: "uint16" };
  const off = readable === undefined ? { enabled: false } : {};
  return { ...place, ...off, points: { [`${table}0`]: { table, address: 0, ...type } } };
}

function deviceName(connection: string, unitId: number, connections: number, taken: JsonObject): string {
  const base = connections > 1 ? `${connection.slice(0, NAME_LENGTH - 8)}_unit${unitId}` : `unit${unitId}`;
  return Object.hasOwn(taken, base) ? `${base}b` : base;
}

/** `192.168.0.7:1502` → `net_192_168_0_7_1502`, `/dev/ttyUSB0` → `ttyUSB0`, each once. */
export function connectionNameFor(endpoint: string, taken: ReadonlySet<string>): string {
  const last = endpoint.startsWith("/") ? (endpoint.split("/").at(-1) ?? "") : endpoint;
  const plain = last
    .replace(/[^A-Za-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .slice(0, 40)
    .replace(/_+$/, "");
  const named = /^[A-Za-z]/.test(plain) ? plain : `net_${plain}`.replace(/_+$/, "");
  const base = NAME.test(named) && !RESERVED_FOR_DEVICES.has(named) ? named : "line";
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}
