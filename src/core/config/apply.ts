import { fingerprintOf } from "./fingerprint";
import type { ConnectionConfig, DeviceConfig, GatewayConfig } from "./gatewayConfig";
import { inDocument } from "./layers";
import { resolveLegacy } from "./legacy/resolveLegacy";
import { isLegacyDocument } from "./legacy/translateLegacy";
import type { Problem } from "./problem";
import type { ProfileLookup } from "./profiles";
import { type Resolution, resolveDocument } from "./resolve";
import { endpointOf, exclusiveResource, hasUnit } from "./resolveConnection";

/** What became of a document (contract section 4). */
export interface Applied {
  /** What is in force now. Parts that are equal to the previous ones are the same objects. */
  readonly config: GatewayConfig;
  /** `partial`: some parts are faulty and stay as they were; `rejected`: nothing has changed. */
  readonly state: "applied" | "partial" | "rejected";
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const NOTHING: GatewayConfig = { connections: new Map(), devices: new Map(), module: {} };

/**
 * The configuration after a document, native or of the archived Modbus module. A device that is faulty, or stands on a faulty connection or profile, stays as
 * it was (on the connection as it was, where the document has no good one of that name), or absent. A fault of the
 * whole document changes nothing.
 */
export function applyDocument(previous: GatewayConfig | undefined, document: unknown, lookup: ProfileLookup): Applied {
  const resolution = isLegacyDocument(document) ? resolveLegacy(document, lookup) : resolveDocument(document, lookup);
  return applyResolution(previous, resolution);
}

/** The same of a document that has been resolved already. */
export function applyResolution(previous: GatewayConfig | undefined, resolution: Resolution): Applied {
  const before = previous ?? NOTHING;
  const { problems, warnings } = resolution;
  if (resolution.root.length > 0) return { config: before, state: "rejected", problems, warnings };
  const connections = goodConnections(before, resolution);
  const { devices, lost } = standingDevices(before, resolution, connections);
  const all = [...problems, ...lost];
  return {
    config: { connections, devices, module: resolution.module, outputs: resolution.outputs },
    state: all.length === 0 ? "applied" : "partial",
    problems: all,
    warnings,
  };
}

/** The same object as before where the definition is the same. */
function same<T extends { readonly fingerprint: string }>(before: T | undefined, now: T): T {
  return before !== undefined && before.fingerprint === now.fingerprint ? before : now;
}

function goodConnections(before: GatewayConfig, resolution: Resolution): Map<string, ConnectionConfig> {
  const good = new Map<string, ConnectionConfig>();
  for (const [name, connection] of resolution.connections) {
    if (connection.ok) good.set(name, same(before.connections.get(name), connection.value));
  }
  return good;
}

function standingDevices(
  before: GatewayConfig,
  resolution: Resolution,
  connections: Map<string, ConnectionConfig>,
): { readonly devices: ReadonlyMap<string, DeviceConfig>; readonly lost: readonly Problem[] } {
  const devices = new Map<string, DeviceConfig>();
  const lost: Problem[] = [];
  for (const [name, device] of resolution.devices) {
    const last = before.devices.get(name);
    if (device.ok) devices.set(name, same(last, device.value));
    else if (last !== undefined) {
      const obstacle = keepConnection(last, before, connections);
      if (obstacle === undefined) devices.set(name, keptOn(last, before, connections));
      else
        lost.push(
          resolution.relocate(inDocument("devices", name)([], `its last good definition can't stay: ${obstacle}`)),
        );
    }
  }
  for (const [name, last] of madeByBrokenTemplates(before, resolution)) {
    const obstacle = keepConnection(last, before, connections);
    if (obstacle === undefined) devices.set(name, keptOn(last, before, connections));
    else
      lost.push(
        resolution.relocate(inDocument("devices", name)([], `its last good definition can't stay: ${obstacle}`)),
      );
  }
  return { devices, lost };
}

/** A device as it was; where its connection leads elsewhere now, another one in all but its definition. */
function keptOn(
  last: DeviceConfig,
  before: GatewayConfig,
  connections: ReadonlyMap<string, ConnectionConfig>,
): DeviceConfig {
  const [old, now] = [before.connections.get(last.connection), connections.get(last.connection)];
  if (old === undefined || now === undefined || endpointOf(old) === endpointOf(now)) return last;
  return { ...last, fingerprint: fingerprintOf([last.fingerprint, endpointOf(now)]) };
}

/** Devices of which the document says nothing else than a template that can't be carried out. */
function madeByBrokenTemplates(before: GatewayConfig, { broken, devices }: Resolution) {
  const templates = broken.filter(({ kind }) => kind === "devices");
  return [...before.devices].filter(
    ([name]) => !devices.has(name) && templates.some((template) => template.matches(name)),
  );
}

/** Sees to it that the connection of a kept device exists; or says why it can't. */
function keepConnection(
  device: DeviceConfig,
  before: GatewayConfig,
  connections: Map<string, ConnectionConfig>,
): string | undefined {
  const now = connections.get(device.connection);
  if (now !== undefined) {
    return hasUnit(now, device.unitId)
      ? undefined
      : `"${now.name}" is serial now, where unit ${device.unitId} does not exist`;
  }
  const old = before.connections.get(device.connection);
  if (old === undefined) return `its connection "${device.connection}" is gone`;
  const resource = exclusiveResource(old);
  const rival = [...connections.values()].find(
    (other) => resource !== undefined && exclusiveResource(other) === resource,
  );
  if (rival !== undefined) return `its connection "${old.name}" had ${resource}, which "${rival.name}" has now`;
  connections.set(old.name, old);
  return undefined;
}
