import type { EpochMs } from "../../kernel/units";
import type { DeviceConfig } from "../config/gatewayConfig";
import { legacyAddress } from "../config/legacy/legacyAddress";
import { DEFAULT_CORRELATION_ID } from "../config/legacy/legacyOperation";
import { decimalText } from "../points/decimal";
import type { Point, PointValue } from "../points/point";
import { isExactDecimal } from "../points/pointValue";

/** The application property by which consumers of the archived Modbus module know its messages. */
export const LEGACY_PROPERTIES: Readonly<Record<string, string>> = { "content-type": "application/edge-modbus-json" };

/** What the archived module called a slave. */
export interface LegacySource {
  /** Its name in the document: one entry of `Content` each. */
  readonly slave: string;
  readonly hwId: string | null;
}

/** How an operation of the archived module named its values. */
export interface LegacyLabel {
  readonly displayName: string | null;
  readonly correlationId: string | null;
  /** First digit the table, the rest the 1-based address: `400001`. */
  readonly address: string;
}

/** One value of a legacy message. */
export interface LegacyValue extends LegacySource, LegacyLabel {
  /** A decimal text: `"1840"`, bits `"0"` and `"1"`. */
  readonly value: string;
  readonly at: EpochMs;
}

/** Writes an instant as the module did: `yyyy-MM-dd HH:mm:ss`, in the local time of the process. */
export type LegacyStamp = (at: EpochMs) => string;

/** A good value of a native device in the terms of the archived module: names stand for its ids. */
export function legacyValue(
  device: Pick<DeviceConfig, "name" | "legacy">,
  point: Pick<Point, "name" | "table" | "address" | "legacy">,
  value: PointValue,
  at: EpochMs,
): LegacyValue {
  const source = device.legacy ?? { slave: device.name, hwId: device.name };
  const label = point.legacy ?? {
    displayName: point.name,
    correlationId: DEFAULT_CORRELATION_ID,
    address: legacyAddress(point.table, point.address, 5),
  };
  return { ...source, ...label, value: legacyText(value), at };
}

function legacyText(value: PointValue): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return isExactDecimal(value) ? decimalText(value) : String(value);
}

/** Bytes that a value takes in either format, at most but for what surrounds all of them. */
export function legacyBytes({ hwId, correlationId, displayName, address, value }: LegacyValue): number {
  const texts = [hwId, correlationId, displayName, address, value].map((text) => JSON.stringify(text).length * 3);
  return texts.reduce((sum, length) => sum + length, 0) + AROUND_VALUE;
}

/** Keys, brackets and both time stamps of a value that shares nothing with others. */
const AROUND_VALUE = 200;

/** Version 1: an array with everything of each value. */
export function legacyV1Body(values: readonly LegacyValue[], stamp: LegacyStamp): string {
  return JSON.stringify(
    values.map(({ displayName, hwId, address, value, at }) => ({
      DisplayName: displayName,
      HwId: hwId,
      Address: address,
      Value: value,
      SourceTimestamp: stamp(at),
    })),
  );
}

interface DataGroup {
  readonly CorrelationId: string | null;
  readonly SourceTimestamp: string;
  readonly Values: { DisplayName: string | null; Address: string; Value: string }[];
}

/**
 * Version 2: one object. `Content` has an entry for each slave, in the order of `slaves`; its `Data` groups values of
 * one correlation id and one second, in the order in which they arrived.
 */
export function legacyV2Body(
  values: readonly LegacyValue[],
  publishedAt: EpochMs,
  slaves: Iterable<string>,
  stamp: LegacyStamp,
): string {
  const contents = new Map<string, { HwId: string | null; Data: DataGroup[] }>();
  for (const { slave, hwId, correlationId, displayName, address, value, at } of values) {
    const content = contents.get(slave) ?? { HwId: hwId, Data: [] };
    contents.set(slave, content);
    groupOf(content.Data, correlationId, stamp(at)).Values.push({
      DisplayName: displayName,
      Address: address,
      Value: value,
    });
  }
  const order = new Set([...slaves, ...contents.keys()]);
  return JSON.stringify({
    PublishTimestamp: stamp(publishedAt),
    Content: [...order].flatMap((slave) => contents.get(slave) ?? []),
  });
}

function groupOf(data: DataGroup[], correlationId: string | null, stamp: string): DataGroup {
  const known = data.find((group) => group.CorrelationId === correlationId && group.SourceTimestamp === stamp);
  if (known !== undefined) return known;
  const group = { CorrelationId: correlationId, SourceTimestamp: stamp, Values: [] };
  data.push(group);
  return group;
}

/** `yyyy-MM-dd HH:mm:ss` in the time zone of the process. */
export function localStamp(at: EpochMs): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
