import type { DeviceConfig } from "../core/config/gatewayConfig";
import { sameJson } from "../core/config/mergeDiff";
import type { Problem } from "../core/config/problem";
import { type DeviceCycle, samplesOf } from "../core/telemetry/sample";
import type { Clock } from "../kernel/clock";
import type { Json, JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import { desiredOf, desiredWarnings, isSetPoint } from "./desiredComponents";
import { answerDesired, BY, type DesiredValue, type SetPointAnswer, type SetPointAnswerPorts } from "./setPointAnswer";
import { type Acknowledgement, isNoOlder, SetPointMemory } from "./setPointMemory";
import { type DoubtfulValue, doubtfulWarnings, type ReportedLookup, recallAnswers } from "./setPointRecall";
import { SetPointSamples } from "./setPointSamples";
import { SetPointWaits, type Wait } from "./setPointWaits";
import { forgetVanished, isDesired } from "./setPointWithdrawal";
import { auditRefusal } from "./writeAudit";

export type { Acknowledgement } from "./setPointMemory";

/** Desired values of writable properties → writes, and their acknowledgements (contract section 5). */
export interface SetPoints {
  /** The desired document as it stands now: what differs from the last processed value is carried out. */
  desired(document: JsonObject, version: number): void;
  /** Values that arrived from a device, by polling or by a write. */
  cycle(cycle: DeviceCycle): void;
  /** A device answers, or does so no more: what is to be written at every connect is, once, when it comes back. */
  presence(device: string, isHere: boolean): void;
  /**
   * What a writable property point reports; `undefined` before anything is known of it, and while what the hub holds
   * of it (`reported`) may be newer than what an earlier process left behind.
   */
  acknowledgement(device: string, point: string, reported?: Json): Acknowledgement | undefined;
  /** What among the desired properties is nobody's set point. */
  warnings(): readonly Problem[];
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

export interface SetPointPorts extends SetPointAnswerPorts {
  readonly clock: Pick<Clock, "epoch" | "monotonic" | "setTimer">;
  readonly log: Log;
  devices(): ReadonlyMap<string, DeviceConfig>;
  /** The hub's witness, where `remembered` was lost. Absent: there is none. */
  readonly reported?: ReportedLookup;
  /** What an earlier process kept (`remember`). */
  readonly remembered: Json | undefined;
  remember(processed: JsonObject): void;
  /** An acknowledgement changed. */
  changed(): void;
}

export function createSetPoints(ports: SetPointPorts): SetPoints {
  return new SetPointDesk(ports);
}

/** Default of `writeExpiresMs`: what could not be written by then is not written any more. */
const EXPIRES_MS = 60_000;
/** A configuration that changes under every attempt: then the value waits like one whose device is away. */
const MOST_OVERTAKEN = 5;

const BUSY = "commands of the device are under way; written after them";

class SetPointDesk implements SetPoints {
  private readonly memory: SetPointMemory;
  private readonly waits: SetPointWaits;
  private readonly samples: SetPointSamples;
  private document: JsonObject = {};
  private version = 0;
  private seen = false;
  /** One turn a device: its values are carried out one after another, always the newest. */
  private readonly turns = new Map<string, Promise<void>>();
  /** Devices that answer. */
  private readonly here = new Map<string, boolean>();
  /** By `device/point`: processed, and to be written again because the device has connected. */
  private readonly again = new Set<string>();
  /** What is not written, for it may have been. */
  private doubtful: readonly DoubtfulValue[] = [];

  constructor(private readonly ports: SetPointPorts) {
    this.memory = new SetPointMemory(ports.remembered);
    this.samples = new SetPointSamples(this.memory, () => ports.changed());
    this.waits = new SetPointWaits({ ...ports, onTick: () => this.tick() });
    for (const [device, point, waiting] of this.memory.waiting()) this.waits.restore(`${device}/${point}`, waiting);
  }

  desired(document: JsonObject, version: number): void {
    const before = this.seen ? this.document : undefined;
    this.seen = true;
    this.document = document;
    this.version = version;
    const { devices, reported, remember, access, changed } = this.ports;
    if (forgetVanished(this.memory, this.waits, document, (name) => access.device(name))) {
      remember(this.memory.snapshot());
      changed();
    }
    const doubtful = reported && recallAnswers(this.memory, { document, version, before }, devices(), reported);
    if (doubtful !== undefined) {
      this.doubtful = [...this.doubtful, ...doubtful];
      remember(this.memory.snapshot());
    }
    this.doubtful = this.doubtful.filter(({ device, point, value }) => isDesired(document, device, point, value));
    for (const device of Object.keys(document)) this.start(device);
  }

  cycle({ device, runs }: DeviceCycle): void {
    for (const sample of samplesOf(runs.filter(({ list }) => list.hasProperties)))
      if (isSetPoint(sample.point)) this.samples.arrived(device, sample);
    if (this.waits.entries.length > 0 && runs.some(({ bads, values }) => bads < values.length)) {
      this.waits.wake(device);
      this.start(device);
    }
  }

  presence(name: string, isHere: boolean): void {
    if (isHere === this.here.get(name)) return;
    this.here.set(name, isHere);
    if (!isHere) return;
    for (const { name: point, write } of this.ports.access.device(name)?.points ?? [])
      if (write?.apply === "connect") this.again.add(`${name}/${point}`);
    this.start(name);
  }

  acknowledgement(device: string, point: string, reported?: Json): Acknowledgement | undefined {
    const wait = this.waits.get(`${device}/${point}`);
    const ack = this.memory.get(device, point)?.ack;
    if (wait !== undefined && !wait.again)
      return { ...(ack?.value === undefined ? {} : { value: ack.value }), ac: 202, av: wait.version, ad: wait.ad };
    if (ack === undefined || this.samples.isFresh(`${device}/${point}`)) return ack;
    return isNoOlder(reported, ack) ? undefined : ack;
  }

  warnings(): readonly Problem[] {
    return [...desiredWarnings(this.document, this.ports.devices()), ...doubtfulWarnings(this.doubtful)];
  }

  async close(): Promise<void> {
    await Promise.all(this.turns.values());
  }

  private start(device: string): void {
    if (this.turns.has(device) || this.ports.signal.aborted || this.next(device) === undefined) return;
    const turn = this.work(device).then(() => {
      this.turns.delete(device);
      // What became due between the last look and now.
      this.start(device);
    });
    this.turns.set(device, turn);
  }

  private async work(device: string): Promise<void> {
    let away: string | undefined;
    let overtaken = 0;
    for (let next = this.next(device); next !== undefined; next = this.next(device)) {
      if (this.ports.signal.aborted) return;
      const answer = await this.carryOut(next, overtaken < MOST_OVERTAKEN ? away : "its configuration keeps changing");
      overtaken = answer?.kind === "overtaken" ? overtaken + 1 : 0;
      // One silence is enough: a device that is away costs its line one timeout, however much waits for it.
      if (answer?.kind === "away" && answer.isBusy !== true) away = answer.reason;
    }
  }

  /** The first desired value of the device that is to be carried out now, under the definition of now. */
  private next(name: string): DesiredValue | undefined {
    const device = this.ports.access.device(name);
    // A disabled device is not written; when it is enabled its values are still wanted.
    if (device === undefined || !device.enabled) return undefined;
    for (const [point, value] of desiredOf(this.document, device)) {
      const key = `${name}/${point}`;
      const wait = this.waits.get(key);
      const isWaiting = wait !== undefined && sameJson(wait.value, value);
      if (isWaiting && (!wait.due || this.waits.isOver(wait))) continue;
      const isProcessed = this.isProcessed(name, point, value);
      if (isProcessed && !isWaiting && !this.isWantedAgain(name, point)) continue;
      const leftMs = isWaiting ? this.waits.leftMs(wait) : undefined;
      return {
        device,
        point,
        value,
        version: this.version,
        again: isProcessed,
        isStillDesired: () => isDesired(this.document, name, point, value),
        ...(leftMs === undefined ? {} : { leftMs }),
      };
    }
    return undefined;
  }

  private isProcessed(device: string, point: string, value: Json): boolean {
    const processed = this.memory.get(device, point)?.desired;
    return processed !== undefined && sameJson(processed, value);
  }

  /** What was refused is not asked for at every connect. */
  private isWantedAgain(device: string, point: string): boolean {
    const ac = this.memory.get(device, point)?.ack?.ac;
    return this.again.has(`${device}/${point}`) && ac !== 400 && ac !== 403 && this.ports.writes() !== "off";
  }

  private async carryOut(wanted: DesiredValue, away: string | undefined): Promise<SetPointAnswer | undefined> {
    const key = `${wanted.device.name}/${wanted.point}`;
    this.samples.hold(key);
    this.again.delete(key);
    try {
      const answer = await answerDesired(this.ports, wanted, away);
      this.take(wanted, key, answer);
      return answer;
    } catch (error) {
      this.ports.log.error(`set point ${key} failed`, { error: error instanceof Error ? error.stack : String(error) });
      this.settle(wanted, { ac: 500, av: wanted.version, ad: "failed inside the module; see its log" });
      return undefined;
    } finally {
      this.samples.release(key);
    }
  }

  private take(wanted: DesiredValue, key: string, answer: SetPointAnswer): void {
    switch (answer.kind) {
      case "closing":
        return;
      case "overtaken":
        if (wanted.again) this.again.add(key);
        return;
      case "answered":
        this.samples.written(key, answer);
        if (wanted.again && this.isNoNews(wanted, answer.ack)) this.waits.delete(key);
        else this.settle(wanted, answer.ack);
        return;
      case "away":
        // The next connect asks for it again.
        if (wanted.again) this.waits.delete(key);
        else
          this.park(
            wanted,
            key,
            0,
            answer.isBusy ? BUSY : `the device is away (${answer.reason}); written when it is back`,
          );
        return;
      case "later":
        this.park(wanted, key, answer.restMs, "written as soon as its minWriteIntervalMs is over");
    }
  }

  /** Unless it has been withdrawn meanwhile. */
  private park(wanted: DesiredValue, key: string, restMs: number, why: string): void {
    const { device, point, value, version, again } = wanted;
    if (!wanted.isStillDesired()) return;
    const expiresMs = device.points.find(({ name }) => name === point)?.write?.expiresMs ?? EXPIRES_MS;
    const ad = restMs > 0 ? why : `${why} within ${expiresMs / 1000} s`;
    const wait = this.waits.park(key, { value, version, ad, expiresMs, restMs, again });
    const before = this.memory.get(device.name, point);
    const waiting = { value, version, since: wait.since, expiresMs: wait.expiresMs };
    if (!again && !sameJson(before?.waiting ?? null, waiting)) {
      this.memory.set(device.name, point, { ...before, waiting });
      this.ports.remember(this.memory.snapshot());
    }
    this.ports.changed();
  }

  private isNoNews({ device, point }: DesiredValue, { ac, value }: Acknowledgement): boolean {
    const before = this.memory.get(device.name, point)?.ack;
    return ac === 200 && before?.ac === 200 && before.value === value;
  }

  private settle({ device, point, value, version }: SettledValue, ack: Acknowledgement): void {
    const key = `${device.name}/${point}`;
    this.waits.delete(key);
    this.samples.settled(key);
    this.memory.set(device.name, point, { desired: value, ack });
    this.ports.remember(this.memory.snapshot());
    this.ports.changed();
    this.ports.log.info(`set point ${key}: ${ack.ac} ${ack.ad}`, { version });
  }

  private tick(): void {
    const devices = new Set<string>();
    for (const [key, wait] of this.waits.entries) {
      const [device = "", point = ""] = key.split("/");
      // One that is being tried right now has its answer soon.
      if (this.waits.isOver(wait) && !this.samples.isHeld(key)) this.expire(device, point, wait);
      devices.add(device);
    }
    for (const device of devices) this.start(device);
  }

  private expire(name: string, point: string, { value, version, expiresMs, again }: Wait): void {
    if (again) {
      this.waits.delete(`${name}/${point}`);
      return;
    }
    auditRefusal(this.ports.onAudit, { device: name, by: BY, at: this.ports.clock.epoch() }, { [point]: value });
    const held = this.memory.get(name, point)?.ack?.value;
    const ad = `the device was away for ${expiresMs / 1000} s; not written`;
    const ack = { ...(held === undefined ? {} : { value: held }), ac: 504, av: version, ad };
    this.settle({ device: { name }, point, value, version }, ack);
  }
}

type SettledValue = Pick<DesiredValue, "point" | "value" | "version"> & { readonly device: Pick<DeviceConfig, "name"> };
