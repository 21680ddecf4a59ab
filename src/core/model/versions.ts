import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";

/** Interfaces of an earlier output, by identifier without version. Published interfaces never change: a change is a new version. */
export type Published = ReadonlyMap<string, { readonly version: number; readonly contents: readonly JsonObject[] }>;

/** One difference against what was published. `breaks`: who relies on the earlier version can't rely on it any more. */
export interface ModelChange {
  readonly interfaceId: string;
  readonly name: string;
  readonly what: string;
  readonly breaks: boolean;
}

const ID = /^(dtmi:[A-Za-z0-9_:]+);(\d{1,9})$/;

/** Every interface in a template or in a list of interfaces; the highest version of each. */
export function publishedIn(document: Json): Published {
  const found = new Map<string, { version: number; contents: readonly JsonObject[] }>();
  collect(document, found);
  return found;
}

function collect(json: Json, found: Map<string, { version: number; contents: readonly JsonObject[] }>): void {
  if (Array.isArray(json)) {
    for (const item of json) collect(item, found);
    return;
  }
  if (!isJsonObject(json)) return;
  const [, id, version] = ID.exec(typeof json["@id"] === "string" ? json["@id"] : "") ?? [];
  const { contents } = json;
  if (json["@type"] === "Interface" && id !== undefined && Array.isArray(contents)) {
    const known = found.get(id);
    const own = { version: Number(version), contents: contents.filter(isJsonObject) };
    if (known === undefined || known.version < own.version) found.set(id, own);
  }
  for (const value of Object.values(json)) if (value !== null) collect(value, found);
}

/** The version to publish these contents under, and what is different from the last. */
export function versionOf(
  id: string,
  contents: readonly JsonObject[],
  published: Published,
): { readonly version: number; readonly changes: readonly ModelChange[] } {
  const before = published.get(id);
  if (before === undefined) return { version: 1, changes: [] };
  const changes = differences(id, before.contents.map(withReference), contents.map(withReference));
  return { version: changes.length === 0 ? before.version : before.version + 1, changes };
}

/** A component or relationship whose interface stands inside it says the same as one that names it. */
function withReference(content: JsonObject): JsonObject {
  const refer = (json: Json | undefined): Json | undefined =>
    isJsonObject(json) && json["@type"] === "Interface" ? json["@id"] : json;
  const { schema, target } = content;
  return {
    ...content,
    ...(schema === undefined ? {} : { schema: refer(schema) as Json }),
    ...(target === undefined ? {} : { target: (Array.isArray(target) ? target.map(refer) : refer(target)) as Json }),
  };
}

const FOR_PEOPLE: ReadonlySet<string> = new Set(["displayName", "description"]);

function differences(id: string, before: readonly JsonObject[], after: readonly JsonObject[]): ModelChange[] {
  const old = new Map(before.map((content) => [String(content["name"]), content]));
  const names = new Set(after.map((content) => String(content["name"])));
  const change = (name: string, what: string, breaks: boolean): ModelChange => ({
    interfaceId: id,
    name,
    what,
    breaks,
  });
  const gone = [...old.keys()].filter((name) => !names.has(name)).map((name) => change(name, "removed", true));
  const rest = after.flatMap((content) => {
    const name = String(content["name"]);
    const known = old.get(name);
    if (known === undefined) return [change(name, "added", false)];
    const keys = [...new Set([...Object.keys(known), ...Object.keys(content)])];
    const changed = keys.filter((key) => JSON.stringify(known[key]) !== JSON.stringify(content[key]));
    if (changed.length === 0) return [];
    return [
      change(
        name,
        `changed: ${changed.join(", ")}`,
        changed.some((key) => !FOR_PEOPLE.has(key)),
      ),
    ];
  });
  return [...gone, ...rest];
}
