import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { Point } from "../core/points/point";
import { withScalingPoints } from "../core/points/scaledBy";
import type { DeviceMeter } from "./connectionRunnerCounters";

/** A device with what is kept for it from cycle to cycle. */
export interface Polled {
  readonly config: DeviceConfig;
  readonly meter: DeviceMeter;
}

/** The points that the poll reads: not those that are only written, or read on demand. */
export function polledPoints({ points, groups }: DeviceConfig): readonly Point[] {
  return points.filter((point) => point.access !== "write" && groups.get(point.group)?.poll !== "onDemand");
}

/** Those of them that belong to these groups, and what they are scaled by. */
export function duePoints(device: DeviceConfig, groups: readonly string[]): readonly Point[] {
  return withScalingPoints(polledPoints(device).filter((point) => groups.includes(point.group)));
}
