import type { DeviceConfig, GatewayConfig, Group, OutputConfig } from "../config/gatewayConfig";
import { outputOf } from "../config/outputs";
import { dueSets } from "../planning/dueSets";
import type { Point, PointValue } from "../points/point";
import { CHUNK_BYTES, ID_ROOM, messageBytes } from "../telemetry/messageSize";
import { usualLength } from "../telemetry/valueLength";

/** What a configuration sends in a day while everything answers and nothing changes, as IoT Hub meters it. */
export interface MessageCost {
  readonly messagesADay: number;
  readonly bytesADay: number;
  /** Pieces of 4 KB, by which messages are metered. */
  readonly chunksADay: number;
}

/** The last value of a point, where one is known: lengths are then not guessed. */
export type LastValue = (device: string, point: string) => PointValue | undefined;

const DAY_MS = 86_400_000;
const INSTANT = "2026-01-01T00:00:00.000Z";
/** As message ids are: a boot id of 8 characters, `-` and a number. */
const MESSAGE_ID = "00000000-100000";
const CONTENT = { messageId: MESSAGE_ID, contentType: "application/json", contentEncoding: "utf-8" };

/** Room for numbers of messages that are longer. */
const ID_RESERVE = ID_ROOM - "-100000".length;

/** Points that are sent together, and how often. */
interface Stream {
  readonly intervalMs: number;
  /** Between two polls of its group. */
  readonly pollMs: number;
  /** Its group has a `publishMs`. */
  readonly isPublished: boolean;
  readonly output: OutputConfig;
  readonly points: readonly Point[];
}

/** What devices that share messages yield in a day. */
interface Pool {
  readonly output: OutputConfig;
  readonly overhead: number;
  records: number;
  bytes: number;
  everyMs: number;
}

/**
 * The estimate of `check` and `getStatus`. Points that report by change are reckoned as if they did not change (sent
 * every `reportAtLeastMs`); twin updates and events are not in it.
 */
export function messageCost({ devices, outputs }: GatewayConfig, last: LastValue = () => undefined): MessageCost {
  const total = { messagesADay: 0, bytesADay: 0, chunksADay: 0 };
  const pools = new Map<string, Pool>();
  const add = (messages: number, bytes: number): void => {
    total.messagesADay += messages;
    total.bytesADay += messages * bytes;
    total.chunksADay += messages * Math.ceil(bytes / CHUNK_BYTES);
  };
  for (const device of devices.values()) {
    if (!device.enabled) continue;
    const lengthOf = (point: Point): number => usualLength(point, last(device.name, point.name));
    for (const { streams, everyMs } of streamSets(device, outputs)) {
      for (const [output, points] of byOutput(streams)) {
        const values = points.reduce((sum, point) => sum + point.name.length + 4 + lengthOf(point), 1);
        if (output.format === "pnp") addPnp(device, output, values, points.length, DAY_MS / everyMs, add);
        else pool(pools, device, output, recordBytes(device, output, values, points.length), everyMs);
      }
    }
  }
  for (const shared of pools.values()) addPool(shared, add);
  return rounded(total);
}

function rounded({ messagesADay, bytesADay, chunksADay }: MessageCost): MessageCost {
  const [messages, bytes, chunks] = [messagesADay, bytesADay, chunksADay].map(Math.round) as [number, number, number];
  return { messagesADay: messages, bytesADay: bytes, chunksADay: chunks };
}

/** Streams that fall due together. Those on the grid of UTC are on another grid than the others. */
function streamSets(device: DeviceConfig, outputs: GatewayConfig["outputs"]) {
  const all = [...device.groups.values()];
  return [true, undefined].flatMap((align) => {
    const streams = all.filter((group) => group.align === align).flatMap((group) => streamsOf(device, group, outputs));
    const apart = streams.filter((stream) => !meetsOthers(stream, streams));
    const sets = [streams.filter((stream) => !apart.includes(stream)), ...apart.map((stream) => [stream])];
    return sets.flatMap((set) => dueSets(set).map(({ groups, everyMs }) => ({ streams: groups, everyMs })));
  });
}

/** What is published once in a while closes with one of its polls: others are sent with it only if they are with every one. */
function meetsOthers({ pollMs, isPublished }: Stream, streams: readonly Stream[]): boolean {
  return !isPublished || streams.some((other) => !other.isPublished && pollMs % other.intervalMs === 0);
}

function streamsOf(device: DeviceConfig, group: Group, outputs: GatewayConfig["outputs"]): readonly Stream[] {
  const output = outputOf(outputs, group.output) ?? outputOf(outputs);
  if (output === undefined || !Number.isFinite(group.intervalMs)) return [];
  const step = group.publish?.everyMs ?? group.intervalMs;
  const streams = new Map<number, Point[]>();
  for (const point of device.points) {
    const isSent = point.kind === "telemetry" || (point.kind === "property" && device.identity === "none");
    if (point.group !== group.name || !isSent || point.access === "write") continue;
    const atLeast = point.report?.atLeastMs ?? 0;
    const intervalMs = Math.max(Math.round(atLeast / step), 1) * step;
    const points = streams.get(intervalMs);
    if (points === undefined) streams.set(intervalMs, [point]);
    else points.push(point);
  }
  const about = { pollMs: group.intervalMs, isPublished: group.publish !== undefined, output };
  return [...streams].map(([intervalMs, points]) => ({ intervalMs, points, ...about }));
}

function byOutput(streams: readonly Stream[]): ReadonlyMap<OutputConfig, readonly Point[]> {
  const parts = new Map<OutputConfig, Point[]>();
  for (const { output, points } of streams) parts.set(output, [...(parts.get(output) ?? []), ...points]);
  return parts;
}

function addPnp(
  { name, tags }: DeviceConfig,
  { maxBytes }: OutputConfig,
  body: number,
  points: number,
  times: number,
  add: (messages: number, bytes: number) => void,
): void {
  const overhead = messageBytes(0, {
    ...CONTENT,
    properties: { "$.sub": name, ...tags, "iothub-creation-time-utc": INSTANT },
  });
  const parts = Math.min(Math.max(Math.ceil(body / Math.max(maxBytes - overhead, 1)), 1), points);
  add(times * parts, overhead + body / parts);
}

const RECORD = '{"device":"","at":"2026-01-01T00:00:00.000Z","values":,"bad":{}},'.length;
/** Of a value in a legacy message: keys and the address; what values of one second share is small beside it. */
const LEGACY_VALUE = 60;
const LEGACY_V1_VALUE = 110;

function recordBytes(device: DeviceConfig, { format }: OutputConfig, values: number, points: number): number {
  if (format === "records") return RECORD + device.name.length + values;
  return values + points * (format === "legacy" ? LEGACY_VALUE : LEGACY_V1_VALUE + device.name.length);
}

function pool(
  pools: Map<string, Pool>,
  { tags = {} }: DeviceConfig,
  output: OutputConfig,
  bytes: number,
  everyMs: number,
): void {
  const key = JSON.stringify([output.name, Object.entries(tags).sort()]);
  const overhead = messageBytes(1, { ...CONTENT, properties: { ...tags, "iothub-creation-time-utc": INSTANT } });
  const known = pools.get(key) ?? { output, overhead, records: 0, bytes: 0, everyMs };
  pools.set(key, known);
  known.records += DAY_MS / everyMs;
  known.bytes += (bytes * DAY_MS) / everyMs;
  known.everyMs = Math.min(known.everyMs, everyMs);
}

/** A message goes when it is full, or when the first record after `maxDelayMs` would begin the next one. */
function addPool(
  { output, overhead, records, bytes, everyMs }: Pool,
  add: (messages: number, size: number) => void,
): void {
  const slow = DAY_MS / (Math.ceil(output.maxDelayMs / everyMs) * everyMs);
  const record = bytes / records;
  const room = Math.max(Math.floor((output.maxBytes - overhead - ID_RESERVE) / record), 1) * record;
  const messages = Math.max(slow, bytes / room);
  add(messages, overhead + bytes / messages);
}
