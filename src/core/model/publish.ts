import type { JsonObject } from "../../kernel/json";
import { CONTEXTS, type Dialect, words } from "./content";
import type { InterfaceModel, SiteModel } from "./modelDocument";
import { type ModelChange, type Published, versionOf } from "./versions";

/** A model with versions: what is written to files. */
export interface PublishedModel {
  /** `dtmi:…;n` of the module's interface: what the module announces. */
  readonly modelId: string;
  /** The module's interface; its components name theirs by identifier. */
  readonly module: JsonObject;
  /** The interfaces of the components, by identifier. */
  readonly interfaces: ReadonlyMap<string, JsonObject>;
  readonly changes: readonly ModelChange[];
  /** Telemetry, properties and commands in all components and the module. */
  readonly capabilities: number;
}

/** Gives every interface its version: the last published one where nothing changed, else the next. */
export function publishModel(site: SiteModel, dialect: Dialect, published: Published): PublishedModel {
  const changes: ModelChange[] = [];
  const interfaces = new Map<string, JsonObject>();
  const idOf = new Map<string, string>();
  const counts = new Map<string, number>();
  const add = (model: InterfaceModel, contents: readonly JsonObject[]): readonly [string, JsonObject] => {
    const decided = versionOf(model.id, contents, published);
    changes.push(...decided.changes);
    const id = `${model.id};${decided.version}`;
    const text = words(model.title, model.description);
    return [id, { "@context": CONTEXTS[dialect], "@id": id, "@type": "Interface", ...text, contents }];
  };
  for (const model of site.interfaces) {
    const [id, json] = add(model, model.contents);
    interfaces.set(id, json);
    idOf.set(model.id, id);
    counts.set(model.id, model.contents.length);
  }
  const components = site.components.map(({ name, interfaceId }) => ({
    "@type": "Component",
    name,
    schema: idOf.get(interfaceId) ?? interfaceId,
  }));
  const [modelId, module] = add(site.module, [...site.module.contents, ...components]);
  const ofComponents = site.components.reduce((sum, { interfaceId }) => sum + (counts.get(interfaceId) ?? 0), 0);
  return { modelId, module, interfaces, changes, capabilities: site.module.contents.length + ofComponents };
}

/** Strict DTDL: a list of interfaces, those of the components first. */
export function dtdlDocument(model: PublishedModel): readonly JsonObject[] {
  return [...model.interfaces.values(), model.module];
}
