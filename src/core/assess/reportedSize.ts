import type { JsonObject } from "../../kernel/json";
import type { GatewayConfig } from "../config/gatewayConfig";
import { type Problem, problemsByPath } from "../config/problem";
import { twinSize } from "../config/twinSize";
import { typeSpec } from "../points/dataType";
import type { Point } from "../points/point";
import { usualLength } from "../telemetry/valueLength";

const INSTANT = "2026-01-01T00:00:00.000Z";
/** As many as are reported. */
const MAX_PROBLEMS = 20;

/**
 * Bytes of the reported half of the twin, as IoT Hub counts them, while everything is online and every property is
 * known. An estimate: texts are as long as they usually are.
 */
export function reportedSize(
  config: GatewayConfig,
  problems: readonly Problem[],
  warnings: readonly Problem[],
): number {
  const components = [...config.devices.values()].filter(({ identity }) => identity !== "none");
  const reported: JsonObject = {
    configurationStatus: {
      state: "applied",
      version: 0,
      at: INSTANT,
      devices: 0,
      points: 0,
      problems: firstOf(problems),
      warnings: firstOf(warnings),
    },
    module: moduleExample(config),
  };
  return components.reduce((sum, { name, points }) => {
    const properties = points.filter(({ kind }) => kind === "property").map((point) => [point.name, exampleOf(point)]);
    const component = { __t: "c", modbus: { state: "online", since: INSTANT }, ...Object.fromEntries(properties) };
    return sum + twinSize({ [name]: component });
  }, twinSize(reported));
}

function firstOf(problems: readonly Problem[]): JsonObject {
  return Object.fromEntries(Object.entries(problemsByPath(problems)).slice(0, MAX_PROBLEMS));
}

function moduleExample({ connections, module }: GatewayConfig): JsonObject {
  const states = [...connections.keys()].map((name) => [name, { state: "open", loadPercent: 0 }]);
  const counts = { online: 0, offline: 0, spooled: 0, dropped: 0 };
  const head = { version: "0.0.0", schema: 1, modelId: module.modelId ?? "", ...counts, writes: "declared" };
  return { ...head, connections: Object.fromEntries(states) };
}

function exampleOf(point: Point): boolean | number | string | JsonObject {
  const value = typicalValue(point);
  return point.access === "read" ? value : { value, ac: 203, av: 0, ad: "value of the device" };
}

function typicalValue(point: Point): boolean | number | string {
  const { shape } = typeSpec(point.type, point.count);
  const isText = point.enum !== undefined || shape === "text" || shape === "time";
  if (isText) return "x".repeat(Math.max(Math.round(usualLength(point)) - 2, 1));
  return point.bit !== undefined || shape === "bit" ? true : 0;
}
