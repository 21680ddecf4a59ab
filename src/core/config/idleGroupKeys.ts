import { pointer } from "../../kernel/json";
import type { DeviceConfig, Group } from "./gatewayConfig";
import type { Problem } from "./problem";
import type { Resolved } from "./resolve";
import type { GroupKeys } from "./schemaDevice";
import type { ConfigurationDocument } from "./schemaDocument";

const KEYS = ["publishMs", "output", "priority"] as const;
type Key = (typeof KEYS)[number];
type Groups = Readonly<Record<string, GroupKeys | null>> | undefined;

/** A definition of groups in the document: the later ones win, key by key. */
interface Source {
  readonly steps: readonly string[];
  readonly groups: Groups;
}

/**
 * Keys of groups that change nothing, by where they stand: `publishMs` and `output` of values that are not sent,
 * `output` and `priority` of what is read on demand. One at the root or in a profile serves many devices: it is said
 * where it changes nothing for any.
 * @param document valid, but for the devices that are not `ok`
 */
export function idleGroupKeys(document: ConfigurationDocument, devices: Resolved<DeviceConfig>): readonly Problem[] {
  const idle = new Map<string, Problem>();
  const busy = new Set<string>();
  for (const device of devices.values()) {
    for (const { path, reason } of device.ok ? keysOf(document, device.value) : []) {
      if (reason === undefined) busy.add(path);
      else if (!idle.has(path)) idle.set(path, { path, text: reason });
    }
  }
  return [...idle.values()].filter(({ path }) => !busy.has(path));
}

/** The keys that the document has for the groups of a device, with why they change nothing of it, where they don't. */
function keysOf(document: ConfigurationDocument, device: DeviceConfig) {
  const sources = sourcesOf(document, device.name);
  return [...device.groups.values()].flatMap((group) =>
    KEYS.flatMap((key) => {
      const source = sources.findLast(({ groups }) => ownKeys(groups, group.name)?.[key] !== undefined);
      if (source === undefined) return [];
      const path = pointer([...source.steps, "groups", group.name, key]);
      return [{ path, reason: idleReason(key, device, group) }];
    }),
  );
}

function sourcesOf({ groups, profiles, devices }: ConfigurationDocument, name: string): readonly Source[] {
  const device = devices !== undefined && Object.hasOwn(devices, name) ? devices[name] : undefined;
  const profile = ownProfile(profiles, device?.profile);
  const base = ownProfile(profiles, profile?.keys.extends);
  const inherited = [base, profile].flatMap((one) =>
    one === undefined ? [] : [{ steps: ["profiles", one.name], groups: one.keys.groups }],
  );
  return [{ steps: [], groups }, ...inherited, { steps: ["devices", name], groups: device?.groups }];
}

function ownProfile(profiles: ConfigurationDocument["profiles"], name: string | undefined) {
  if (name === undefined || profiles === undefined || !Object.hasOwn(profiles, name)) return undefined;
  const keys = profiles[name];
  return keys === null || keys === undefined ? undefined : { name, keys };
}

function ownKeys(groups: Groups, name: string): GroupKeys | undefined {
  return groups !== undefined && Object.hasOwn(groups, name) ? (groups[name] ?? undefined) : undefined;
}

/** Why the key changes nothing of this device; `undefined`: it does. */
function idleReason(key: Key, device: DeviceConfig, { name, poll }: Group): string | undefined {
  if (key === "priority")
    return poll === "onDemand"
      ? '"priority" changes nothing: what is read on demand goes before all polling; leave it out'
      : undefined;
  const own = device.points.filter(({ group }) => group === name);
  // Of a group that is read on demand alone, what is read back after a write is sent.
  const sent = own.filter((point) => isSent(point, device) && (poll !== "onDemand" || point.access === "readWrite"));
  if (sent.length > 0) return undefined;
  return poll === "onDemand"
    ? `"${key}" changes nothing: what is read on demand is answered, not sent; leave it out`
    : `"${key}" changes nothing: no point of the group is sent as telemetry (they are properties, or read for others); leave it out`;
}

function isSent({ kind, access }: DeviceConfig["points"][number], { identity }: DeviceConfig): boolean {
  if (access === "write") return false;
  return kind === "telemetry" || (kind === "property" && identity === "none");
}
