import { integerRange } from "../points/dataType";
import { decimalFromNumber, divideToInteger, type ExactDecimal } from "../points/decimal";
import type { Point } from "../points/point";
import { pointValueFromJson } from "../points/valueText";
import { encodeForWrite } from "../points/writeField";
import { writeLimits } from "../points/writeRefusal";
import type { Watchdog, WatchdogRead, WatchdogValues, WatchdogWrite } from "./deviceCommand";
import type { Group } from "./gatewayConfig";
import { type Place, within } from "./layers";
import { didYouMean } from "./nearest";
import type { Problem } from "./problem";
import type { WatchdogKeys } from "./schemaCommand";

/** What a watchdog's points have to be is checked here: it writes and judges without anybody looking. */
export function resolveWatchdog(
  keys: WatchdogKeys | undefined,
  points: readonly Point[],
  groups: ReadonlyMap<string, Group>,
  devicePlace: Place,
  problems: Problem[],
): Watchdog | undefined {
  if (keys === undefined) return undefined;
  const place = within(devicePlace, "watchdog");
  const fault = (steps: readonly (string | number)[], text: string): undefined => {
    problems.push(place(steps, text));
    return undefined;
  };
  if (keys.write === undefined && keys.read === undefined) return fault([], 'a watchdog has "write", "read" or both');
  const write = keys.write === undefined ? undefined : writeOf(keys.write, points, fault);
  const read = keys.read === undefined ? undefined : readOf(keys.read, points, groups, fault);
  return { ...(write === undefined ? {} : { write }), ...(read === undefined ? {} : { read }) };
}

type Fault = (steps: readonly (string | number)[], text: string) => undefined;

function pointOf(name: string, points: readonly Point[], side: "write" | "read", fault: Fault): Point | undefined {
  const isFit = (point: Point): boolean => point.access !== (side === "write" ? "read" : "write");
  const point = points.find((candidate) => candidate.name === name);
  const known = points.filter(isFit).map((candidate) => candidate.name);
  if (point === undefined) return fault([side, "point"], `there is no point "${name}"${didYouMean(name, known)}`);
  if (isFit(point)) return point;
  return fault([side, "point"], `the point "${name}" can only be ${side === "write" ? "read" : "written"}`);
}

function writeOf(
  { point: name, values, everyMs }: NonNullable<WatchdogKeys["write"]>,
  points: readonly Point[],
  fault: Fault,
): WatchdogWrite | undefined {
  const point = pointOf(name, points, "write", fault);
  if (point === undefined) return undefined;
  const least = point.write?.minIntervalMs ?? 0;
  if (everyMs < least) fault(["write", "everyMs"], `${everyMs} is less than the point's minWriteIntervalMs, ${least}`);
  const sequence = values === "increment" ? counterOf(point, fault) : listOf(values, point, fault);
  return sequence === undefined ? undefined : { point: name, values: sequence, everyMs };
}

function listOf(
  values: readonly (boolean | number | string)[],
  point: Point,
  fault: Fault,
): WatchdogValues | undefined {
  const list = values.flatMap((json, at) => {
    const value = pointValueFromJson(json);
    const encoded = value.ok ? encodeForWrite(point, value.value) : undefined;
    if (value.ok && encoded?.ok) return [value.value];
    fault(["write", "values", at], value.ok ? (encoded?.ok === false ? encoded.error.text : "") : value.error);
    return [];
  });
  return list.length === values.length ? { list } : undefined;
}

/** Counts whole numbers from the lowest that may be written (not below 0 by itself) to the highest. */
function counterOf(point: Point, fault: Fault): WatchdogValues | undefined {
  const range = integerRange(point.type);
  const isPlain = point.scale === undefined && point.offset === undefined && point.enum === undefined;
  if (range === undefined || !isPlain || point.bit !== undefined) {
    return fault(["write", "values"], '"increment" needs an integer without scale, offset, bit and enum');
  }
  const limits = writeLimits(point);
  const low = limits.min === undefined ? 0 : whole(limits.min, "ceiling");
  const mask = point.mask === undefined ? undefined : point.mask / (point.mask & -point.mask);
  const most = Number(mask ?? range.max);
  const high = Math.min(most, Number.MAX_SAFE_INTEGER, limits.max === undefined ? most : whole(limits.max, "floor"));
  const ends = [low, high].map((value) => encodeForWrite(point, value));
  const wrong = ends.find((end) => !end.ok);
  if (wrong?.ok === false) return fault(["write", "values"], wrong.error.text);
  if (high <= low) return fault(["write", "values"], `"increment" has no room between ${low} and ${high}`);
  return { low, high };
}

const ONE = decimalFromNumber(1) as ExactDecimal;

function whole(limit: ExactDecimal, rounding: "floor" | "ceiling"): number {
  return Number(divideToInteger(limit, ONE, rounding));
}

function readOf(
  { point: name, maxUnchangedMs }: NonNullable<WatchdogKeys["read"]>,
  points: readonly Point[],
  groups: ReadonlyMap<string, Group>,
  fault: Fault,
): WatchdogRead | undefined {
  const point = pointOf(name, points, "read", fault);
  if (point === undefined) return undefined;
  const intervalMs = groups.get(point.group)?.intervalMs ?? Number.POSITIVE_INFINITY;
  if (2 * intervalMs <= maxUnchangedMs) return { point: name, maxUnchangedMs };
  const how = Number.isFinite(intervalMs) ? `every ${intervalMs} ms` : "not by time";
  return fault(
    ["read", "maxUnchangedMs"],
    `"${name}" is read ${how} (group ${point.group}): it must be read at least twice in ${maxUnchangedMs} ms`,
  );
}
