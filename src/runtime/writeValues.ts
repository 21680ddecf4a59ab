import type { DeviceConfig } from "../core/config/gatewayConfig";
import { type PlannedWrite, planPointWrite, scaledPoints } from "../core/planning/writePlan";
import { writeSteps } from "../core/planning/writeSteps";
import type { PointValue } from "../core/points/point";
import { err, ok, type Result } from "../kernel/result";
import { wait } from "../kernel/wait";
import { type DeviceAccessPorts, isCurrent, type WriteResult } from "./deviceAccess";
import { carryOut, notWritten } from "./deviceAccessWrite";
import type { WriteIntervals } from "./writeIntervals";
import type { Held } from "./writeReadBack";
import { withScalesNow } from "./writeScales";

/** All values, in order, stopping at the first failure. Every value gets a result. */
export async function writeValues(
  ports: DeviceAccessPorts,
  intervals: WriteIntervals,
  device: DeviceConfig,
  values: ReadonlyMap<string, PointValue>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, WriteResult>> {
  if (!(await untilWritable(ports, intervals, device, [...values.keys()], signal))) {
    return refuseAll(values, "nothing was written: its minWriteIntervalMs was not over in time", 409);
  }
  // What was asked of the device that it was while it waited is nothing that the one it is now was asked.
  if (!isCurrent(ports, device)) return refuseAll(values, changedText(device.name), 409);
  const scaled = await withScalesNow(ports, device, values.keys(), signal);
  if (!scaled.ok) return refuseAll(values, `nothing was written: what ${scaled.error} is scaled by is not known`, 504);
  const planned = plannedWrites(device, scaled.value, values);
  if (!planned.ok) return refuseAll(values, planned.error.message, planned.error.status);
  const writes = [...planned.value.values()];
  const release = intervals.take(
    device.name,
    writes.map(({ point }) => point),
  );
  const results = await inTurn(ports, device, writes, signal);
  const left = whyNotTried(ports, device, results);
  for (const [name, write] of planned.value) {
    if (!results.has(name)) results.set(name, notWritten(write, left.reason, left.status));
    if (results.get(name)?.attempts === 0) release(name);
  }
  return results;
}

/** Why values have no result. */
function whyNotTried(ports: DeviceAccessPorts, device: DeviceConfig, results: ReadonlyMap<string, WriteResult>) {
  const [failed] = [...results].find(([, result]) => result.status !== 200) ?? [];
  if (failed !== undefined) return { reason: `not tried, since writing ${failed} failed`, status: 502 };
  return isCurrent(ports, device)
    ? { reason: NO_TURN, status: 504 }
    : { reason: changedText(device.name), status: 409 };
}

/** The caller has had them checked by `planWrite`: but for a scale only another configuration can make a difference. */
function plannedWrites(
  asked: DeviceConfig,
  device: DeviceConfig,
  values: ReadonlyMap<string, PointValue>,
): Result<ReadonlyMap<string, PlannedWrite>, { readonly message: string; readonly status: number }> {
  const planned = new Map<string, PlannedWrite>();
  for (const [name, value] of values) {
    const point = device.points.find((one) => one.name === name);
    if (point === undefined || !device.enabled) return err({ message: changedText(name), status: 409 });
    const write = planPointWrite(device, point, value);
    const own = asked.points.filter((one) => one.name === name);
    if (!write.ok && scaledPoints(asked, own).length > 0) {
      return err({ message: `nothing was written: ${write.error.message}`, status: write.error.status });
    }
    if (!write.ok) return err({ message: changedText(name), status: 409 });
    planned.set(name, write.value);
  }
  return ok(planned);
}

const NO_TURN = "nothing was written: the connection is closed, or gave no turn in time";

async function inTurn(
  ports: DeviceAccessPorts,
  device: DeviceConfig,
  writes: readonly PlannedWrite[],
  signal: AbortSignal,
): Promise<Map<string, WriteResult>> {
  const lane = ports.runner(device.connection);
  if (lane === undefined) return new Map();
  const onHeld = (held: readonly Held[]): void => {
    // A point that is never read has no place among the samples.
    const own = new Map(device.points.map((point) => [point.name, point]));
    const samples = held
      .map(({ sample }) => ({ ...sample, point: own.get(sample.point.name) ?? sample.point }))
      .filter(({ point }) => point.access !== "write");
    if (samples.length > 0 && isCurrent(ports, device)) ports.onSamples(device.name, samples);
  };
  const { clock } = ports;
  const mayWrite = (): boolean => isCurrent(ports, device);
  return carryOut({ lane, device, clock, signal, mayWrite, onHeld }, writeSteps(device.maxWriteRegisters, writes));
}

/** Waits until all the points may be written again; false when the signal aborts first. */
async function untilWritable(
  { clock }: DeviceAccessPorts,
  intervals: WriteIntervals,
  device: DeviceConfig,
  names: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const points = device.points.filter(({ name }) => names.includes(name));
  for (;;) {
    const restMs = intervals.waitMs(device.name, points);
    if (restMs <= 0) return true;
    if ((await wait(clock, restMs, signal)) === "aborted") return false;
  }
}

function changedText(culprit: string): string {
  return `nothing was written: the configuration of ${culprit} has just changed; send it again`;
}

/** One that cannot be written any more: nothing is. */
function refuseAll(
  values: ReadonlyMap<string, PointValue>,
  reason: string,
  status: number,
): ReadonlyMap<string, WriteResult> {
  return new Map([...values].map(([name, requested]) => [name, notWritten({ value: requested }, reason, status)]));
}
