import { effectiveOrder } from "./dataType";
import type { Decoded, Point, PointValue } from "./point";
import { NOT_AVAILABLE, UNDECODABLE } from "./pointValue";
import { readPattern } from "./registerBytes";
import { isoText, parseIso } from "./timeText";
import type { ByteOrder, TimeType, WallTime } from "./typeSpec";
import { type Encoded, refuseType, refuseValue } from "./writeRefusal";
import { instantOf, parseZone, UTC, type Zone } from "./zone";

type TimePoint = Pick<Point, "type" | "order" | "zone" | "notAvailable">;

/** Resolution has checked the zone. */
export function zoneOf({ zone }: Pick<Point, "zone">): Zone {
  const found = zone === undefined ? undefined : parseZone(zone);
  return found?.ok === true ? found.value : UTC;
}

function textAt(point: TimePoint, zone: Zone, epoch: number): string {
  return isoText(epoch, point.zone === undefined ? undefined : zone.offsetAt(epoch));
}

/** Registers → ISO 8601 text. A time that the device calls invalid is not available. */
export function timeReader(point: TimePoint, spec: TimeType): (registers: Uint16Array, at: number) => Decoded {
  const order = effectiveOrder(spec, point.order);
  const zone = zoneOf(point);
  const sentinels = point.notAvailable;
  return (registers, at) => {
    if (sentinels?.has(readPattern(registers, at, order)) === true) return NOT_AVAILABLE;
    const time = spec.read(registers, at, order);
    if (time === "invalid") return NOT_AVAILABLE;
    const epoch = time === undefined ? undefined : instantOf(zone, time);
    return epoch === undefined ? UNDECODABLE : textAt(point, zone, epoch);
  };
}

/** ISO 8601 text → registers; what the type does not tell apart is refused with the nearest time that it does. */
export function encodeTime(point: TimePoint, spec: TimeType, value: PointValue): Encoded {
  const parsed = typeof value === "string" ? parseIso(value) : undefined;
  if (parsed?.ok !== true) {
    return refuseType(parsed?.error ?? 'a time in ISO 8601, such as "2026-11-23T10:15:30Z"', value);
  }
  const zone = zoneOf(point);
  const order = effectiveOrder(spec, point.order);
  const { value: epoch } = parsed;
  const nearest = nearestInstant(zone, spec, epoch);
  const registers = writtenAt(zone, spec, nearest, order);
  if (isSentinel(point, registers, order)) {
    return refuseValue("notEncodable", `${value} is how the device says "not available"`, undefined);
  }
  const shown = spec.read(Uint16Array.from(registers), 0, order);
  const back = shown === undefined || shown === "invalid" ? undefined : instantOf(zone, shown);
  if (back === epoch) return { ok: true, value: registers };
  const text = back === undefined ? undefined : textAt(point, zone, back);
  return refuseValue("notEncodable", `${value} ${whyNot(point, spec, nearest, epoch)}`, text);
}

function whyNot({ type }: TimePoint, { resolutionMs }: TimeType, nearest: number, epoch: number): string {
  if (nearest === epoch)
    return "is shown twice by the device's clock, when it is put back, and would read back as the first";
  if (Math.abs(nearest - epoch) >= resolutionMs) return `is beyond the dates of ${type}`;
  return `is finer than ${type}, which counts ${resolutionMs === 1 ? "milliseconds" : "seconds"}`;
}

/** Within the dates of the type, a multiple of what it tells apart. */
function nearestInstant(zone: Zone, { resolutionMs, min, max }: TimeType, epoch: number): number {
  const offset = zone.offsetAt(epoch);
  const clock = Math.round((epoch + offset) / resolutionMs) * resolutionMs;
  return Math.min(Math.max(clock, min), max) - offset;
}

function writtenAt(zone: Zone, spec: TimeType, epoch: number, order: ByteOrder): number[] {
  const summer = zone.isSummer(epoch);
  const time: WallTime = { ms: epoch + zone.offsetAt(epoch), ...(summer === undefined ? {} : { summer }) };
  return spec.write(time, order);
}

function isSentinel({ notAvailable }: TimePoint, registers: readonly number[], order: ByteOrder): boolean {
  return notAvailable?.has(readPattern(Uint16Array.from(registers), 0, order)) === true;
}
