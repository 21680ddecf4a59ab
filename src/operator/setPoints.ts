import type { DeviceConfig } from "../core/config/gatewayConfig";
import { sameJson } from "../core/config/mergeDiff";
import { planWrite } from "../core/planning/writePlan";
import type { Point } from "../core/points/point";
import { valueForTwin } from "../core/points/valueText";
import type { DeviceCycle } from "../core/telemetry/sample";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import type { Log } from "../kernel/log";
import type { DeviceAccess, WriteResult } from "../runtime/deviceAccess";
import type { WritePolicy } from "./writePolicy";

/** What a writable property reports (IoT Plug and Play): `ac` as in HTTP, `av` the desired version answered. */
export type Acknowledgement = {
  readonly value?: boolean | number | string;
  readonly ac: number;
  readonly av: number;
  readonly ad: string;
};

interface Processed {
  /** The last desired value that was carried out or refused: it is never carried out again. */
  readonly desired?: Json;
  readonly ack: Acknowledgement;
}

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

export interface SetPointPorts {
  readonly access: DeviceAccess;
  readonly writes: WritePolicy;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** What an earlier process kept (`remember`). */
  readonly remembered: Json | undefined;
  remember(processed: JsonObject): void;
  /** An acknowledgement changed. */
  changed(): void;
}

export function createSetPoints(ports: SetPointPorts): SetPoints {
  const devices = restore(ports.remembered);
  const tails = new Map<string, Promise<void>>();
  /** `device/point` of writes under way: their samples are not changes "at the device". */
  const writing = new Set<string>();

  function processed(device: string): Map<string, Processed> {
    const known = devices.get(device) ?? new Map<string, Processed>();
    devices.set(device, known);
    return known;
  }

  function settle(device: string, point: string, entry: Processed): void {
    processed(device).set(point, entry);
    ports.remember(snapshot(devices));
    ports.changed();
  }

  /** The device is looked up at its turn: the configuration may have changed while others were carried out. */
  async function carryOut(deviceName: string, name: string, desired: Json, version: number): Promise<void> {
    const key = `${deviceName}/${name}`;
    const device = ports.access.device(deviceName);
    if (device === undefined || ports.signal.aborted || unchanged(devices, deviceName, name, desired)) return;
    writing.add(key);
    const ack = await answer(ports, device, name, desired, version);
    writing.delete(key);
    // Not even tried because the module is ending: the next start carries it out.
    if (ack === undefined) return;
    settle(deviceName, name, { desired, ack });
    ports.log.info(`set point ${key}: ${ack.ac} ${ack.ad}`, { version });
  }

  return {
    desired(document, version) {
      for (const [device, name, value] of requested(document, ports.access)) {
        if (unchanged(devices, device.name, name, value)) continue;
        const tail = tails.get(device.name) ?? Promise.resolve();
        tails.set(
          device.name,
          tail.then(() => carryOut(device.name, name, value, version)),
        );
      }
    },
    cycle({ device, samples }) {
      for (const { point, reading } of samples) {
        if (!("value" in reading) || !isSetPoint(point) || writing.has(`${device}/${point.name}`)) continue;
        const value = valueForTwin(reading.value);
        const before = devices.get(device)?.get(point.name);
        if (before?.ack.value === value) continue;
        const ack = changedAtDevice(value, before);
        processed(device).set(point.name, { ...before, ack });
        ports.changed();
      }
    },
    acknowledgement: (device, point) => devices.get(device)?.get(point)?.ack,
    async close() {
      await Promise.all(tails.values());
    },
  };
}

/** Points whose desired property is a request: those of kind property that may be written. */
function isSetPoint(point: Point): boolean {
  return point.kind === "property" && point.access !== "read";
}

function changedAtDevice(value: boolean | number | string, before: Processed | undefined): Acknowledgement {
  if (before === undefined) return { value, ac: 203, av: 0, ad: "value of the device" };
  // A refusal that could not name the value in force learns it now and stays a refusal.
  if (before.ack.value === undefined) return { ...before.ack, value };
  return { value, ac: 203, av: before.ack.av, ad: "changed at the device" };
}

function unchanged(
  devices: ReadonlyMap<string, ReadonlyMap<string, Processed>>,
  device: string,
  point: string,
  desired: Json,
): boolean {
  const last = devices.get(device)?.get(point)?.desired;
  return last !== undefined && sameJson(last, desired);
}

/** The desired values that stand under a configured device and name one of its property points. */
function* requested(document: JsonObject, access: DeviceAccess): Generator<[DeviceConfig, string, Json]> {
  for (const [deviceName, component] of Object.entries(document)) {
    const device = access.device(deviceName);
    if (device === undefined || !isJsonObject(component)) continue;
    for (const [name, value] of Object.entries(component)) {
      const point = device.points.find((candidate) => candidate.name === name);
      if (name !== "__t" && point?.kind === "property") yield [device, name, value];
    }
  }
}

/**
 * Carries out one desired value and says how it went; refusals are decided before anything is read or written.
 * `undefined`: the module is ending and nothing was sent.
 */
async function answer(
  ports: SetPointPorts,
  device: DeviceConfig,
  name: string,
  desired: Json,
  version: number,
): Promise<Acknowledgement | undefined> {
  const inForce = ports.access.latest(device.name).get(name)?.reading;
  const held = inForce !== undefined && "value" in inForce ? { value: valueForTwin(inForce.value) } : {};
  if (ports.writes === "off") return { ...held, ac: 403, av: version, ad: "writing is switched off on this gateway" };
  const plan = planWrite(device, { [name]: desired });
  if (!plan.ok) return { ...held, ac: acOf(plan.error.status), av: version, ad: plan.error.message };
  const planned = plan.value.get(name);
  if (planned === undefined) return { ...held, ac: 400, av: version, ad: "nothing to write" };
  const [now] = await ports.access.read(device.name, [name], ports.signal);
  if (now !== undefined && "value" in now.reading) {
    const current = valueForTwin(now.reading.value);
    if (current === valueForTwin(planned.value))
      return { value: current, ac: 200, av: version, ad: "the device holds it already" };
  }
  const results = await ports.access.write(device.name, new Map([[name, planned.value]]), ports.signal);
  const result = results.get(name);
  if (result === undefined || (result.attempts === 0 && ports.signal.aborted)) return undefined;
  return acknowledge(result, held, version);
}

/** 400 refused; 403 not allowed (contract section 5). Other refusals (limits, disabled) are refusals of the value. */
function acOf(status: number): number {
  return status === 403 ? 403 : 400;
}

function acknowledge(result: WriteResult, held: Partial<Acknowledgement>, version: number): Acknowledgement {
  const value = result.readBack === undefined ? held : { value: valueForTwin(result.readBack) };
  if (result.outcome === "acknowledged")
    return { value: valueForTwin(result.requested), ac: 200, av: version, ad: "acknowledged" };
  const ad = result.reason === undefined ? result.outcome : `${result.outcome}: ${result.reason}`;
  return { ...value, ac: result.status, av: version, ad };
}

function snapshot(devices: ReadonlyMap<string, ReadonlyMap<string, Processed>>): JsonObject {
  const entries = [...devices].map(([device, points]): [string, Json] => [
    device,
    Object.fromEntries(
      [...points]
        .filter(([, entry]) => entry.desired !== undefined)
        .map(([name, entry]) => [name, { ...entry } as unknown as Json]),
    ),
  ]);
  return Object.fromEntries(entries);
}

function restore(remembered: Json | undefined): Map<string, Map<string, Processed>> {
  const devices = new Map<string, Map<string, Processed>>();
  if (!isJsonObject(remembered)) return devices;
  for (const [device, points] of Object.entries(remembered)) {
    if (!isJsonObject(points)) continue;
    const known = Object.entries(points).filter((entry): entry is [string, JsonObject] => isProcessed(entry[1]));
    devices.set(device, new Map(known.map(([name, entry]) => [name, entry as unknown as Processed])));
  }
  return devices;
}

function isProcessed(entry: Json | undefined): boolean {
  return (
    isJsonObject(entry) &&
    entry["desired"] !== undefined &&
    isJsonObject(entry["ack"]) &&
    typeof entry["ack"]["ac"] === "number"
  );
}
