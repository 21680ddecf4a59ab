import type { Transactor } from "../bus/transactor";
import type { DeviceConfig } from "../core/config/gatewayConfig";
import type { ModbusFailure } from "../core/modbus/failure";
import type { RequestCost } from "../core/planning/cost";
import { scaledPoints } from "../core/planning/writePlan";
import type { Point } from "../core/points/point";
import { PointList } from "../core/points/pointList";
import { factorOf, scalingPoints, withFactor } from "../core/points/scaledBy";
import type { SampleRun } from "../core/telemetry/sample";
import { readingsOf } from "../core/telemetry/scaledRuns";
import { err, ok, type Result } from "../kernel/result";
import { goodRun, optionsFor, planPoints } from "./cycle";
import type { Obstacle } from "./writeSource";

/**
 * The device as it is to be written: the points of these names, and what they are verified by, with the scale that the
 * device has now, which is read for it: in the turn on the bus in which it is written. The error names the first whose
 * scale is not known, and why: 504 no answer, 502 an exception, or a scale that is none.
 */
export async function withScalesNow(
  bus: Transactor,
  device: DeviceConfig,
  names: Iterable<string>,
  cost: RequestCost,
  signal: AbortSignal,
): Promise<Result<DeviceConfig, Obstacle>> {
  const wanted = new Set(names);
  const own = device.points.filter(({ name }) => wanted.has(name));
  const scaled = scaledPoints(device, own);
  if (scaled.length === 0) return ok(device);
  const read = await readNow(bus, device, scalingPoints(scaled), cost, signal);
  if (!read.ok) {
    const status = read.error.kind === "exception" ? 502 : 504;
    return err({ status, reason: `${unknownScale(scaled)} (${read.error.detail})` });
  }
  const readingOf = readingsOf(read.value);
  const now = new Map<Point, Point>();
  for (const point of scaled) {
    const factor = factorOf(point, readingOf);
    if (factor === undefined)
      return err({ status: 502, reason: `${unknownScale([point])}: what stands there is no scale` });
    now.set(point, withFactor(point, factor));
  }
  return ok({ ...device, points: device.points.map((point) => now.get(point) ?? point) });
}

function unknownScale([point]: readonly Point[]): string {
  return `what ${point?.name} is scaled by is not known`;
}

async function readNow(
  bus: Transactor,
  device: DeviceConfig,
  points: readonly Point[],
  cost: RequestCost,
  signal: AbortSignal,
): Promise<Result<readonly SampleRun[], ModbusFailure>> {
  const runs: SampleRun[] = [];
  for (const read of planPoints(device, points, cost).reads) {
    const answer = await bus.transact(device.unitId, read.request, optionsFor(device, signal));
    if (!answer.ok) return answer;
    runs.push(goodRun(new PointList(read.points), read.request.address, answer.value));
  }
  return ok(runs);
}
