import type { DeviceConfig } from "../core/config/gatewayConfig";
import { linkCost } from "../core/planning/cost";
import type { Point } from "../core/points/point";
import { factorOf, scalingPoints, withFactor } from "../core/points/scaledBy";
import type { Sample } from "../core/telemetry/sample";
import { readingsOf } from "../core/telemetry/scaledSamples";
import { err, ok, type Result } from "../kernel/result";
import { goodSamples, optionsFor, planPoints } from "./cycle";
import type { DeviceAccessPorts } from "./deviceAccess";

/**
 * The points as they are to be written: those that are scaled by others with the scale that the device has now, which
 * is read for it just before. The error names the first whose scale is not known.
 */
export async function withScalesNow(
  ports: DeviceAccessPorts,
  device: DeviceConfig,
  names: Iterable<string>,
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, Point>, string>> {
  const wanted = new Set(names);
  const points = device.points.filter(({ name }) => wanted.has(name));
  const scaling = scalingPoints(points);
  const readingOf = readingsOf(scaling.length === 0 ? [] : await readNow(ports, device, scaling, signal));
  const now = new Map<string, Point>();
  for (const point of points) {
    const factor = point.scaledBy === undefined ? undefined : factorOf(point, readingOf);
    if (point.scaledBy !== undefined && factor === undefined) return err(point.name);
    now.set(point.name, factor === undefined ? point : withFactor(point, factor));
  }
  return ok(now);
}

/** In one turn of the command lane; what gives no answer has no sample. */
async function readNow(
  ports: DeviceAccessPorts,
  device: DeviceConfig,
  points: readonly Point[],
  signal: AbortSignal,
): Promise<readonly Sample[]> {
  const connection = ports.config().connections.get(device.connection);
  const lane = ports.runner(device.connection);
  if (connection === undefined || lane === undefined) return [];
  const samples: Sample[] = [];
  await lane.command(async (bus) => {
    for (const read of planPoints(device, points, linkCost(connection)).reads) {
      const answer = await bus.transact(device.unitId, read.request, optionsFor(device, signal));
      if (!answer.ok) return;
      samples.push(...goodSamples(read, answer.value));
    }
  }, signal);
  return samples;
}
