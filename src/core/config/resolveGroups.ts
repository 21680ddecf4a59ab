import type { Group } from "./gatewayConfig";
import { type Place, within } from "./layers";
import type { Problem } from "./problem";
import { resolvePublishing } from "./resolvePublishing";
import { DEFAULT_GROUP, DEFAULT_INTERVAL_MS, type GroupKeys } from "./schemaDevice";

type GroupsByName = Readonly<Record<string, GroupKeys | null>>;

/** Where groups stand: the root first, then the profile, then the device, whose keys win. */
export interface GroupSource {
  readonly groups: GroupsByName | undefined;
  readonly place: Place;
}

/** The groups that points may name, and where the nearest definition of each stands. */
export interface ResolvedGroups {
  readonly groups: ReadonlyMap<string, Group>;
  readonly places: ReadonlyMap<string, Place>;
}

/** All groups that points may name. The group `default` is always among them. */
export function resolveGroups(sources: readonly GroupSource[], problems: Problem[]): ResolvedGroups {
  const merged = new Map<string, { keys: GroupKeys; place: Place }>();
  for (const { groups, place } of sources) {
    for (const [name, keys] of Object.entries(groups ?? {})) {
      if (keys === null) merged.delete(name);
      else merged.set(name, { keys: { ...merged.get(name)?.keys, ...keys }, place: within(place, "groups", name) });
    }
  }
  const groups = new Map<string, Group>();
  groups.set(DEFAULT_GROUP, { name: DEFAULT_GROUP, intervalMs: DEFAULT_INTERVAL_MS, priority: "normal" });
  for (const [name, { keys, place }] of merged) groups.set(name, groupOf(name, keys, place, problems));
  return { groups, places: new Map([...merged].map(([name, { place }]) => [name, place])) };
}

function groupOf(name: string, keys: GroupKeys, place: Place, problems: Problem[]): Group {
  const interval = keys.intervalMs ?? (name === DEFAULT_GROUP ? DEFAULT_INTERVAL_MS : undefined);
  if (interval === undefined) {
    problems.push(
      place(["intervalMs"], '"intervalMs" is missing: an interval is 10 to 86400000 ms, "connect" or "onDemand"'),
    );
  }
  if (keys.align === true && typeof interval === "string") {
    problems.push(place(["align"], `"${interval}" has no grid: leave "align" out, or give milliseconds`));
  }
  return {
    name,
    // A group without an interval is still known by name, so that its points are not reported for it.
    ...(typeof interval === "string"
      ? { intervalMs: Number.POSITIVE_INFINITY, poll: interval }
      : { intervalMs: interval ?? DEFAULT_INTERVAL_MS }),
    priority: keys.priority ?? "normal",
    ...(keys.align === true ? { align: true } : {}),
    ...(keys.consistent === true ? { consistent: true } : {}),
    ...resolvePublishing(keys, interval, place, problems),
  };
}
