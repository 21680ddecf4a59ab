import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";
import { applyDocument } from "../config/apply";
import type { DeviceConfig, GatewayConfig } from "../config/gatewayConfig";
import type { ProfileLookup } from "../config/profiles";
import { type Dialect, words } from "./content";
import { type DeviceContents, deviceContents, type TelemetryForm } from "./deviceInterface";
import { moduleContents } from "./moduleInterface";
import { interfaceId, segmentOf } from "./names";

/** One interface, without its version: that is decided against what was published before. */
export interface InterfaceModel {
  /** Without `;version`. */
  readonly id: string;
  readonly title: string;
  readonly description?: string;
  readonly contents: readonly JsonObject[];
}

/** A device as a component of the module. */
export interface ComponentModel {
  readonly name: string;
  readonly interfaceId: string;
}

/** A configuration as interfaces: one a profile (or a device that differs from it), and the module with its components. */
export interface SiteModel {
  readonly module: InterfaceModel;
  readonly interfaces: readonly InterfaceModel[];
  readonly components: readonly ComponentModel[];
  /** By place. */
  readonly warnings: readonly { readonly path: string; readonly text: string }[];
}

export interface ModelInput {
  readonly config: GatewayConfig;
  /** The document that it came from: profiles are resolved once more by themselves. */
  readonly document: JsonObject;
  readonly profiles: ProfileLookup;
  /** Beginning of all identifiers: `dtmi:acme:site1`. */
  readonly prefix: string;
  readonly dialect: Dialect;
  telemetryForm(device: DeviceConfig): TelemetryForm;
}

interface Shape extends DeviceContents {
  readonly key: string;
}

/** The model of a configuration. Equal input gives equal output, in the order of the document. */
export function modelDocument(input: ModelInput): SiteModel {
  const { prefix, config } = input;
  const interfaces = new Map<string, InterfaceModel>();
  const shapes = new Map<string, Shape>();
  const components: ComponentModel[] = [];
  const warnings: { readonly path: string; readonly text: string }[] = [];
  for (const device of config.devices.values()) {
    if (device.identity === "none") continue;
    const shape = shapeOf(device, input);
    const model = unlike(interfaceOf(device, shape, input, shapes), device, shape, interfaces, prefix);
    if (!interfaces.has(model.id)) {
      interfaces.set(model.id, model);
      for (const text of shape.warnings) warnings.push({ path: `/devices/${device.name}`, text });
    }
    components.push({ name: device.name, interfaceId: model.id });
  }
  const module = {
    id: config.module.modelId?.replace(/;\d+$/, "") ?? `${prefix}:modbus`,
    title: "Modbus translator",
    description: "modbus-edge: Modbus devices as components.",
    contents: moduleContents(),
  };
  return { module, interfaces: [...interfaces.values()], components, warnings };
}

/** Names of profiles that differ in a hyphen alone come to one identifier: who finds it taken gets one of its own. */
function unlike(
  model: InterfaceModel,
  { name, profile }: DeviceConfig,
  { key }: Shape,
  taken: ReadonlyMap<string, InterfaceModel>,
  prefix: string,
): InterfaceModel {
  const other = taken.get(model.id);
  if (other === undefined || profile === undefined || JSON.stringify(other.contents) === key) return model;
  return { ...model, id: interfaceId(prefix, "profiles", segmentOf(profile), name) };
}

function shapeOf(device: DeviceConfig, input: ModelInput): Shape {
  const contents = deviceContents(device, input.dialect, input.telemetryForm(device));
  return { ...contents, key: JSON.stringify(contents.contents) };
}

/** The profile's interface where the device is just that; else one of its own. */
function interfaceOf(device: DeviceConfig, shape: Shape, input: ModelInput, known: Map<string, Shape>): InterfaceModel {
  const { contents } = shape;
  const { profile } = device;
  if (profile === undefined)
    return { id: interfaceId(input.prefix, "devices", device.name), title: device.name, contents };
  const plain = known.get(profile) ?? plainShape(profile, input);
  if (plain !== undefined) known.set(profile, plain);
  if (plain?.key === shape.key) {
    const { title, description } = about(profile, input);
    return { id: interfaceId(input.prefix, "profiles", segmentOf(profile)), title, ...description, contents };
  }
  const id = interfaceId(input.prefix, "profiles", segmentOf(profile), device.name);
  return { id, title: `${about(profile, input).title} ${device.name}`, contents };
}

/** What a device of the profile shows that changes nothing in it. */
function plainShape(profile: string, input: ModelInput): Shape | undefined {
  const document = {
    schemaVersion: 1,
    connections: { line: { transport: "tcp", host: "localhost" } },
    ...pick(input.document, ["profiles", "groups", "outputs"]),
    devices: { plain: { connection: "line", unitId: 1, profile } },
  };
  const device = applyDocument(undefined, document, input.profiles).config.devices.get("plain");
  return device === undefined ? undefined : shapeOf(device, input);
}

function pick(from: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (from[key] === undefined ? [] : [[key, from[key] as Json]])));
}

function about(profile: string, input: ModelInput): { readonly title: string; readonly description: JsonObject } {
  const keys = profileKeys(profile, input);
  const { displayName, description } = words(textOf(keys["title"]), maker(keys));
  return {
    title: typeof displayName === "string" ? displayName : profile,
    description: description === undefined ? {} : { description },
  };
}

function profileKeys(profile: string, { document, profiles }: ModelInput): JsonObject {
  const own = isJsonObject(document["profiles"]) ? document["profiles"][profile] : undefined;
  const outside = own === undefined ? profiles(profile) : undefined;
  const found = own ?? (outside?.ok === true ? (outside.value as Json) : undefined);
  return isJsonObject(found) ? found : {};
}

function maker(keys: JsonObject): string | undefined {
  const parts = [textOf(keys["manufacturer"]), textOf(keys["model"])].filter((part) => part !== undefined);
  return parts.length === 0 ? undefined : parts.join(" ");
}

function textOf(json: Json | undefined): string | undefined {
  return typeof json === "string" ? json : undefined;
}
