import type { DeviceConfig, Group } from "../config/gatewayConfig";
import type { Point } from "../points/point";
import { withScalingPoints } from "../points/scaledBy";

/** The points that the poll reads: not those that are only written, or read on demand. */
export function polledPoints({ points, groups }: DeviceConfig): readonly Point[] {
  return points.filter((point) => point.access !== "write" && groups.get(point.group)?.poll !== "onDemand");
}

/** Those of them that belong to these groups, and what they are scaled by. */
export function duePoints(device: DeviceConfig, groups: readonly string[]): readonly Point[] {
  return withScalingPoints(polledPoints(device).filter((point) => groups.includes(point.group)));
}

/** The groups that time, or the connect, makes due. */
export function polledGroups(device: DeviceConfig): readonly Group[] {
  const used = new Set(polledPoints(device).map((point) => point.group));
  return [...device.groups.values()].filter((group) => used.has(group.name));
}
