import type { DeviceConfig, GatewayConfig } from "../core/config/gatewayConfig";
import type { Problem } from "../core/config/problem";
import { endpointOf } from "../core/config/resolveConnection";
import { twinBearable } from "../core/config/twinSize";
import type { Point } from "../core/points/point";
import { valueForTwin } from "../core/points/valueText";
import { type DeviceCycle, samplesOf } from "../core/telemetry/sample";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import type { EpochMs } from "../kernel/units";
import { type DeviceHealth, MAX_BAD } from "../runtime/health";
import { createTwinFit, shortened } from "./reportedFit";
import type { Acknowledgement } from "./setPoints";

/** How the last document was taken (contract section 4). */
export interface ConfigurationOutcome {
  readonly state: "applied" | "partial" | "rejected";
  /** `$version` of the desired properties; 0 for a file. */
  readonly version: number;
  readonly at: EpochMs;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

export interface ReportedStatePorts {
  config(): GatewayConfig;
  configuration(): ConfigurationOutcome | undefined;
  health(device: string): DeviceHealth | undefined;
  /** `reported`: what the hub holds of it, of writable ones. */
  acknowledgement(device: string, point: string, reported?: Json): Acknowledgement | undefined;
  /** What among the desired values nobody carries out. */
  desiredWarnings(): readonly Problem[];
  /** A value that is reported has changed. */
  changed(): void;
  /** The `module` property; refreshed by its owner at most every `statusIntervalMs`; `undefined` at first. */
  module(): JsonObject | undefined;
}

/** Everything that the module reports, composed from the owners of the facts. */
export interface ReportedState {
  /** Last good values of read-only property points. */
  cycle(cycle: DeviceCycle): void;
  /** What the hub still holds from before: stands until the first cycle knows better, so that nothing flaps. */
  adopt(reported: JsonObject): void;
  /** What the hub held of a property when it was last read. */
  held(device: string, property: string): Json | undefined;
  /** `undefined` before the first document has been taken: nothing is known that should replace what the hub holds. */
  compose(): JsonObject | undefined;
}

/** More are not shown, even where there is room. */
const MAX_PROBLEMS = 200;
const MAX_TEXT = 400;

/** The last good value of a read-only property, and the register that it came from. */
interface Known {
  readonly value: boolean | number | string;
  readonly source: string;
}

export function createReportedState(ports: ReportedStatePorts): ReportedState {
  const values = new Map<string, Map<string, Known>>();
  let adopted: JsonObject = {};
  let adoptedModule: Json | undefined;
  const size = createTwinFit();

  /** A device that is gone leaves nothing: another one may come under its name. */
  function forget(devices: GatewayConfig["devices"]): void {
    for (const name of values.keys()) if (!devices.has(name)) values.delete(name);
    adopted = Object.fromEntries(Object.entries(adopted).filter(([name]) => devices.has(name)));
  }

  return {
    cycle({ device, runs }) {
      const config = ports.config().devices.get(device);
      if (config === undefined) return;
      for (const { point, reading } of samplesOf(runs.filter(({ list }) => list.hasProperties))) {
        if (point.kind !== "property" || point.access !== "read" || !("value" in reading)) continue;
        const value = valueForTwin(reading.value);
        const known = values.get(device) ?? new Map<string, Known>();
        values.set(device, known);
        const changed = known.get(point.name)?.value !== value;
        known.set(point.name, { value, source: sourceOf(ports.config(), config, point) });
        if (changed) ports.changed();
      }
    },
    adopt(reported) {
      adopted = reported;
      adoptedModule = reported["module"];
    },
    held: (device, property) => own(objectOf(own(adopted, device)), property),
    compose() {
      const outcome = ports.configuration();
      if (outcome === undefined) return undefined;
      const config = ports.config();
      const status = outcomeJson(outcome, config, ports.desiredWarnings());
      const entries: [string, Json][] = [["configurationStatus", status]];
      const module = ports.module() ?? adoptedModule;
      if (module !== undefined) entries.push(["module", module]);
      forget(config.devices);
      for (const device of config.devices.values()) {
        // Neither modelled nor reported: its properties are in its records.
        if (device.identity === "none") continue;
        const properties = component(ports, device, adopted[device.name], values.get(device.name) ?? new Map());
        if (properties.length > 0) entries.push([device.name, Object.fromEntries([["__t", "c"], ...properties])]);
      }
      return size.fit(twinBearable(Object.fromEntries(entries)));
    },
  };
}

/** Empty while nothing is known of the device; what the hub holds stands until then. */
function component(
  ports: ReportedStatePorts,
  device: DeviceConfig,
  adopted: Json | undefined,
  known: ReadonlyMap<string, Known>,
): readonly [string, Json][] {
  const old = objectOf(adopted) ?? {};
  const health = ports.health(device.name);
  const entries: [string, Json][] = [];
  const state = health === undefined ? old["modbus"] : healthJson(health);
  if (state !== undefined) entries.push(["modbus", state]);
  for (const point of device.points) {
    if (point.kind !== "property") continue;
    const value = propertyValue(ports, device, point, known.get(point.name), old);
    if (value !== undefined && value !== null) entries.push([point.name, value]);
  }
  return entries;
}

function propertyValue(
  ports: ReportedStatePorts,
  device: DeviceConfig,
  point: Point,
  known: Known | undefined,
  old: JsonObject,
): Json | undefined {
  const isOwn = known === undefined || known.source === sourceOf(ports.config(), device, point);
  const before = isOwn && Object.hasOwn(old, point.name) ? old[point.name] : undefined;
  if (point.access !== "read") return ports.acknowledgement(device.name, point.name, before) ?? objectOf(before);
  return bareValue(ports.acknowledgement(device.name, point.name), isOwn ? known?.value : undefined, before);
}

function own(object: JsonObject | undefined, key: string): Json | undefined {
  return object !== undefined && Object.hasOwn(object, key) ? object[key] : undefined;
}

function objectOf(json: Json | undefined): JsonObject | undefined {
  return isJsonObject(json) ? json : undefined;
}

/** A read-only property is bare; one that somebody tried to set bears the refusal and what the device says now. */
function bareValue(
  acknowledged: { readonly [key: string]: Json } | undefined,
  value: Json | undefined,
  before: Json | undefined,
): Json | undefined {
  if (acknowledged !== undefined) return { ...acknowledged, ...(value === undefined ? {} : { value }) };
  return value ?? (isJsonObject(before) ? undefined : before);
}

/** Where a value comes from: a device that is pointed elsewhere does not show the values of its predecessor. */
function sourceOf(
  { connections }: GatewayConfig,
  { connection, unitId }: DeviceConfig,
  { table, address, type }: Point,
): string {
  const way = connections.get(connection);
  return [way === undefined ? "" : endpointOf(way), connection, unitId, table, address, type].join(" ");
}

function outcomeJson(
  outcome: ConfigurationOutcome,
  config: GatewayConfig,
  desiredWarnings: readonly Problem[],
): JsonObject {
  let points = 0;
  for (const device of config.devices.values()) points += device.points.length;
  return {
    state: outcome.state,
    version: outcome.version,
    at: new Date(outcome.at).toISOString(),
    devices: config.devices.size,
    points,
    problems: byPath(outcome.problems),
    warnings: byPath([...outcome.warnings, ...desiredWarnings]),
  };
}

/** Problems by JSON pointer; two at one path share its text, and beyond a bound they are counted. */
function byPath(problems: readonly Problem[]): JsonObject {
  const texts = new Map<string, string>();
  for (const { path, text } of problems.slice(0, MAX_PROBLEMS)) {
    const key = twinName(path);
    const before = texts.get(key);
    texts.set(key, shortened(before === undefined ? text : `${before}; ${text}`, MAX_TEXT));
  }
  if (problems.length > MAX_PROBLEMS)
    texts.set("more", `${problems.length} in all; the first ${MAX_PROBLEMS} are shown`);
  return Object.fromEntries(texts);
}

/** Names in a twin bear no `.`, `$`, `#`, space or control character: percent-encoded as in a URI; the root is `/`. */
function twinName(path: string): string {
  const name = path === "" ? "/" : path;
  return shortened(
    name.replaceAll(
      /[.$#\s\p{Cc}]/gu,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    ),
    MAX_TEXT,
  );
}

function healthJson(health: DeviceHealth): JsonObject {
  const bad = [...health.bad].slice(0, MAX_BAD);
  return {
    state: health.state,
    ...(health.reason === "" ? {} : { reason: shortened(health.reason, MAX_TEXT) }),
    since: new Date(health.since).toISOString(),
    ...(bad.length === 0 ? {} : { bad: Object.fromEntries(bad) }),
  };
}
