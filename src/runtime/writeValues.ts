import type { DeviceConfig } from "../core/config/gatewayConfig";
import { linkCost } from "../core/planning/cost";
import type { PointValue } from "../core/points/point";
import { wait } from "../kernel/wait";
import type { DeviceAccessPorts, WriteResult } from "./deviceAccess";
import { carryOut, TOO_SOON, type WriteRun } from "./deviceAccessWrite";
import { standing } from "./deviceStanding";
import type { WriteIntervals } from "./writeIntervals";
import type { Held } from "./writeReadBack";
import { changedText, type Obstacle, ValueSource } from "./writeSource";
import { notWritten } from "./writeVerdict";

const SWITCHED_OFF: Obstacle = { status: 403, reason: "writing has been switched off while it waited" };
const WITHDRAWN: Obstacle = { status: 409, reason: "it was withdrawn while it waited" };
const DISABLED: Obstacle = { status: 409, reason: "the device is disabled in the configuration" };
const NO_TURN: Obstacle = { status: 504, reason: "the connection is closed, or gave no turn in time" };

export interface WriteValuesPorts extends DeviceAccessPorts {
  readonly intervals: WriteIntervals;
  /** Whoever asked for it still wants it. Absent: always. */
  readonly isStillWanted?: (() => boolean) | undefined;
}

/** All values, in order, stopping at the first failure. Every value gets a result. */
export async function writeValues(
  ports: WriteValuesPorts,
  device: DeviceConfig,
  values: ReadonlyMap<string, PointValue>,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, WriteResult>> {
  const stands = standing(ports, device);
  const obstacle = (): Obstacle | undefined => {
    if (ports.writes() === "off") return SWITCHED_OFF;
    if (ports.isStillWanted?.() === false) return WITHDRAWN;
    // What was asked of the device that it was while it waited is nothing that the one it is now was asked.
    if (stands()) return undefined;
    if (!ports.config().devices.has(device.name))
      return { status: 404, reason: `${device.name} has just been removed` };
    return { status: 409, reason: changedText(device.name) };
  };
  if (!(await untilWritable(ports, device, [...values.keys()], signal))) {
    return completed(values, { results: new Map(), stopped: TOO_SOON });
  }
  const lane = ports.runner(device.connection);
  const connection = ports.config().connections.get(device.connection);
  if (lane === undefined || connection === undefined || !device.enabled) {
    const stopped = device.enabled ? obstacle() : DISABLED;
    return completed(values, { results: new Map(), stopped });
  }
  const steps = new ValueSource(device, values, linkCost(connection), signal);
  const onHeld = (held: readonly Held[]): void => {
    if (stands()) keep(ports, device, held);
  };
  const { clock } = ports;
  const job = { lane, device, clock, signal, steps, obstacle, intervals: ports.intervals.of(device.name), onHeld };
  return completed(values, await carryOut(job));
}

/** What was read back enters telemetry. A point that is never read has no place among the samples. */
function keep(ports: DeviceAccessPorts, device: DeviceConfig, held: readonly Held[]): void {
  const own = new Map(device.points.map((point) => [point.name, point]));
  const samples = held
    .map(({ sample }) => ({ ...sample, point: own.get(sample.point.name) ?? sample.point }))
    .filter(({ point }) => point.access !== "write");
  if (samples.length > 0) ports.onSamples(device.name, samples);
}

/** With a result for each value that was not begun, and why it was not, in the order of the values. */
function completed(values: ReadonlyMap<string, PointValue>, run: WriteRun): ReadonlyMap<string, WriteResult> {
  const { results } = run;
  const [failed] = [...results].find(([, { status }]) => status !== 200) ?? [];
  const why = run.stopped ?? NO_TURN;
  const text = results.size === 0 ? `nothing was written: ${why.reason}` : `not written: ${why.reason}`;
  return new Map(
    [...values].map(([name, value]): [string, WriteResult] => {
      const result = results.get(name);
      if (result !== undefined) return [name, result];
      if (failed === undefined) return [name, notWritten({ value }, text, why.status)];
      return [name, notWritten({ value }, `not tried, since writing ${failed} failed`, 502)];
    }),
  );
}

/** Waits until all the points may be written again; false when the signal aborts first. */
async function untilWritable(
  { clock, intervals }: WriteValuesPorts,
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
