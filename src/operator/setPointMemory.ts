import { isJsonObject, type Json, type JsonObject } from "../kernel/json";

/** What a writable property reports (IoT Plug and Play): `ac` as in HTTP, `av` the desired version answered. */
export type Acknowledgement = {
  readonly value?: boolean | number | string;
  readonly ac: number;
  readonly av: number;
  readonly ad: string;
};

/** What is known of one set point. */
export interface SetPointEntry {
  /** The last desired value that was carried out or refused: it is never carried out again. */
  readonly desired?: Json;
  readonly ack: Acknowledgement;
}

/** The set points by device and point; those with a processed desired value survive a restart. */
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

  /** Takes out the entries that `isGone` names; true when there were any. */
  forget(isGone: (device: string, point: string) => boolean): boolean {
    let forgot = false;
    for (const [device, points] of this.devices) {
      for (const point of [...points.keys()]) if (isGone(device, point)) forgot = points.delete(point) || forgot;
    }
    return forgot;
  }

  /** What a restart must know: `{device: {point: {desired, ack}}}`. */
  snapshot(): JsonObject {
    const entries = [...this.devices].map(([device, points]): [string, JsonObject] => [
      device,
      Object.fromEntries([...points].flatMap(([name, entry]) => remembering(name, entry))),
    ]);
    return Object.fromEntries(entries.filter(([, points]) => Object.keys(points).length > 0));
  }
}

function remembering(name: string, { desired, ack }: SetPointEntry): [string, JsonObject][] {
  return desired === undefined ? [] : [[name, { desired, ack: { ...ack } }]];
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
  const { desired, ack } = json as { desired?: Json; ack?: Json };
  if (desired === undefined || !isJsonObject(ack)) return undefined;
  const { value, ac, av, ad } = ack as Record<keyof Acknowledgement, Json | undefined>;
  if (typeof ac !== "number" || typeof av !== "number" || typeof ad !== "string") return undefined;
  if (value === undefined) return { desired, ack: { ac, av, ad } };
  if (typeof value !== "boolean" && typeof value !== "number" && typeof value !== "string") return undefined;
  return { desired, ack: { value, ac, av, ad } };
}
