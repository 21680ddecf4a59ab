import type { DeviceConfig } from "../core/config/gatewayConfig";
import { modelPlace } from "../core/modbus/modelAddress";
import type { Point } from "../core/points/point";
import type { ServedPoint } from "./clusters";
import { servedPoints } from "./scaling";

/** "SunS", and where the simulator's devices have it. */
const MARKER = [0x5375, 0x6e53];
const BASE = 40_000;
const END = 0xffff;
/** Model 1 names the maker; every chain begins with it. */
const COMMON = { id: 1, length: 66 };

/** The points of all devices of a unit where they are served, and the registers that hold its SunSpec chain. */
export interface PlacedPoints {
  readonly points: readonly ServedPoint[];
  /** Address and what stands there for ever: the marker, and id and length of each model. */
  readonly constants: readonly (readonly [address: number, value: number])[];
}

interface PlacedModel {
  readonly id: number;
  readonly length: number;
  /** The lists of which it is the first, by number. */
  readonly number: number | undefined;
}

/** Lays out the models that these devices look for: of each list the first id, after model 1. */
export function placeModels(devices: readonly DeviceConfig[]): PlacedPoints {
  const points = devices.flatMap(servedPoints);
  const models = new Map(devices.flatMap(({ models: own }) => [...(own ?? [])]));
  if (models.size === 0) return { points, constants: [] };
  const constants: [number, number][] = MARKER.map((word, at) => [BASE + at, word]);
  const starts = new Map<number, number>();
  let at = BASE + MARKER.length;
  for (const { id, length, number } of chainOf(models, points)) {
    constants.push([at, id], [at + 1, length]);
    if (number !== undefined) starts.set(number, at);
    at += 2 + length;
  }
  constants.push([at, END], [at + 1, 0]);
  return { points: points.map((served) => ({ ...served, point: placed(served.point, starts) })), constants };
}

function chainOf(models: DeviceConfig["models"] & {}, points: readonly ServedPoint[]): readonly PlacedModel[] {
  const wanted = [...models].map(([number, [id = 0]]) => ({ id, number, length: lengthOf(number, points) }));
  wanted.sort((a, b) => a.id - b.id);
  return wanted.some(({ id }) => id === COMMON.id) ? wanted : [{ ...COMMON, number: undefined }, ...wanted];
}

/** Registers behind id and length, up to the end of the last point. */
function lengthOf(number: number, points: readonly ServedPoint[]): number {
  let end = 3;
  for (const { point } of points) {
    const place = modelPlace(point.address);
    if (place?.number === number) end = Math.max(end, place.offset + point.count);
  }
  return end - 2;
}

function placed(point: Point, starts: ReadonlyMap<number, number>): Point {
  const place = modelPlace(point.address);
  if (place === undefined) return point;
  const address = (starts.get(place.number) ?? 0) + place.offset;
  const { scaledBy } = point;
  if (scaledBy === undefined) return { ...point, address };
  return { ...point, address, scaledBy: scaledBy.map(({ as, point: by }) => ({ as, point: placed(by, starts) })) };
}
