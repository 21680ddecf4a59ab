import { isJsonObject, type Json, type JsonObject, pointer } from "../../kernel/json";
import type { DeviceConfig } from "../config/gatewayConfig";
import { expandInstances } from "../config/instances";

/** Where a document says what it says of resolved parts, as JSON pointers. */
export interface Places {
  /** The device, or the template that made it. */
  device(name: string): string;
  connection(name: string): string;
  /** The profile of the document that the device stands on; else the device. */
  model(device: DeviceConfig): string;
  /** The nearest place that says something of the point; else the model. */
  point(device: DeviceConfig, point: string): string;
  /** The same for a group, which may stand at the root too. */
  group(device: DeviceConfig, group: string): string;
}

/** For any document of which something could be resolved. */
export function placesIn(document: unknown): Places {
  const root = isJsonObject(document) ? document : {};
  const { origins } = expandInstances(document);
  const device = (name: string): string => origins.devices.get(name)?.template ?? name;

  function bases({ name, profile }: DeviceConfig): readonly (readonly string[])[] {
    const own = [["devices", device(name)]];
    return profile === undefined ? own : [...own, ["profiles", profile]];
  }

  function model(config: DeviceConfig): string {
    const { profile } = config;
    const inDocument = profile !== undefined && isJsonObject(valueAt(root, ["profiles", profile]));
    return pointer(inDocument ? ["profiles", profile] : ["devices", device(config.name)]);
  }

  function nearest(places: readonly (readonly string[])[]): string | undefined {
    const found = places.find((steps) => valueAt(root, steps) !== undefined);
    return found === undefined ? undefined : pointer(found);
  }

  return {
    device: (name) => pointer(["devices", device(name)]),
    connection: (name) => pointer(["connections", origins.connections.get(name)?.template ?? name]),
    model,
    point: (config, point) => nearest(bases(config).map((base) => [...base, "points", point])) ?? model(config),
    group: (config, group) =>
      nearest([...bases(config), []].map((base) => [...base, "groups", group])) ?? model(config),
  };
}

function valueAt(root: JsonObject, steps: readonly string[]): Json | undefined {
  let at: Json | undefined = root;
  for (const step of steps) {
    if (!isJsonObject(at) || !Object.hasOwn(at, step)) return undefined;
    at = at[step];
  }
  return at;
}
