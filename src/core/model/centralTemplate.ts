import type { JsonObject } from "../../kernel/json";
import { CONTEXTS } from "./content";
import type { PublishedModel } from "./publish";
import { type ModelChange, type Published, versionOf } from "./versions";

/** What stands in the template beside the model of the module. */
export interface TemplateOptions {
  readonly prefix: string;
  /** Of the template, and of the gateway's own model. */
  readonly displayName: string;
  /** Name of the module in the deployment. */
  readonly moduleName: string;
  /** Facts that Central keeps and the gateway never sees: name → schema (`string`, `double`, …). */
  readonly cloudProperties: ReadonlyMap<string, string>;
  /** Devices that speak for themselves through this gateway: name of the relationship → DTMI of their model. */
  readonly downstream: ReadonlyMap<string, string>;
  readonly manifest?: JsonObject;
  readonly published: Published;
}

/**
 * IoT Central's template of an Edge device: the gateway's model, its module's interface inside the relationship that
 * stands for it, and, inside that, an interface for each component (the first that uses it bears it, the others name it).
 */
export function centralTemplate(
  model: PublishedModel,
  options: TemplateOptions,
): { readonly template: JsonObject; readonly changes: readonly ModelChange[] } {
  const { prefix, displayName, published } = options;
  const contents = [moduleRelationship(model, options.moduleName), ...downstream(options), ...cloudProperties(options)];
  const id = `${prefix}:gateway`;
  const { version, changes } = versionOf(id, contents, published);
  const template = {
    "@id": `${prefix}:gatewayTemplate;${version}`,
    "@type": ["ModelDefinition", "DeviceModel", "EdgeModel", "GatewayModel"],
    "@context": CONTEXTS.central,
    displayName,
    capabilityModel: { "@id": `${id};${version}`, "@type": "Interface", displayName, contents },
    ...(options.manifest === undefined ? {} : { deploymentManifest: options.manifest }),
  };
  return { template, changes };
}

function moduleRelationship({ module, interfaces }: PublishedModel, name: string): JsonObject {
  return {
    "@type": ["Relationship", "EdgeModule"],
    name,
    maxMultiplicity: 1,
    target: [{ ...withoutContext(module), contents: withInterfaces(module, interfaces) }],
  };
}

function withInterfaces(module: JsonObject, interfaces: ReadonlyMap<string, JsonObject>): JsonObject[] {
  const placed = new Set<string>();
  return (module["contents"] as readonly JsonObject[]).map((content) => {
    const id = content["@type"] === "Component" ? String(content["schema"]) : undefined;
    const found = id === undefined || placed.has(id) ? undefined : interfaces.get(id);
    if (id === undefined || found === undefined) return content;
    placed.add(id);
    return { ...content, schema: withoutContext(found) };
  });
}

function withoutContext({ "@context": _, ...rest }: JsonObject): JsonObject {
  return rest;
}

function downstream({ downstream: models }: TemplateOptions): JsonObject[] {
  return [...models].map(([name, target]) => ({ "@type": ["Relationship", "GatewayDevice"], name, target: [target] }));
}

function cloudProperties({ cloudProperties: named }: TemplateOptions): JsonObject[] {
  return [...named].map(([name, schema]) => ({ "@type": ["Cloud", "Property"], name, schema }));
}
