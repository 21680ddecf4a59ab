import type { ConnectionConfig, DeviceConfig, GatewayConfig, ModuleConfig } from "./gatewayConfig";

/** What becomes of the parts of one kind, by name; each name stands in exactly one list. */
export interface PartDelta<T> {
  /** Same definition: nothing may be disturbed. */
  readonly unchanged: readonly string[];
  /**
   * A device with another definition on the same connection, or a connection with the same definition and other
   * devices: the plan is swapped at a transaction boundary, the link stays.
   */
  readonly repointed: readonly string[];
  /** A connection with another definition, or a device that has moved to another connection. */
  readonly rebuilt: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** The new definitions of what is repointed, rebuilt or added. */
  readonly definitions: ReadonlyMap<string, T>;
  /** All names afterwards, in the order of the new configuration. */
  readonly order: readonly string[];
}

export interface ConfigDelta {
  readonly connections: PartDelta<ConnectionConfig>;
  readonly devices: PartDelta<DeviceConfig>;
  readonly module: ModuleConfig;
  readonly outputs: GatewayConfig["outputs"];
}

type Change = "unchanged" | "repointed" | "rebuilt";

function partDelta<T>(
  from: ReadonlyMap<string, T>,
  to: ReadonlyMap<string, T>,
  changeOf: (before: T, after: T) => Change,
): PartDelta<T> {
  const lists = {
    unchanged: [] as string[],
    repointed: [] as string[],
    rebuilt: [] as string[],
    added: [] as string[],
  };
  const definitions = new Map<string, T>();
  for (const [name, after] of to) {
    const before = from.get(name);
    const change = before === undefined ? "added" : changeOf(before, after);
    lists[change].push(name);
    if (change !== "unchanged") definitions.set(name, after);
  }
  const removed = [...from.keys()].filter((name) => !to.has(name));
  return { ...lists, removed, definitions, order: [...to.keys()] };
}

function deviceChange(before: DeviceConfig, after: DeviceConfig): Change {
  if (before.fingerprint === after.fingerprint) return "unchanged";
  return before.connection === after.connection ? "repointed" : "rebuilt";
}

/** The devices of each connection with their fingerprints, as text: equal text, equal load of the connection. */
function tenants(config: GatewayConfig): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { name, connection, fingerprint } of config.devices.values()) {
    texts.set(connection, `${texts.get(connection) ?? ""}${name}=${fingerprint};`);
  }
  return texts;
}

const NOTHING: GatewayConfig = { connections: new Map(), devices: new Map(), module: {} };

/** What has to happen to get from one configuration to the other, by fingerprints. */
export function diffConfig(from: GatewayConfig | undefined, to: GatewayConfig): ConfigDelta {
  const before = from ?? NOTHING;
  const tenantsBefore = tenants(before);
  const tenantsAfter = tenants(to);
  return {
    connections: partDelta(before.connections, to.connections, (old, now) => {
      if (old.fingerprint !== now.fingerprint) return "rebuilt";
      return tenantsBefore.get(now.name) === tenantsAfter.get(now.name) ? "unchanged" : "repointed";
    }),
    devices: partDelta(before.devices, to.devices, deviceChange),
    module: to.module,
    outputs: to.outputs,
  };
}

function applyPart<T>(from: ReadonlyMap<string, T>, delta: PartDelta<T>): ReadonlyMap<string, T> {
  const parts = new Map<string, T>();
  for (const name of delta.order) {
    const part = delta.definitions.get(name) ?? from.get(name);
    if (part !== undefined) parts.set(name, part);
  }
  return parts;
}

/** `applyDelta(A, diffConfig(A, B))` equals B; what is equal in A and B is A's own object. */
export function applyDelta(from: GatewayConfig, delta: ConfigDelta): GatewayConfig {
  return {
    connections: applyPart(from.connections, delta.connections),
    devices: applyPart(from.devices, delta.devices),
    module: delta.module,
    ...(delta.outputs === undefined ? {} : { outputs: delta.outputs }),
  };
}
