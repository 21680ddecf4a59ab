import type { DeviceConfig } from "../core/config/gatewayConfig";
import { isLegacyDocument } from "../core/config/legacy/translateLegacy";
import { didYouMean } from "../core/config/nearest";
import type { Problem } from "../core/config/problem";
import type { Point } from "../core/points/point";
import { isJsonObject, type Json, type JsonObject, pointer } from "../kernel/json";

/** Keys of the desired properties that are no components: the configuration, and that of the archived Modbus module. */
const NO_COMPONENT = /^(?:\$.*|configuration|SlaveConfigs)$/i;

/** Points whose desired property is a request: those of kind property that may be written. */
export function isSetPoint(point: Point): boolean {
  return point.kind === "property" && point.access === "readWrite";
}

/** The desired value of a point; `undefined` where there is none. */
export function desiredValue(document: JsonObject, device: string, point: string): Json | undefined {
  const component = own(document, device);
  return isJsonObject(component) ? own(component, point) : undefined;
}

/**
 * The desired values that name a property point of the device, read-only ones too: their refusal is an answer. None of
 * a device without identity: it has no properties.
 */
export function* desiredOf(
  document: JsonObject,
  device: DeviceConfig,
): Generator<readonly [point: string, value: Json]> {
  const component = own(document, device.name);
  if (!isJsonObject(component) || device.identity === "none") return;
  for (const [name, value] of Object.entries(component)) {
    const point = device.points.find((candidate) => candidate.name === name);
    if (point?.kind === "property") yield [name, value];
  }
}

/** What among the desired properties nobody will carry out, and why; the paths begin with `/desired`. */
export function desiredWarnings(document: JsonObject, devices: ReadonlyMap<string, DeviceConfig>): readonly Problem[] {
  const isLegacy = isLegacyDocument(document);
  return Object.entries(document).flatMap(([name, component]) => {
    // Beside its slaves such a document has settings of its own; who reads it warns of those that it does not know.
    if (NO_COMPONENT.test(name) || (isLegacy && !isJsonObject(component))) return [];
    const text = componentFault(name, component, devices);
    if (text !== undefined) return [{ path: pointer(["desired", name]), text }];
    const device = devices.get(name);
    return device === undefined || !isJsonObject(component) ? [] : pointWarnings(device, component);
  });
}

function componentFault(name: string, component: Json, devices: ReadonlyMap<string, DeviceConfig>): string | undefined {
  const device = devices.get(name);
  if (device === undefined)
    return `there is no device "${name}": its desired values are carried out when there is one${didYouMean(name, devices.keys())}`;
  if (!isJsonObject(component)) return `desired values of "${name}" are an object: {"__t": "c", "POINT": value}`;
  if (device.identity === "none") return `"${name}" has identity none, and so no properties: nothing is written`;
  if (!device.enabled) return `"${name}" is disabled: its desired values are carried out when it is enabled`;
  return undefined;
}

function pointWarnings(device: DeviceConfig, component: JsonObject): readonly Problem[] {
  return Object.keys(component).flatMap((name) => {
    if (name === "__t" || name.startsWith("$")) return [];
    const point = device.points.find((candidate) => candidate.name === name);
    if (point?.kind === "property") return [];
    const names = device.points.filter(isSetPoint).map((candidate) => candidate.name);
    const text =
      point === undefined
        ? `"${device.name}" has no point "${name}": nothing is written${didYouMean(name, names)}`
        : `"${name}" is no property: nothing is written; "kind": "property" with "access": "readWrite" makes it one`;
    return [{ path: pointer(["desired", device.name, name]), text }];
  });
}

function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
