import type { MethodAnswer } from "../cloud/edgeHub";
import { assessDocument } from "../core/assess/assess";
import { predictLoads } from "../core/assess/busLoad";
import { diffConfig } from "../core/config/diff";
import { canonicalText } from "../core/config/fingerprint";
import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import { problemsByPath } from "../core/config/problem";
import type { Json, JsonObject } from "../kernel/json";
import { answerPage } from "./answerPages";
import { answerError, type CommandPorts, refusal, unknownKey } from "./methodError";

/** Names of points that a difference lists, of each kind. */
const MAX_NAMES = 50;

/**
 * `validateConfiguration` `{configuration, cursor?}` → `{state, connections, devices, points, cost, unchanged, problems,
 * warnings, loads, difference}`: what would become of the document beside the configuration in force. Applies nothing.
 */
export async function validateConfiguration(payload: JsonObject, ports: CommandPorts): Promise<MethodAnswer> {
  const unknown = unknownKey(payload, ["configuration", "cursor"]);
  if (unknown !== undefined) return answerError(unknown);
  const document = payload["configuration"];
  if (document === undefined) {
    return answerError(refusal(400, `"configuration" is missing: the document to be looked at`, "/configuration"));
  }
  const before = ports.config();
  const assessment = assessDocument(document, await ports.profiles(), before);
  const { config, state, problems, warnings, points, cost } = assessment;
  const { changes, unchanged } = differences(before, config);
  const answer: JsonObject = {
    state,
    connections: config.connections.size,
    devices: config.devices.size,
    points,
    cost: { ...cost },
    unchanged,
    problems: { ...problemsByPath(problems) },
    warnings: { ...problemsByPath(warnings) },
    loads: loadsOf(config),
    difference: changes,
  };
  return answerPage({ status: 200, payload: answer }, payload["cursor"], SECTIONS);
}

const SECTIONS = ["problems", "warnings", "loads", "difference"];

function loadsOf(config: GatewayConfig): JsonObject {
  const entries = [...predictLoads(config)].map(([name, { percent, requestsPerSecond }]): [string, Json] => [
    name,
    { percent: tenths(percent), requestsPerSecond: tenths(requestsPerSecond) },
  ]);
  return Object.fromEntries(entries);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}

/** What happens to each device that does not stay as it is; how many do. */
function differences(
  before: GatewayConfig,
  after: GatewayConfig,
): { readonly changes: JsonObject; readonly unchanged: number } {
  const { added, removed, rebuilt, repointed, unchanged } = diffConfig(before, after).devices;
  const changed = (name: string, change: string): [string, Json] => [
    name,
    { change, ...changedParts(before.devices.get(name), after.devices.get(name)) },
  ];
  const entries = [
    ...added.map((name): [string, Json] => [name, { change: "added" }]),
    ...removed.map((name): [string, Json] => [name, { change: "removed" }]),
    ...rebuilt.map((name) => changed(name, "moved")),
    ...repointed.map((name) => changed(name, "changed")),
  ];
  return { changes: Object.fromEntries(entries), unchanged: unchanged.length };
}

function changedParts(before: DeviceConfig | undefined, after: DeviceConfig | undefined): JsonObject {
  if (before === undefined || after === undefined) return {};
  const old = new Map(before.points.map((point) => [point.name, point]));
  const now = new Map(after.points.map((point) => [point.name, point]));
  const lists = {
    addedPoints: [...now.keys()].filter((name) => !old.has(name)),
    removedPoints: [...old.keys()].filter((name) => !now.has(name)),
    changedPoints: [...now].flatMap(([name, point]) => {
      const known = old.get(name);
      return known === undefined || known === point || canonicalText(known) === canonicalText(point) ? [] : [name];
    }),
  };
  return Object.fromEntries(
    Object.entries(lists).flatMap(([key, names]) => (names.length > 0 ? [[key, first(names)]] : [])),
  );
}

function first(names: readonly string[]): Json {
  if (names.length <= MAX_NAMES) return names;
  return [...names.slice(0, MAX_NAMES), `and ${names.length - MAX_NAMES} more`];
}
