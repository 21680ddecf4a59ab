import type { ConnectionConfig, DeviceConfig, GatewayConfig } from "../config/gatewayConfig";
import { blockMs, linkCost } from "../planning/cost";
import { createLearned } from "../planning/learned";
import { polledPoints } from "../planning/polledPoints";
import { planUnit } from "../planning/unitPlan";
import type { Point } from "../points/point";
import { withScalingPoints } from "../points/scaledBy";
import { predictLoads } from "./busLoad";

/** What polling makes of a connection, predicted from its definition. */
export interface ConnectionFigures {
  readonly name: string;
  /** For people: `serial 9600 8N1`, `tcp plc.local:502`. */
  readonly endpoint: string;
  /** Enabled ones. */
  readonly devices: number;
  readonly points: number;
  readonly requestsPerSecond: number;
  /** Share of its time; over 100 it can't keep up. */
  readonly loadPercent: number;
}

export function connectionFigures(config: GatewayConfig, loads = predictLoads(config)): readonly ConnectionFigures[] {
  const devices = new Map<string, DeviceConfig[]>();
  for (const device of config.devices.values()) {
    if (!device.enabled) continue;
    const known = devices.get(device.connection);
    if (known === undefined) devices.set(device.connection, [device]);
    else known.push(device);
  }
  return [...config.connections].map(([name, connection]) => {
    const own = devices.get(name) ?? [];
    const { percent = 0, requestsPerSecond = 0 } = loads.get(name) ?? {};
    return {
      name,
      endpoint: endpointText(connection),
      devices: own.length,
      points: own.reduce((sum, { points }) => sum + points.length, 0),
      requestsPerSecond,
      loadPercent: percent,
    };
  });
}

const PARITY = { none: "N", even: "E", odd: "O" } as const;

export function endpointText(connection: ConnectionConfig): string {
  const { transport, framing } = connection;
  const usual = transport === "serial" ? "rtu" : "mbap";
  const how = framing === usual ? transport : `${transport} ${framing}`;
  if (connection.transport !== "serial") {
    const host = connection.host.includes(":") ? `[${connection.host}]` : connection.host;
    return `${how} ${host}:${connection.port}`;
  }
  const { baudRate, dataBits, parity, stopBits } = connection.line;
  return `${how} ${baudRate} ${dataBits}${PARITY[parity]}${stopBits}`;
}

/** How long one reading of these points takes on the connection, ms; reckoned once for points of one model. */
export type ReadTime = (connection: ConnectionConfig, device: DeviceConfig, group?: string) => number;

export function createReadTime(): ReadTime {
  const known = new Map<string, WeakMap<readonly Point[], number>>();
  return (connection, device, group) => {
    const { transport, requestGapMs } = connection;
    const link = connection.transport === "serial" ? [connection.line, connection.framing] : transport;
    const key = JSON.stringify([link, requestGapMs, device.limits, group ?? ""]);
    const times = known.get(key) ?? new WeakMap<readonly Point[], number>();
    known.set(key, times);
    const time = times.get(device.points) ?? readMs(connection, device, group);
    times.set(device.points, time);
    return time;
  };
}

function readMs(connection: ConnectionConfig, device: DeviceConfig, group: string | undefined): number {
  const all = polledPoints(device);
  const points = withScalingPoints(group === undefined ? all : all.filter((point) => point.group === group));
  const cost = linkCost(connection);
  const { blocks } = planUnit([{ device, points }], createLearned(), cost);
  return blocks.reduce((sum, { block: { table, count } }) => sum + blockMs(table, count, cost), 0);
}
