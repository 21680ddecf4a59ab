import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";
import { configurationJsonSchema } from "./jsonSchema";

/** A hole alone, which becomes a number: `{u}`, `{10+n}`. */
const HOLE_ALONE = "^\\{[^{}]+\\}$";
/** Text with a hole somewhere. */
const WITH_HOLE = "\\{[^{}]+\\}";
/** Below these no hole of an instance stands: `for` has none, commands have braces of their own, and names are names. */
const AS_THEY_ARE: ReadonlySet<string> = new Set(["for", "commands", "propertyNames"]);

/**
 * The JSON Schema for editors: in whatever devices and connections are made of, a text that a template of instances
 * fills (`"unitId": "{u}"`) fits where a number or a text of some form is expected. A device that is no template is
 * looked at as kindly; `check` is not.
 */
export function editorJsonSchema(): JsonObject {
  const schema = configurationJsonSchema() as JsonObject;
  const definitions = schema["$defs"] as Readonly<Record<string, JsonObject>>;
  const configuration = definitions["Configuration"]?.["properties"] as JsonObject;
  const templated = new Set<string>();
  collect([configuration["devices"] ?? null, configuration["connections"] ?? null], definitions, templated);
  const relaxed = Object.entries(definitions).map(([name, one]): [string, Json] => [
    name,
    templated.has(name) ? withHoles(one) : one,
  ]);
  return { ...schema, $defs: Object.fromEntries(relaxed) };
}

/** Names of the definitions that `part` refers to, and those refer to. */
function collect(part: Json, definitions: Readonly<Record<string, JsonObject>>, found: Set<string>): void {
  if (Array.isArray(part)) for (const one of part as readonly Json[]) collect(one, definitions, found);
  if (!isJsonObject(part)) return;
  for (const [key, inner] of Object.entries(part)) {
    if (AS_THEY_ARE.has(key)) continue;
    const name = key === "$ref" && typeof inner === "string" ? inner.replace("#/$defs/", "") : undefined;
    if (name === undefined) collect(inner, definitions, found);
    else if (!found.has(name)) {
      found.add(name);
      collect(definitions[name] ?? null, definitions, found);
    }
  }
}

function withHoles(part: Json): Json {
  if (Array.isArray(part)) return (part as readonly Json[]).map(withHoles);
  if (!isJsonObject(part)) return part;
  const hole = holeFor(part);
  if (hole === undefined) {
    return Object.fromEntries(
      Object.entries(part).map(([key, inner]) => [key, AS_THEY_ARE.has(key) ? inner : withHoles(inner)]),
    );
  }
  const { description, default: fallback, ...strict } = part;
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [strict, { type: "string", pattern: hole }],
  };
}

function holeFor({ type, pattern, const: only }: JsonObject): string | undefined {
  if (only !== undefined) return undefined;
  if (type === "integer" || type === "number") return HOLE_ALONE;
  return type === "string" && pattern !== undefined ? WITH_HOLE : undefined;
}
