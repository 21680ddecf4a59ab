import type {
  ConnectionConfig,
  DeviceConfig,
  GatewayConfig,
  ReadLimits,
  SerialConnection,
  TcpConnection,
} from "../../src/core/config/gatewayConfig";
import type { Point } from "../../src/core/points/point";

/** Resolved configurations by hand: what the resolver would make of a document. */

export function pointOf(given: Partial<Point> & Pick<Point, "name" | "address" | "type">): Point {
  return { table: "holding", count: 1, group: "default", access: "read", kind: "telemetry", ...given };
}

const common = {
  responseTimeoutMs: 1000,
  requestGapMs: 0,
  readRetries: 1,
  connectDelayMs: 0,
  failuresBeforeReopen: 5,
  fingerprint: "",
};

export function tcpConnection(name: string, port = 502): TcpConnection {
  return { ...common, name, transport: "tcp", framing: "mbap", host: "plc.local", port, connectTimeoutMs: 5000 };
}

export function serialConnection(name: string, baudRate = 19_200): SerialConnection {
  const line = { baudRate, dataBits: 8, parity: "none", stopBits: 1 } as const;
  return { ...common, name, transport: "serial", framing: "rtu", path: "/dev/ttyUSB0", line };
}

export function deviceOf(
  name: string,
  connection: string,
  unitId: number,
  points: readonly Point[],
  limits: Partial<ReadLimits> = {},
): DeviceConfig {
  return {
    name,
    connection,
    unitId,
    enabled: true,
    points,
    groups: new Map(),
    limits: {
      maxReadRegisters: 125,
      maxReadBits: 2000,
      maxGap: 16,
      neverRead: [],
      singlePointReads: false,
      ...limits,
    },
    maxWriteRegisters: 123,
    fingerprint: "",
  };
}

export function gatewayOf(connections: readonly ConnectionConfig[], devices: readonly DeviceConfig[]): GatewayConfig {
  return {
    connections: new Map(connections.map((connection) => [connection.name, connection])),
    devices: new Map(devices.map((device) => [device.name, device])),
    module: {},
  };
}
