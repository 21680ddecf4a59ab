import type { DeviceConfig, Group, ReadLimits, TcpConnection } from "../../src/core/config/gatewayConfig";
import type { Point } from "../../src/core/points/point";

/** A uint16 of holding register `address`, unless told otherwise. */
export function aPoint(name: string, address: number, more: Partial<Point> = {}): Point {
  return {
    name,
    table: "holding",
    address,
    count: 1,
    type: "uint16",
    order: [0, 1],
    group: "default",
    access: "read",
    kind: "telemetry",
    ...more,
  };
}

export const LIMITS_OF_THE_SPEC: ReadLimits = {
  maxReadRegisters: 125,
  maxReadBits: 2000,
  maxGap: 16,
  neverRead: [],
  singlePointReads: false,
};

/** Unit 1 of connection `line`, group `default` every second. */
export function aDevice(name: string, points: readonly Point[], more: Partial<DeviceConfig> = {}): DeviceConfig {
  return {
    name,
    connection: "line",
    unitId: 1,
    enabled: true,
    points,
    groups: new Map([["default", aGroup("default", 1000)]]),
    limits: LIMITS_OF_THE_SPEC,
    maxWriteRegisters: 123,
    fingerprint: `${name} 1`,
    ...more,
  };
}

export function aGroup(name: string, intervalMs: number, more: Partial<Group> = {}): Group {
  return { name, intervalMs, priority: "normal", ...more };
}

/** TCP on loopback without retries or rests. */
export function aConnection(more: Partial<TcpConnection> = {}): TcpConnection {
  return {
    name: "line",
    transport: "tcp",
    framing: "mbap",
    host: "127.0.0.1",
    port: 502,
    connectTimeoutMs: 5000,
    responseTimeoutMs: 1000,
    requestGapMs: 0,
    readRetries: 0,
    connectDelayMs: 0,
    failuresBeforeReopen: 5,
    fingerprint: "line 1",
    ...more,
  };
}
