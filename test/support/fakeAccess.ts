import type { DeviceConfig } from "../../src/core/config/gatewayConfig";
import type { BadReason, PointValue } from "../../src/core/points/point";
import { sameValue } from "../../src/core/points/pointValue";
import { cycleOf, type DeviceCycle, type Sample } from "../../src/core/telemetry/sample";
import { type EpochMs, epochMs } from "../../src/kernel/units";
import type { DeviceAccess, WriteResult } from "../../src/runtime/deviceAccess";
import { DeviceTurns } from "../../src/runtime/deviceTurns";

/** Devices that hold values in memory. What is written is read back and told to `onCycle`, as the real access does. */
export interface FakeAccess extends DeviceAccess {
  readonly devices: Map<string, DeviceConfig>;
  /** `device/point` → what the device holds. */
  readonly held: Map<string, PointValue>;
  /** `device/point` or `device` → why reading it fails. */
  readonly bad: Map<string, BadReason>;
  /** `device/point=value`, in order. */
  readonly writes: string[];
  /** Called before a read or write is carried out: may wait, throw, or change what the device holds. */
  before(what: "read" | "write", device: string, point: string): Promise<void> | void;
  /** What a write has to wait for until its turn on the bus comes. */
  busy(): Promise<void> | void;
  /** Replaces the outcome of a write. */
  outcome: Partial<WriteResult> | undefined;
  /** How far from a value the device may be to count as near. */
  tolerance: number;
  onCycle(cycle: DeviceCycle): void;
  /** Time as it stands: samples bear it. */
  now: number;
  /** A poll: these points (default: all that may be read) as the device holds them now. */
  poll(device: string, points?: readonly string[]): DeviceCycle;
}

export function createFakeAccess(...configs: readonly DeviceConfig[]): FakeAccess {
  const latest = new Map<string, Map<string, Sample>>();
  const turns = new DeviceTurns();
  const at = (): EpochMs => epochMs(fake.now);

  function sampleOf(device: string, name: string): Sample {
    const point = fake.devices.get(device)?.points.find((candidate) => candidate.name === name);
    if (point === undefined) throw new Error(`the test has no point ${device}/${name}`);
    const bad = fake.bad.get(`${device}/${name}`) ?? fake.bad.get(device);
    const value = fake.held.get(`${device}/${name}`);
    if (bad !== undefined || value === undefined) return { point, at: at(), reading: { bad: bad ?? "timeout" } };
    return { point, at: at(), reading: { value } };
  }

  function keep(device: string, samples: readonly Sample[]): readonly Sample[] {
    const known = latest.get(device) ?? new Map<string, Sample>();
    latest.set(device, known);
    for (const sample of samples) known.set(sample.point.name, sample);
    return samples;
  }

  const fake: FakeAccess = {
    devices: new Map(configs.map((config) => [config.name, config])),
    held: new Map(),
    bad: new Map(),
    writes: [],
    before: () => undefined,
    busy: () => undefined,
    outcome: undefined,
    tolerance: 0,
    onCycle: () => undefined,
    now: Date.UTC(2026, 0, 1),
    device: (name) => fake.devices.get(name),
    standing:
      ({ name, fingerprint }) =>
      () =>
        fake.devices.get(name)?.fingerprint === fingerprint,
    latest: (device) => latest.get(device) ?? new Map(),
    writableInMs: () => 0,
    turn: (device, signal) => turns.take(device, signal),
    async read(device, points) {
      for (const point of points) await fake.before("read", device, point);
      return keep(
        device,
        points.map((point) => sampleOf(device, point)),
      );
    },
    async compare(device, point, value, signal) {
      const [sample] = await fake.read(device, [point], signal);
      if (sample === undefined) return undefined;
      const { reading } = sample;
      const isSame = "value" in reading && sameValue(reading.value, value);
      const isNear = "value" in reading && Math.abs(Number(reading.value) - Number(value)) <= fake.tolerance;
      return { reading, isSame, isNear: isSame || isNear };
    },
    async write(device, values, _signal, isStillWanted) {
      const results = new Map<string, WriteResult>();
      for (const [point, requested] of values) {
        await fake.busy();
        if (isStillWanted?.() === false) {
          results.set(point, { outcome: "refused", requested, attempts: 0, ms: 0, status: 409, reason: "withdrawn" });
          continue;
        }
        await fake.before("write", device, point);
        const outcome = fake.outcome;
        if (outcome?.attempts !== 0) fake.writes.push(`${device}/${point}=${String(requested)}`);
        if (outcome === undefined || outcome.outcome === "acknowledged") fake.held.set(`${device}/${point}`, requested);
        results.set(point, {
          outcome: "verified",
          requested,
          attempts: 1,
          ms: 12.4,
          status: 200,
          ...(outcome === undefined ? { readBack: requested } : outcome),
        });
        if (outcome === undefined) fake.onCycle(cycleOf(device, keep(device, [sampleOf(device, point)])));
      }
      return results;
    },
    poll(device, points) {
      const readable = fake.devices.get(device)?.points.filter((point) => point.access !== "write") ?? [];
      const names = points ?? readable.map((point) => point.name);
      const samples = names.map((name) => sampleOf(device, name));
      return cycleOf(device, keep(device, samples));
    },
  };
  return fake;
}
