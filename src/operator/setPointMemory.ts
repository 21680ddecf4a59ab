import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { type EpochMs, epochMs } from "../kernel/units";

/** What a writable property reports (IoT Plug and Play): `ac` as in HTTP, `av` the desired version answered. */
export type Acknowledgement = {
  readonly value?: boolean | number | string;
  readonly ac: number;
  readonly av: number;
  readonly ad: string;
};

/** A desired value that could not be carried out yet. */
export type Waiting = {
  readonly value: Json;
  /** `$version` of the desired properties that asked for it. */
  readonly version: number;
  /** When its time began, and how long it is. */
  readonly since: EpochMs;
  readonly expiresMs: number;
};

/** What is known of one set point. */
export interface SetPointEntry {
  /** The last desired value that was carried out or refused: it is never carried out again. */
  readonly desired?: Json;
  readonly ack?: Acknowledgement;
  readonly waiting?: Waiting;
}

/** More are kept only of devices that there are. */
const MAX_ENTRIES = 10_000;

/** The set points by device and point; those with a desired value, processed or waiting, survive a restart. */
export class SetPointMemory {
  private readonly devices: Map<string, Map<string, SetPointEntry>>;

  constructor(remembered: Json | undefined) {
    this.devices = restored(remembered);
  }

  get(device: string, point: string): SetPointEntry | undefined {
    return this.devices.get(device)?.get(point);
  }

  set(device: string, point: string, entry: SetPointEntry): void {
    const known = this.devices.get(device) ?? new Map<string, SetPointEntry>();
    this.devices.set(device, known);
    known.set(point, entry);
  }

  /** The desired values that wait. */
  *waiting(): Generator<readonly [device: string, point: string, waiting: Waiting]> {
    for (const [device, points] of this.devices)
      for (const [point, { waiting }] of points) if (waiting !== undefined) yield [device, point, waiting];
  }

  /** Takes out the entries that `isGone` names; true when there were any. */
  forget(isGone: (device: string, point: string) => boolean): boolean {
    let forgot = false;
    for (const [device, points] of this.devices) {
      for (const point of [...points.keys()]) if (isGone(device, point)) forgot = points.delete(point) || forgot;
    }
    return forgot;
  }

  /** Names come and go over the years: beyond a bound those of devices that are no more are given up. */
  prune(isKnown: (device: string) => boolean): void {
    let size = 0;
    for (const points of this.devices.values()) size += points.size;
    if (size <= MAX_ENTRIES) return;
    for (const device of [...this.devices.keys()]) if (!isKnown(device)) this.devices.delete(device);
  }

  /** What a restart must know: `{device: {point: {desired?, ack?, waiting?}}}`. */
  snapshot(): JsonObject {
    const entries = [...this.devices].map(([device, points]): [string, JsonObject] => [
      device,
      Object.fromEntries([...points].flatMap(([name, entry]) => remembering(name, entry))),
    ]);
    return Object.fromEntries(entries.filter(([, points]) => Object.keys(points).length > 0));
  }
}

function remembering(name: string, { desired, ack, waiting }: SetPointEntry): [string, JsonObject][] {
  if (desired === undefined && waiting === undefined) return [];
  const kept: JsonObject = {
    ...(desired === undefined ? {} : { desired }),
    ...(ack === undefined ? {} : { ack: { ...ack } }),
    ...(waiting === undefined ? {} : { waiting: { ...waiting } }),
  };
  return [[name, kept]];
}

function restored(remembered: Json | undefined): Map<string, Map<string, SetPointEntry>> {
  const devices = new Map<string, Map<string, SetPointEntry>>();
  if (!isJsonObject(remembered)) return devices;
  for (const [device, points] of Object.entries(remembered)) {
    if (!isJsonObject(points)) continue;
    const entries = Object.entries(points).flatMap(([name, json]): [string, SetPointEntry][] => {
      const entry = entryOf(json);
      return entry === undefined ? [] : [[name, entry]];
    });
    devices.set(device, new Map(entries));
  }
  return devices;
}

/** A file that somebody else has written is not believed: what has another shape counts as never processed. */
function entryOf(json: Json): SetPointEntry | undefined {
  if (!isJsonObject(json)) return undefined;
  const { desired } = json as { desired?: Json };
  const ack = acknowledgementOf(json["ack"]);
  const waiting = waitingOf(json["waiting"]);
  const isProcessed = desired !== undefined && ack !== undefined;
  if (!isProcessed && waiting === undefined) return undefined;
  return {
    ...(isProcessed ? { desired } : {}),
    ...(ack === undefined ? {} : { ack }),
    ...(waiting === undefined ? {} : { waiting }),
  };
}

/** The acknowledgement that `json` is, if it is one. */
export function acknowledgementOf(json: Json | undefined): Acknowledgement | undefined {
  if (!isJsonObject(json)) return undefined;
  const { value, ac, av, ad } = json as Record<keyof Acknowledgement, Json | undefined>;
  if (typeof ac !== "number" || typeof av !== "number" || typeof ad !== "string") return undefined;
  if (value === undefined) return { ac, av, ad };
  if (typeof value !== "boolean" && typeof value !== "number" && typeof value !== "string") return undefined;
  return { value, ac, av, ad };
}

function waitingOf(json: Json | undefined): Waiting | undefined {
  if (!isJsonObject(json)) return undefined;
  const { value, version, since, expiresMs } = json as Record<keyof Waiting, Json | undefined>;
  if (value === undefined || typeof version !== "number") return undefined;
  if (typeof since !== "number" || typeof expiresMs !== "number") return undefined;
  return { value, version, since: epochMs(since), expiresMs };
}

/** What the hub holds of a set point was reported by an earlier process after it had kept `ack`, or with it. */
export function isNoOlder(reported: Json | undefined, { av }: Acknowledgement): boolean {
  if (!isJsonObject(reported)) return false;
  const { ac, av: version } = reported;
  return typeof ac === "number" && ac !== 202 && typeof version === "number" && version >= av;
}
