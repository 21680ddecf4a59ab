import { BUILT_IN_PROFILES } from "../../../src/core/config/builtInProfiles";
import type { DeviceConfig } from "../../../src/core/config/gatewayConfig";
import { builtInProfiles } from "../../../src/core/config/profiles";
import { resolveDocument } from "../../../src/core/config/resolve";
import type { Reading } from "../../../src/core/points/point";
import { decodePoint, type PointData } from "../../../src/core/points/transform";

/** A device with nothing but this built-in profile. */
export function deviceWith(profile: string): DeviceConfig {
  expect(BUILT_IN_PROFILES.has(profile)).toBe(true);
  const { problems, devices } = resolveDocument(
    {
      connections: { line: { transport: "serial", path: "/dev/ttyS0", line: "9600 8N1" } },
      devices: { it: { connection: "line", unitId: 1, profile } },
    },
    builtInProfiles,
  );
  expect(problems).toEqual([]);
  const device = devices.get("it");
  if (device?.ok !== true) throw new TypeError(`${profile} does not resolve`);
  return device.value;
}

/** What a point makes of registers (or bits) that begin with it. */
export function decode(device: DeviceConfig, name: string, data: readonly number[] | readonly boolean[]): Reading {
  const point = device.points.find((one) => one.name === name);
  if (point === undefined) throw new TypeError(`no point ${name}`);
  const isBits = typeof data[0] === "boolean";
  return decodePoint(point, isBits ? (data as PointData) : Uint16Array.from(data as readonly number[]), 0);
}

/** `name table address count` of every point, in order. */
export function layoutOf(device: DeviceConfig): readonly string[] {
  return device.points.map(({ name, table, address, count }) => `${name} ${table} ${address} ${count}`);
}
