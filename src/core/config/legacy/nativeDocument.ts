import { isJsonObject, type JsonObject } from "../../../kernel/json";
import { SCHEMA_VERSION } from "../schemaDocument";
import type { LegacyDevice } from "./legacyDevice";
import type { LegacyTranslation } from "./translateLegacy";

/** A native document that polls what a legacy one did, and what of that it does not say any more. */
export interface Migration {
  readonly document: JsonObject;
  /** Correlation ids other than the default: native messages have none. */
  readonly correlationIds: readonly string[];
}

/**
 * The configuration that a user would have written: points under names of their own, sent device by device as
 * telemetry, in place of the legacy messages. Where a name could not keep the `HwId`, it stays as a message property.
 */
export function nativeDocument({ document, devices }: LegacyTranslation): Migration {
  const { connections = {}, groups = {} } = document;
  const ids = [...devices.values()].flatMap(({ labels }) => [...labels.values()].map((label) => label.correlationId));
  return {
    document: {
      schemaVersion: SCHEMA_VERSION,
      connections,
      groups: Object.fromEntries(
        Object.entries(groups as JsonObject).map(([name, group]) => [name, withoutOutput(group as JsonObject)]),
      ),
      devices: Object.fromEntries([...devices].map(([name, device]) => [name, deviceKeys(name, device)])),
    },
    correlationIds: [...new Set(ids)].filter((id): id is string => id !== null && id !== "DefaultCorrelationId"),
  };
}

function withoutOutput({ output: _output, ...group }: JsonObject): JsonObject {
  return group;
}

function deviceKeys(name: string, { keys, hwId }: LegacyDevice): JsonObject {
  const { identity: _identity, defaults, points, ...rest } = keys;
  const own = Object.values(points as JsonObject).filter(isJsonObject);
  const hasBits = own.some(({ address }) => /^[01]/.test(String(address)));
  const hasRegisters = own.some(({ address }) => /^[34]/.test(String(address)));
  const type = hasRegisters ? { type: (defaults as JsonObject)["type"] ?? "uint16" } : {};
  const report = hasBits ? { report: "always" } : {};
  return {
    ...rest,
    ...(hwId === null || hwId === "" || hwId === name ? {} : { tags: { hwId } }),
    defaults: { ...type, ...report },
    points: points ?? {},
  };
}
