import { applyResolution } from "../core/config/apply";
import type { GatewayConfig } from "../core/config/gatewayConfig";
import { findLegacy } from "../core/config/legacy/findLegacy";
import { nativeDocument } from "../core/config/legacy/nativeDocument";
import { resolveTranslated } from "../core/config/legacy/resolveLegacy";
import { type LegacyTranslation, translateLegacy } from "../core/config/legacy/translateLegacy";
import type { ProfileLookup } from "../core/config/profiles";
import { planConnection } from "../core/planning/connectionPlan";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { count, type Migrated, type Note, nothing } from "./migrated";

/** A document of the archived Modbus module as a native one; slaves with faults are left out and named. */
export function migrateDocument(given: Json, lookup: ProfileLookup): Migrated {
  const found = findLegacy(given);
  const [legacy, second] = found;
  if (legacy === undefined) return nothing({ text: isNative(given) ? NATIVE : NEITHER });
  if (second !== undefined) {
    const text = `there are several documents of iot-edge-modbus, at ${found.map(({ path }) => path).join(" and ")}: give one of them`;
    return nothing({ text });
  }
  const inside = (note: { path: string; text: string }): Note => ({ ...note, path: `${legacy.path}${note.path}` });
  const translation = translateLegacy(legacy.document);
  const { config, problems, warnings, state } = applyResolution(undefined, resolveTranslated(translation, lookup));
  const notes = { problems: problems.map(inside), warnings: warnings.map(inside) };
  if (state === "rejected") return { ...notes, summary: [] };
  const { document, correlationIds } = nativeDocument(translation);
  return {
    ...notes,
    result: onlyGood(document, config),
    summary: [...summaryOf(translation, config), ...lostIds(correlationIds)],
  };
}

const NATIVE = 'this is a configuration of modbus-edge already: nothing to migrate ("modbus-edge check" looks it over)';
const NEITHER =
  'there is no "SlaveConfigs" in it: only documents of iot-edge-modbus and lists of registers are migrated';

function isNative(document: Json): boolean {
  if (!isJsonObject(document)) return false;
  return ["configuration", "connections", "devices"].some((key) => Object.hasOwn(document, key));
}

function onlyGood(document: JsonObject, config: GatewayConfig): JsonObject {
  const keep = (key: string, good: ReadonlyMap<string, unknown> | ReadonlySet<string>): JsonObject =>
    Object.fromEntries(Object.entries(document[key] as JsonObject).filter(([name]) => good.has(name)));
  const devices = [...config.devices.values()];
  const groups = new Set(devices.flatMap((device) => [...device.groups.keys()]));
  const connections = new Set(devices.map(({ connection }) => connection));
  return {
    ...document,
    connections: keep("connections", connections),
    groups: keep("groups", groups),
    devices: keep("devices", config.devices),
  };
}

function summaryOf({ operations }: LegacyTranslation, config: GatewayConfig): readonly string[] {
  const devices = [...config.devices.values()];
  const before = operations
    .filter(({ device }) => config.devices.has(device))
    .reduce((sum, { intervalMs }) => sum + 1000 / intervalMs, 0);
  const now = [...config.connections.values()].map((connection) => {
    const own = devices.filter((device) => device.connection === connection.name);
    return planConnection(connection, own).requestsPerSecond;
  });
  const points = devices.reduce((sum, device) => sum + device.points.length, 0);
  const rate = now.reduce((sum, one) => sum + one, 0).toFixed(2);
  return [
    `${[count(config.connections.size, "connection"), count(config.devices.size, "device"), count(points, "point")].join(", ")}; ${rate} requests a second, one for each operation would be ${before.toFixed(2)}`,
    'messages have the native form from now on (output "telemetry", one a device and cycle): routes from "modbusOutput" and writes to "input1" need a change, see docs/migration.md',
  ];
}

function lostIds(ids: readonly string[]): readonly string[] {
  if (ids.length === 0) return [];
  const shown = ids.slice(0, 5).map((id) => JSON.stringify(id));
  return [`CorrelationId has no counterpart and is left out: ${shown.join(", ")}${ids.length > 5 ? " …" : ""}`];
}
