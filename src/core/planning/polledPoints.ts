import type { DeviceConfig, Group } from "../config/gatewayConfig";
import type { Point } from "../points/point";
import { withScalingPoints } from "../points/scaledBy";

/** The points that the poll reads: not those that are only written, or read on demand. */
export function polledPoints({ points, groups }: Pick<DeviceConfig, "points" | "groups">): readonly Point[] {
  return points.filter((point) => point.access !== "write" && groups.get(point.group)?.poll !== "onDemand");
}

/** Those of them that belong to these groups, and what they are scaled by. */
export function duePoints(
  device: Pick<DeviceConfig, "points" | "groups">,
  groups: readonly string[],
): readonly Point[] {
  return withScalingPoints(polledPoints(device).filter((point) => groups.includes(point.group)));
}

interface PolledGroups {
  /** Whose groups they are. */
  readonly of: readonly Point[];
  readonly groups: readonly Group[];
}

/** Devices of one profile have the same map of groups, and then the same list. */
const known = new WeakMap<DeviceConfig["groups"], PolledGroups>();

/** The groups that time, or the connect, makes due. */
export function polledGroups(device: Pick<DeviceConfig, "points" | "groups">): readonly Group[] {
  const last = known.get(device.groups);
  if (last?.of === device.points) return last.groups;
  const used = new Set(polledPoints(device).map((point) => point.group));
  // A copy of what is left is as long as it has to be; what a filter makes has room for more.
  const groups = [...device.groups.values()].filter((group) => used.has(group.name)).slice();
  known.set(device.groups, { of: device.points, groups });
  return groups;
}
