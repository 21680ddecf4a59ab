import { pointer } from "../../kernel/json";
import { isReference } from "./address";
import type { Problem } from "./problem";
import type { DevicePointKeys } from "./schemaDevice";
import type { PointKeys } from "./schemaPoint";

type Steps = readonly (string | number)[];

/** Makes problems for one part of a document, wherever that part stands. */
export type Place = (steps: Steps, text: string) => Problem;

/** A part of the document itself. */
export function inDocument(...base: Steps): Place {
  return (steps, text) => ({ path: pointer([...base, ...steps]), text });
}

/** A profile outside the document: the problem is shown at `named`, where the document names it. */
export function inProfile(profile: string, named: Place): Place {
  return (steps, text) => named([], `"${profile}" at ${pointer(steps)}: ${text}`);
}

export function within(place: Place, ...base: Steps): Place {
  return (steps, text) => place([...base, ...steps], text);
}

/** One source of a point's keys. The keys of `defaults` are passed over where they do not suit a point. */
export interface Layer {
  readonly keys: PointKeys;
  readonly place: Place;
  readonly isDefault: boolean;
}

export interface Found<T> {
  readonly value: T;
  readonly layer: Layer;
  /** 0: the nearest layer. */
  readonly depth: number;
}

/** A point while it is being resolved: its keys by nearness, and what is wrong with it. */
export interface Draft {
  readonly name: string;
  readonly problems: readonly Problem[];
  find<K extends keyof PointKeys>(key: K): Found<NonNullable<PointKeys[K]>> | undefined;
  /** The value of a key that is there, whether by itself or by default. */
  get<K extends keyof PointKeys>(key: K): NonNullable<PointKeys[K]> | undefined;
  /** The value where it suits. Where it does not: a problem when the point itself says it, nothing when `defaults` do. */
  suited<K extends keyof PointKeys>(key: K, suits: boolean, why: string): NonNullable<PointKeys[K]> | undefined;
  /** Notes a problem where the key stands, or would stand. */
  fault(key: keyof PointKeys, text: string, ...inside: string[]): undefined;
}

export function openDraft(name: string, layers: readonly [Layer, ...Layer[]]): Draft {
  const problems: Problem[] = [];

  const draft: Draft = {
    name,
    problems,
    find<K extends keyof PointKeys>(key: K): Found<NonNullable<PointKeys[K]>> | undefined {
      for (let depth = 0; depth < layers.length; depth++) {
        const layer = layers[depth] as Layer;
        const value = layer.keys[key];
        if (value !== undefined) return { value: value as NonNullable<PointKeys[K]>, layer, depth };
      }
      return undefined;
    },
    // Some thirty keys of each point are asked for, few are there.
    get<K extends keyof PointKeys>(key: K): NonNullable<PointKeys[K]> | undefined {
      for (const { keys } of layers) {
        const value = keys[key];
        if (value !== undefined) return value as NonNullable<PointKeys[K]>;
      }
      return undefined;
    },
    suited(key, suits, why) {
      const found = draft.find(key);
      if (found === undefined || suits) return found?.value;
      return found.layer.isDefault ? undefined : draft.fault(key, why);
    },
    fault(key, text, ...inside) {
      const place = draft.find(key)?.layer.place ?? layers[0].place;
      problems.push(place([key, ...inside], text));
      return undefined;
    },
  };
  return draft;
}

/** The keys that are not `null`. */
function present(keys: DevicePointKeys): PointKeys {
  const isWhole = Object.values(keys).every((value) => value !== null);
  if (isWhole) return keys as PointKeys;
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== null)) as PointKeys;
}

/** What a profile's point keeps under a device's: nulls take keys away, and a reference brings its own table. */
function underneath(profile: PointKeys, device: DevicePointKeys): PointKeys {
  const hidden = new Set(Object.keys(device).filter((key) => device[key as keyof DevicePointKeys] === null));
  if (typeof device.address === "string" && isReference(device.address)) hidden.add("table");
  return Object.fromEntries(Object.entries(profile).filter(([key]) => !hidden.has(key))) as PointKeys;
}

interface Part<K> {
  readonly keys: K;
  readonly place: Place;
}

/** The layers of a point, nearest first: the device's, the profile's, the defaults of both. */
export function layersOf(
  device: Part<DevicePointKeys> | undefined,
  profile: Part<PointKeys> | undefined,
  ...defaults: readonly (Part<PointKeys> | undefined)[]
): Layer[] {
  const layers: Layer[] = [];
  if (device !== undefined) layers.push({ keys: present(device.keys), place: device.place, isDefault: false });
  if (profile !== undefined) {
    const keys = device === undefined ? profile.keys : underneath(profile.keys, device.keys);
    layers.push({ keys, place: profile.place, isDefault: false });
  }
  if (layers.length === 0) return layers;
  for (const part of defaults) if (part !== undefined) layers.push({ ...part, isDefault: true });
  return layers;
}
