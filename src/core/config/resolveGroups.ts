import type { Group } from "./gatewayConfig";
import { type Place, within } from "./layers";
import type { Problem } from "./problem";
import { DEFAULT_GROUP, DEFAULT_INTERVAL_MS, type GroupKeys } from "./schemaDevice";

type GroupsByName = Readonly<Record<string, GroupKeys | null>>;

/** Where groups stand: the profile first, then the device, whose keys win. */
export interface GroupSource {
  readonly groups: GroupsByName | undefined;
  readonly place: Place;
}

/** All groups that points may name. The group `default` is always among them. */
export function resolveGroups(sources: readonly GroupSource[], problems: Problem[]): ReadonlyMap<string, Group> {
  const merged = new Map<string, { keys: GroupKeys; place: Place }>();
  for (const { groups, place } of sources) {
    for (const [name, keys] of Object.entries(groups ?? {})) {
      if (keys === null) merged.delete(name);
      else merged.set(name, { keys: { ...merged.get(name)?.keys, ...keys }, place: within(place, "groups", name) });
    }
  }
  const resolved = new Map<string, Group>();
  resolved.set(DEFAULT_GROUP, { name: DEFAULT_GROUP, intervalMs: DEFAULT_INTERVAL_MS, priority: "normal" });
  for (const [name, { keys, place }] of merged) {
    const intervalMs = keys.intervalMs ?? (name === DEFAULT_GROUP ? DEFAULT_INTERVAL_MS : undefined);
    if (intervalMs === undefined)
      problems.push(place(["intervalMs"], '"intervalMs" is missing: an interval is 10 to 86400000 ms'));
    // A group without an interval is still known by name, so that its points are not reported for it.
    resolved.set(name, { name, intervalMs: intervalMs ?? DEFAULT_INTERVAL_MS, priority: keys.priority ?? "normal" });
  }
  return resolved;
}
