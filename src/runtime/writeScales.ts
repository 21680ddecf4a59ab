import type { DeviceConfig } from "../core/config/gatewayConfig";
import { linkCost } from "../core/planning/cost";
import { scaledPoints } from "../core/planning/writePlan";
import type { Point } from "../core/points/point";
import { factorOf, scalingPoints, withFactor } from "../core/points/scaledBy";
import type { Sample } from "../core/telemetry/sample";
import { readingsOf } from "../core/telemetry/scaledSamples";
import { err, ok, type Result } from "../kernel/result";
import { goodSamples, optionsFor, planPoints } from "./cycle";
import type { DeviceAccessPorts } from "./deviceAccess";

/**
 * The device as it is to be written: the points of these names, and what they are verified by, with the scale that the
 * device has now, which is read for it just before. The error names the first whose scale is not known.
 */
export async function withScalesNow(
  ports: DeviceAccessPorts,
  device: DeviceConfig,
  names: Iterable<string>,
  signal: AbortSignal,
): Promise<Result<DeviceConfig, string>> {
  const wanted = new Set(names);
  const scaled = scaledPoints(
    device,
    device.points.filter(({ name }) => wanted.has(name)),
  );
  if (scaled.length === 0) return ok(device);
  const readingOf = readingsOf(await readNow(ports, device, scalingPoints(scaled), signal));
  const now = new Map<Point, Point>();
  for (const point of scaled) {
    const factor = factorOf(point, readingOf);
    if (factor === undefined) return err(point.name);
    now.set(point, withFactor(point, factor));
  }
  return ok({ ...device, points: device.points.map((point) => now.get(point) ?? point) });
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
