import type { ConnectionConfig, DeviceConfig, GatewayConfig } from "../config/gatewayConfig";
import { outputOf } from "../config/outputs";
import type { Problem } from "../config/problem";
import { lanesOf } from "../planning/connectionPlan";
import { typeSpec } from "../points/dataType";
import type { Point } from "../points/point";
import type { BusLoad } from "./busLoad";
import { createReadTime, endpointText, type ReadTime } from "./connectionFigures";
import type { MessageCost } from "./messageCost";
import type { Places } from "./places";

/** What has been reckoned of the configuration already. */
interface Reckoned {
  readonly loads: ReadonlyMap<string, BusLoad>;
  readonly cost: MessageCost;
}

/** What is allowed, works, and is seldom meant: what an experienced engineer would ask about. */
export function expertWarnings(config: GatewayConfig, places: Places, { loads, cost }: Reckoned): readonly Problem[] {
  return [
    ...[...config.connections.values()].flatMap((connection) => portWarnings(connection, places)),
    ...lineWarnings(config, places, loads),
    ...modelWarnings(config, places),
    ...costWarnings(cost),
  ];
}

const TCP_PORT = 502;
const TLS_PORT = 802;
/** Ports at which serial device servers pass bytes through as they are. */
const RAW_PORTS: ReadonlySet<number> = new Set([23, 950, 2101, 4001, 4002, 4196, 8899, 10001, 26, 20108]);

function portWarnings(connection: ConnectionConfig, places: Places): readonly Problem[] {
  if (connection.transport === "serial") return [];
  const { transport, framing, port, name } = connection;
  const at = (key: string, text: string): readonly Problem[] => [{ path: `${places.connection(name)}/${key}`, text }];
  if (transport === "tcp" && port === TLS_PORT)
    return at("port", `${TLS_PORT} is the port of Modbus/TCP Security: is "transport": "tls" meant?`);
  if (transport === "tls" && port === TCP_PORT)
    return at("port", `${TCP_PORT} is the port of plain Modbus TCP; servers with TLS listen at ${TLS_PORT}`);
  if (transport === "tcp" && framing === "mbap" && RAW_PORTS.has(port)) {
    const text = `serial device servers pass frames through at ${port} as they are: where this is one, and does not convert to Modbus TCP, "framing": "rtu" is needed`;
    return at("port", text);
  }
  return [];
}

const SLOW_BAUD = 9600;
const MANY_POINTS = 300;

interface Round {
  points: number;
  ms: number;
}

/** Groups that are faster than the line, and lines that carry very much. */
function lineWarnings(config: GatewayConfig, places: Places, loads: Reckoned["loads"]): readonly Problem[] {
  const readTime = createReadTime();
  const fast = new Map<string, Problem>();
  const rounds = new Map<string, Round>();
  for (const device of config.devices.values()) {
    const connection = config.connections.get(device.connection);
    if (connection === undefined || !device.enabled) continue;
    const round = rounds.get(connection.name) ?? { points: 0, ms: 0 };
    if (connection.transport === "serial" && connection.line.baudRate <= SLOW_BAUD) {
      rounds.set(connection.name, round);
      round.points += device.points.length;
      round.ms += readTime(connection, device);
    }
    if (!mayHaveFastGroups(connection, loads.get(connection.name))) continue;
    for (const problem of fastGroups(device, connection, readTime, places)) {
      if (!fast.has(problem.path)) fast.set(problem.path, problem);
    }
  }
  return [...fast.values(), ...[...rounds].flatMap(([name, round]) => slowLine(config, name, round, places))];
}

/** A group that takes longer than its interval takes all of a lane's time by itself; half of it leaves room for rounding. */
function mayHaveFastGroups(connection: ConnectionConfig, load: BusLoad | undefined): boolean {
  return load === undefined || load.percent * lanesOf(connection) > 50;
}

function fastGroups(
  device: DeviceConfig,
  connection: ConnectionConfig,
  readTime: ReadTime,
  places: Places,
): readonly Problem[] {
  return [...device.groups.values()].flatMap(({ name, intervalMs }) => {
    const ms = Number.isFinite(intervalMs) ? readTime(connection, device, name) : 0;
    if (ms <= intervalMs) return [];
    const text = `reading the points of group "${name}" once takes about ${ms.toFixed(0)} ms on ${endpointText(connection)}, but its interval is ${intervalMs} ms: it will be read as often as the line allows, and leave nothing to others`;
    return [{ path: places.group(device, name), text }];
  });
}

function slowLine(
  { connections }: GatewayConfig,
  name: string,
  { points, ms }: Readonly<Round>,
  places: Places,
): readonly Problem[] {
  const connection = connections.get(name);
  if (connection?.transport !== "serial" || points < MANY_POINTS) return [];
  const text = `${points} points at ${connection.line.baudRate} baud: reading all of them once takes about ${(ms / 1000).toFixed(1)} s of line time; a faster line, or a second one, is worth its price`;
  return [{ path: `${places.connection(name)}/line`, text }];
}

interface PointRule {
  applies(point: Point, device: DeviceConfig, config: GatewayConfig): boolean;
  text(points: string): string;
}

const RULES: readonly PointRule[] = [
  {
    applies: ({ access, write, enum: names, bit, type, count }) =>
      access !== "read" &&
      names === undefined &&
      bit === undefined &&
      ["integer", "float"].includes(typeSpec(type, count).shape) &&
      (write?.min === undefined || write.max === undefined),
    text: (points) =>
      `${points}: can be written without a limit ("writeMin", "writeMax"): whatever the type carries reaches the device`,
  },
  {
    applies: ({ access, write }) => access === "readWrite" && write?.verify === "echo",
    text: (points) =>
      `${points}: "verify": "echo" takes the device's word for it; without it the register is read back, and a write that did not stick is noticed`,
  },
  {
    applies: ({ type, kind, scale, group }, device, { outputs }) => {
      const output = outputOf(outputs, device.groups.get(group)?.output);
      const wide = type === "uint64" || type === "int64" || type === "bcd64";
      return (
        wide && kind === "telemetry" && output?.bigIntegers === "number" && (scale === undefined || scale.scale <= 0)
      );
    },
    text: (points) =>
      `${points}: 64-bit numbers leave with every digit, but IoT Central, and every reader that takes JSON numbers for doubles, rounds beyond 9007199254740992; where counters get there, give their output "bigIntegers": "string"`,
  },
];

/** Names of points in one warning. */
const SHOWN = 4;

/** What is to be said of points: once for all devices of a model. */
function modelWarnings(config: GatewayConfig, places: Places): readonly Problem[] {
  const found = new Map<string, { readonly path: string; readonly text: string; others: number }>();
  for (const device of config.devices.values()) {
    if (!device.enabled) continue;
    for (const rule of RULES) {
      const names = device.points.filter((point) => rule.applies(point, device, config)).map(({ name }) => name);
      const [first] = names;
      if (first === undefined) continue;
      const text = rule.text(listOf(names));
      const path = names.length === 1 ? places.point(device, first) : places.model(device);
      const key = `${device.profile ?? device.name}\n${text}`;
      const known = found.get(key);
      if (known === undefined) found.set(key, { path, text, others: 0 });
      else if (path !== known.path) known.others += 1;
    }
  }
  return [...found.values()].map(({ path, text, others }) => ({ path, text: `${text}${othersText(others)}` }));
}

function listOf(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(", ")} and ${more} more` : names.join(", ");
}

function othersText(count: number): string {
  return count === 0 ? "" : ` (and of ${count} more device${count === 1 ? "" : "s"} with this profile)`;
}

/** Pieces that a unit S1 of IoT Hub takes in a day. */
export const S1_CHUNKS = 400_000;

function costWarnings({ chunksADay }: MessageCost): readonly Problem[] {
  if (chunksADay <= S1_CHUNKS) return [];
  const text = `about ${chunksADay} pieces of 4 KB a day: more than a unit S1 of IoT Hub takes (${S1_CHUNKS}); longer intervals, "report": "change", "publishMs" or an output with "format": "records" lower it`;
  return [{ path: "", text }];
}
