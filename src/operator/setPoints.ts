import type { DeviceConfig } from "../core/config/gatewayConfig";
import { sameJson } from "../core/config/mergeDiff";
import type { Point } from "../core/points/point";
import { valueForTwin } from "../core/points/valueText";
import type { DeviceCycle, Sample } from "../core/telemetry/sample";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import type { EpochMs } from "../kernel/units";
import { answerDesired, type DesiredValue, type SetPointAnswer, type SetPointAnswerPorts } from "./setPointAnswer";
import { type Acknowledgement, type SetPointEntry, SetPointMemory } from "./setPointMemory";

export type { Acknowledgement } from "./setPointMemory";

/** Desired values of writable properties → writes, and their acknowledgements (contract section 5). */
export interface SetPoints {
  /** The desired document as it stands now: what differs from the last processed value is carried out. */
  desired(document: JsonObject, version: number): void;
  /** Values that arrived from a device, by polling or by a write. */
  cycle(cycle: DeviceCycle): void;
  /** What a writable property point reports; `undefined` before anything is known of it. */
  acknowledgement(device: string, point: string): Acknowledgement | undefined;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

export interface SetPointPorts extends SetPointAnswerPorts {
  readonly log: Log;
  /** What an earlier process kept (`remember`). */
  readonly remembered: Json | undefined;
  remember(processed: JsonObject): void;
  /** An acknowledgement changed. */
  changed(): void;
}

export function createSetPoints(ports: SetPointPorts): SetPoints {
  return new SetPointDesk(ports);
}

/** Default of `writeExpiresMs` (contract section 2): what could not be written by then is not written any more. */
const EXPIRES_MS = 60_000;
/** A sample that is older than another one by more than this is not late: the wall clock was set back. */
const LATE_MS = 60_000;

/** A desired value that waits for its device. */
interface Parked {
  readonly value: Json;
  readonly since: EpochMs;
  readonly ack: Acknowledgement;
  /** The device has answered since: it is worth another attempt. */
  due: boolean;
}

class SetPointDesk implements SetPoints {
  private readonly memory: SetPointMemory;
  private document: JsonObject = {};
  private version = 0;
  /** One turn a device: its values are carried out one after another, always the newest. */
  private readonly turns = new Map<string, Promise<void>>();
  /** Everything below is by `device/point`. Writes under way: their samples are not changes "at the device". */
  private readonly writing = new Set<string>();
  private readonly parked = new Map<string, Parked>();
  /** When the newest value was sampled: a cycle that was overtaken by a write still carries older ones. */
  private readonly newest = new Map<string, EpochMs>();
  /** Written without being read back: the next sample may be from before the write. */
  private readonly unconfirmed = new Set<string>();

  constructor(private readonly ports: SetPointPorts) {
    this.memory = new SetPointMemory(ports.remembered);
  }

  desired(document: JsonObject, version: number): void {
    this.document = document;
    this.version = version;
    this.forgetVanished();
    for (const device of Object.keys(document)) this.start(device);
  }

  cycle({ device, samples }: DeviceCycle): void {
    for (const sample of samples) if (isSetPoint(sample.point)) this.sampled(device, sample);
    if (this.parked.size > 0) this.revisitParked(device, samples);
  }

  acknowledgement(device: string, point: string): Acknowledgement | undefined {
    return this.parked.get(`${device}/${point}`)?.ack ?? this.memory.get(device, point)?.ack;
  }

  async close(): Promise<void> {
    await Promise.all(this.turns.values());
  }

  private start(device: string): void {
    if (this.turns.has(device) || this.next(device) === undefined) return;
    const turn = this.work(device).then(() => {
      this.turns.delete(device);
      // What became due between the last look and now.
      if (!this.ports.signal.aborted) this.start(device);
    });
    this.turns.set(device, turn);
  }

  private async work(device: string): Promise<void> {
    for (let next = this.next(device); next !== undefined; next = this.next(device)) {
      if (this.ports.signal.aborted) return;
      await this.carryOut(next);
    }
  }

  /** The first desired value of the device that is to be carried out now, under the definition of now. */
  private next(name: string): DesiredValue | undefined {
    const device = this.ports.access.device(name);
    // A disabled device is not written; when it is enabled its values are still wanted.
    if (device === undefined || !device.enabled) return undefined;
    for (const [point, value] of desiredOf(this.document, device)) {
      const processed = this.memory.get(name, point)?.desired;
      if (processed !== undefined && sameJson(processed, value)) continue;
      const parked = this.parked.get(`${name}/${point}`);
      if (parked !== undefined && !parked.due && sameJson(parked.value, value)) continue;
      return { device, point, value, version: this.version };
    }
    return undefined;
  }

  private async carryOut(wanted: DesiredValue): Promise<void> {
    const key = `${wanted.device.name}/${wanted.point}`;
    this.writing.add(key);
    try {
      this.take(wanted, key, await answerDesired(this.ports, wanted));
    } catch (error) {
      this.ports.log.error(`set point ${key} failed`, { error: error instanceof Error ? error.stack : String(error) });
      this.settle(wanted, key, { ac: 500, av: wanted.version, ad: "failed inside the module; see its log" });
    } finally {
      this.writing.delete(key);
    }
  }

  private take(wanted: DesiredValue, key: string, answer: SetPointAnswer): void {
    if (answer.kind === "closing" || answer.kind === "overtaken") return;
    if (answer.kind === "answered") {
      if (answer.blind) this.unconfirmed.add(key);
      this.settle(wanted, key, answer.ack);
      return;
    }
    const { value, version } = wanted;
    const before = this.parked.get(key);
    const at = answer.at ?? this.newest.get(key) ?? (0 as EpochMs);
    const since = before !== undefined && sameJson(before.value, value) ? before.since : at;
    const ad = `the device is away (${answer.reason}); written when it is back within ${EXPIRES_MS / 1000} s`;
    this.parked.set(key, { value, since, due: false, ack: { ...answer.held, ac: 202, av: version, ad } });
    this.ports.changed();
  }

  private settle({ device, point, value, version }: DesiredValue, key: string, ack: Acknowledgement): void {
    this.parked.delete(key);
    this.memory.set(device.name, point, { desired: value, ack });
    this.ports.remember(this.memory.snapshot());
    this.ports.changed();
    this.ports.log.info(`set point ${key}: ${ack.ac} ${ack.ad}`, { version });
  }

  private sampled(device: string, { point, at, reading }: Sample): void {
    if (!("value" in reading)) return;
    const key = `${device}/${point.name}`;
    const lateMs = (this.newest.get(key) ?? at) - at;
    if (lateMs > 0 && lateMs <= LATE_MS) return;
    this.newest.set(key, at);
    if (this.writing.has(key)) return;
    const value = valueForTwin(reading.value);
    const before = this.memory.get(device, point.name);
    const mayBeOld = this.unconfirmed.delete(key);
    if (before?.ack.value === value || mayBeOld) return;
    this.memory.set(device, point.name, { ...before, ack: changedAtDevice(value, before) });
    this.ports.changed();
  }

  /** A device that answers gets what waited for it; one that does not, when the time is over, never. */
  private revisitParked(name: string, samples: readonly Sample[]): void {
    const device = this.ports.access.device(name);
    const isBack = samples.some(({ reading }) => "value" in reading);
    const now = Math.max(...samples.map(({ at }) => at));
    for (const point of device?.points ?? []) {
      const key = `${name}/${point.name}`;
      const parked = this.parked.get(key);
      if (device === undefined || parked === undefined || this.writing.has(key)) continue;
      if (now - parked.since > EXPIRES_MS) {
        const { av } = parked.ack;
        const ack = { ...parked.ack, ac: 504, ad: `the device was away for ${EXPIRES_MS / 1000} s; not written` };
        this.settle({ device, point: point.name, value: parked.value, version: av }, key, ack);
      } else if (isBack) parked.due = true;
    }
    if (isBack) this.start(name);
  }

  /** A value that vanishes is not waited with any more, and a refused one of a read-only property leaves no trace. */
  private forgetVanished(): void {
    for (const key of [...this.parked.keys()]) {
      const [device = "", point = ""] = key.split("/");
      if (!isDesired(this.document, device, point) && this.parked.delete(key)) this.ports.changed();
    }
    const forgot = this.memory.forget((name, pointName) => {
      if (isDesired(this.document, name, pointName)) return false;
      const point = this.ports.access.device(name)?.points.find((candidate) => candidate.name === pointName);
      return point !== undefined && !isSetPoint(point);
    });
    if (!forgot) return;
    this.ports.remember(this.memory.snapshot());
    this.ports.changed();
  }
}

/** Points whose desired property is a request: those of kind property that may be written. */
function isSetPoint(point: Point): boolean {
  return point.kind === "property" && point.access !== "read";
}

function changedAtDevice(value: boolean | number | string, before: SetPointEntry | undefined): Acknowledgement {
  if (before === undefined) return { value, ac: 203, av: 0, ad: "value of the device" };
  // A refusal that could not name the value in force learns it now and stays a refusal.
  if (before.ack.value === undefined) return { ...before.ack, value };
  return { value, ac: 203, av: before.ack.av, ad: "changed at the device" };
}

function isDesired(document: JsonObject, device: string, point: string): boolean {
  const component = Object.hasOwn(document, device) ? document[device] : undefined;
  return isJsonObject(component) && Object.hasOwn(component, point);
}

/** The desired values that name a property point of the device, read-only ones too: their refusal is an answer. */
function* desiredOf(document: JsonObject, device: DeviceConfig): Generator<[point: string, value: Json]> {
  const component = Object.hasOwn(document, device.name) ? document[device.name] : undefined;
  if (!isJsonObject(component)) return;
  for (const [name, value] of Object.entries(component)) {
    const point = device.points.find((candidate) => candidate.name === name);
    if (point?.kind === "property") yield [name, value];
  }
}
