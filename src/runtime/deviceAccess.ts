import type { Answer } from "../bus/transactor";
import type { DeviceConfig, GatewayConfig, WritePolicy } from "../core/config/gatewayConfig";
import type { ReadBits, ReadRegisters } from "../core/modbus/pdu";
import { linkCost } from "../core/planning/cost";
import { heldValue } from "../core/planning/heldValue";
import { splitRead } from "../core/planning/splitRead";
import type { BadReason, PointValue, Reading } from "../core/points/point";
import { PointList } from "../core/points/pointList";
import { badReason } from "../core/points/quality";
import { withScalingPoints } from "../core/points/scaledBy";
import { badRun, cycleOf, type DeviceCycle, type Sample, samplesOf } from "../core/telemetry/sample";
import { settledRuns } from "../core/telemetry/scaledRuns";
import type { Clock } from "../kernel/clock";
import type { ConnectionRunner } from "./connectionRunner";
import { badSamples, goodRun, optionsFor, type PlannedRead, plannedRead, planPoints } from "./cycle";
import { standing } from "./deviceStanding";
import { DeviceTurns, type Turn } from "./deviceTurns";
import { createSampleStore } from "./sampleStore";
import { WriteIntervals } from "./writeIntervals";
import { writeValues } from "./writeValues";

/** What became of a requested write (contract section 6). */
export type WriteOutcome = "verified" | "acknowledged" | "mismatch" | "refused" | "unknown";

export interface WriteResult {
  readonly outcome: WriteOutcome;
  readonly requested: PointValue;
  /** What the device holds afterwards, where it was read. */
  readonly readBack?: PointValue;
  /** Requests sent that write this point: 0 or 1. */
  readonly attempts: number;
  readonly ms: number;
  /** Contract status of this point: 200, 502 (exception, mismatch), 504 (no answer). */
  readonly status: number;
  /** Why it is not 200, for people. */
  readonly reason?: string;
}

/** Reads and writes of single points at the devices, on demand: journey 2. Implemented over the connection runners. */
export interface DeviceAccess {
  device(name: string): DeviceConfig | undefined;
  /** Asked now and later: whether the device is still what it is now, and where it is now. */
  standing(device: DeviceConfig): () => boolean;
  /** The last sample of every point of a device that has one. */
  latest(device: string): ReadonlyMap<string, Sample>;
  /**
   * Reads these points now, in the command lane. Every point yields one sample, good or bad; but there are none at all
   * where the device, or its connection, was changed meanwhile: they would be of another one.
   */
  read(device: string, points: readonly string[], signal: AbortSignal): Promise<readonly Sample[]>;
  /**
   * Reads the point now, as `read` does, and says whether it holds this value (a planned one): what reading rounds away,
   * or shows by one text for several raw values, counts too. `undefined`: the device was changed meanwhile.
   */
  compare(device: string, point: string, value: PointValue, signal: AbortSignal): Promise<Comparison | undefined>;
  /** The device for longer than a request: its commands and set points come one after another. */
  turn(device: string, signal: AbortSignal): Promise<Turn>;
  /** How long until `minWriteIntervalMs` lets all of these points be written, ms; 0: at once. */
  writableInMs(device: string, points: readonly string[]): number;
  /**
   * Writes values that have been validated (`core/planning/writePlan`), in order, neighbours in one request, each read
   * back before anything else happens on that connection; stops at the first failure (the rest: outcome `refused`,
   * attempts 0). Waits first for as long as `minWriteIntervalMs` asks for, under the signal. Before each request is
   * asked whether it may still be sent: writing may have been switched off (403), the device been changed, or nobody
   * want it any more (409).
   * What was read back enters telemetry as an ordinary sample.
   */
  write(
    device: string,
    values: ReadonlyMap<string, PointValue>,
    signal: AbortSignal,
    isStillWanted?: () => boolean,
  ): Promise<ReadonlyMap<string, WriteResult>>;
}

/** What a device holds of a point, beside a value. */
export interface Comparison {
  readonly reading: Reading;
  readonly isSame: boolean;
  /** Within `verifyTolerance`. */
  readonly isNear: boolean;
}

export interface DeviceAccessPorts {
  readonly clock: Clock;
  config(): GatewayConfig;
  runner(connection: string): ConnectionRunner | undefined;
  /** What may be written now. */
  writes(): WritePolicy;
  /** What was read back after a write: enters telemetry as the samples of a cycle do. */
  onSamples(device: string, samples: readonly Sample[]): void;
}

/** The store behind it, fed by the cycles. */
export interface DeviceAccessWithStore extends DeviceAccess {
  /** A device's samples arrived, by polling or after a write. */
  arrived(cycle: DeviceCycle): void;
}

export function createDeviceAccess(ports: DeviceAccessPorts): DeviceAccessWithStore {
  const store = createSampleStore(ports);
  const intervals = new WriteIntervals(ports.clock);
  const turns = new DeviceTurns();
  return {
    device: (name) => ports.config().devices.get(name),
    standing: (device) => standing(ports, device),
    turn: (device, signal) => turns.take(device, signal),
    latest: store.latest,
    arrived: store.arrived,
    async read(name, points, signal) {
      const device = ports.config().devices.get(name);
      if (device === undefined) return [];
      const stands = standing(ports, device);
      const samples = await readNow(ports, device, new Set(points), stands, signal);
      if (!stands()) return [];
      store.arrived(cycleOf(name, samples));
      return samples;
    },
    async compare(name, pointName, value, signal) {
      const device = ports.config().devices.get(name);
      const point = device?.points.find((one) => one.name === pointName);
      if (device === undefined || point === undefined) return undefined;
      const { twin, judge } = heldValue(device, point, value);
      const both = twin === undefined ? device : { ...device, points: [...device.points, twin] };
      const names = [pointName, ...(twin === undefined ? [] : [twin.name])];
      const stands = standing(ports, device);
      const samples = await readNow(ports, both, new Set(names), stands, signal);
      const own = samples.find((sample) => sample.point.name === pointName);
      const raw = samples.find((sample) => sample.point.name === names.at(-1))?.reading;
      if (!stands() || own === undefined || raw === undefined) return undefined;
      store.arrived(cycleOf(name, [own]));
      return { reading: own.reading, ...judge(raw) };
    },
    async write(name, values, signal, isStillWanted) {
      const device = ports.config().devices.get(name);
      if (device === undefined) return new Map();
      return writeValues({ ...ports, intervals, isStillWanted }, device, values, signal);
    },
    writableInMs(name, points) {
      const known = ports.config().devices.get(name)?.points ?? [];
      return intervals.waitMs(
        name,
        known.filter((point) => points.includes(point.name)),
      );
    },
  };
}

/** One command a request: another command waits for one request of a long reading, not for all. */
async function readNow(
  ports: DeviceAccessPorts,
  device: DeviceConfig,
  names: ReadonlySet<string>,
  stands: () => boolean,
  signal: AbortSignal,
): Promise<readonly Sample[]> {
  const { clock } = ports;
  const points = device.points.filter((point) => names.has(point.name));
  const runner = ports.runner(device.connection);
  const connection = ports.config().connections.get(device.connection);
  if (!device.enabled) return badSamples(points, "disabled", clock.epoch());
  if (runner === undefined || connection === undefined) return badSamples(points, "offline", clock.epoch());
  const plan = planPoints(device, withScalingPoints(points), linkCost(connection));
  const runs = [badRun(new PointList(plan.unreadable), "disabled", clock.epoch())];
  let unreachable: BadReason | undefined;
  let splits = 0;
  const waiting = [...plan.reads];
  for (let read = waiting.shift(); read !== undefined && stands(); read = waiting.shift()) {
    const outcome: Outcome = unreachable === undefined ? await readBlock(runner, device, read, signal) : unreachable;
    if (typeof outcome !== "string") {
      runs.push(goodRun(new PointList(read.points), read.request.address, outcome));
      continue;
    }
    if (outcome === "timeout" || outcome === "offline") unreachable = outcome;
    // One address that the device does not have spoils the block: only the points on it are to be bad.
    const parts = SPLITTABLE.has(outcome) && splits < SPLITS ? partsOf(read) : undefined;
    runs.push(badRun(new PointList(parts?.refused ?? read.points), outcome, clock.epoch()));
    splits += parts?.reads.length ?? 0;
    waiting.unshift(...(parts?.reads ?? []));
  }
  return samplesOf(settledRuns(runs));
}

/** Illegal address, illegal value. */
const SPLITTABLE: ReadonlySet<BadReason> = new Set<BadReason>(["exception:2", "exception:3"]);
/** Requests that one reading may send beyond its plan. */
const SPLITS = 24;

function partsOf({ request, points }: PlannedRead) {
  const { table, address: first, count } = request;
  const { refused, parts } = splitRead({ table, first, count, points });
  return { refused, reads: parts.map(plannedRead) };
}

type Outcome = Answer<ReadBits | ReadRegisters> | BadReason;

/** `timeout` too where the caller's time was over before its turn came. */
async function readBlock(
  runner: ConnectionRunner,
  device: DeviceConfig,
  read: PlannedRead,
  signal: AbortSignal,
): Promise<Outcome> {
  const answer = await runner.command(
    (bus) => bus.transact(device.unitId, read.request, optionsFor(device, signal)),
    signal,
    device.unitId,
  );
  if (answer === undefined || signal.aborted) return answer?.ok === true ? answer.value : "timeout";
  return answer.ok ? answer.value : badReason(answer.error);
}
