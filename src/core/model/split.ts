import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";
import type { GatewayConfig } from "../config/gatewayConfig";
import { twinSize } from "../config/twinSize";

/** One share of a site: a document of its own. */
export interface Share {
  readonly document: JsonObject;
  /** Bytes as IoT Hub counts them. */
  readonly twinBytes: number;
  /** Sum of the predicted loads of its connections, percent of one line's time. */
  readonly loadPercent: number;
}

/**
 * The site in at most `count` shares of about equal weight. A connection is never divided, so that no two instances open
 * one serial port; the heaviest connection first, each to the lightest share so far. Weight is the greater of the share
 * of the predicted load and the share of the twin's bytes.
 */
export function splitSite(
  document: JsonObject,
  config: GatewayConfig,
  loadOf: (connection: string) => number,
  count: number,
): readonly Share[] {
  const names = [...config.connections.keys()];
  const bytes = new Map(names.map((name) => [name, bytesOf(document, config, name)]));
  const total = { load: sum(names.map(loadOf)), bytes: sum([...bytes.values()]) };
  const weight = (name: string): number =>
    Math.max(loadOf(name) / Math.max(total.load, 1e-9), (bytes.get(name) ?? 0) / Math.max(total.bytes, 1));
  const shares: { weight: number; names: string[] }[] = Array.from({ length: count }, () => ({ weight: 0, names: [] }));
  for (const name of [...names].sort((a, b) => weight(b) - weight(a))) {
    const lightest = shares.reduce((best, share) => (share.weight < best.weight ? share : best));
    lightest.weight += weight(name);
    lightest.names.push(name);
  }
  return shares
    .filter((share) => share.names.length > 0)
    .map((share) => {
      const part = partOf(document, config, new Set(share.names));
      return { document: part, twinBytes: twinSize(part), loadPercent: sum(share.names.map(loadOf)) };
    });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

function bytesOf(document: JsonObject, config: GatewayConfig, connection: string): number {
  return twinSize(partOf(document, config, new Set([connection])));
}

/** The document with these connections only, their devices, and the profiles of those. */
function partOf(document: JsonObject, config: GatewayConfig, connections: ReadonlySet<string>): JsonObject {
  const devices = [...config.devices.values()].filter(({ connection }) => connections.has(connection));
  const profiles = new Set(devices.flatMap(({ profile }) => profile ?? []));
  const named = new Set(devices.map(({ name }) => name));
  const keep = (kind: string, names: ReadonlySet<string>): JsonObject => {
    const all = document[kind];
    if (!isJsonObject(all)) return {};
    const kept = Object.entries(all).filter(([name]) => names.has(name));
    return kept.length === 0 ? {} : { [kind]: Object.fromEntries(kept) };
  };
  const { connections: _c, profiles: _p, devices: _d, ...rest } = document;
  return {
    ...(rest as Readonly<Record<string, Json>>),
    ...keep("connections", connections),
    ...keep("profiles", withParents(document, profiles)),
    ...keep("devices", named),
  };
}

/** Names of profiles with those that they extend, as far as the document has them. */
export function withParents(document: JsonObject, profiles: ReadonlySet<string>): ReadonlySet<string> {
  const all = isJsonObject(document["profiles"]) ? document["profiles"] : {};
  const parents = [...profiles].flatMap((name) => {
    const profile = all[name];
    return isJsonObject(profile) && typeof profile["extends"] === "string" ? [profile["extends"]] : [];
  });
  return new Set([...profiles, ...parents]);
}
