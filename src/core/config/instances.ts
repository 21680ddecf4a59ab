import { isJsonObject, type Json, type JsonObject, pointer } from "../../kernel/json";
import { parseTemplate, type Template } from "./instanceTemplate";
import { applyMergePatch } from "./mergePatch";
import { didYouMean } from "./nearest";
import type { Problem } from "./problem";

export type InstanceKind = "connections" | "devices";
const KINDS: readonly InstanceKind[] = ["connections", "devices"];

/** Instances of one document: more devices than an edge gateway polls. */
export const MAX_INSTANCES = 10_000;

/** A template of which nothing can be made: what it made before stays. */
export interface BrokenTemplate {
  readonly kind: InstanceKind;
  readonly problems: readonly Problem[];
  /** Whether it may have made this name. */
  matches(name: string): boolean;
}

/** Where an instance comes from. */
export interface Origin {
  readonly template: string;
  /** What the document says under the very name, over the instance. */
  readonly explicit: Json | undefined;
}

/** A document with each template replaced by its instances. */
export interface Expansion {
  readonly document: unknown;
  readonly origins: Readonly<Record<InstanceKind, ReadonlyMap<string, Origin>>>;
  readonly broken: readonly BrokenTemplate[];
  /** Names that two templates make. */
  readonly collisions: Readonly<Record<InstanceKind, ReadonlyMap<string, readonly Problem[]>>>;
}

/** Replaces the templates (`"rtu{c}": { "for": { "c": "01-40" }, … }`) of a document; pure, for any JSON. */
export function expandInstances(document: unknown): Expansion {
  const parts = { connections: createPart("connections"), devices: createPart("devices") };
  const expanded: [InstanceKind, JsonObject][] = [];
  let left = MAX_INSTANCES;
  if (isJsonObject(document)) {
    for (const kind of KINDS) {
      const named = Object.hasOwn(document, kind) ? document[kind] : undefined;
      if (!isJsonObject(named) || !Object.entries(named).some(([name, body]) => isTemplate(name, body))) continue;
      left = expandPart(named, parts[kind], left);
      expanded.push([kind, Object.fromEntries(parts[kind].bodies)]);
    }
  }
  const { connections, devices } = parts;
  return {
    document: expanded.length === 0 ? document : { ...(document as JsonObject), ...Object.fromEntries(expanded) },
    origins: { connections: connections.origins, devices: devices.origins },
    broken: [...connections.broken, ...devices.broken],
    collisions: { connections: connections.collisions, devices: devices.collisions },
  };
}

interface Part {
  readonly kind: InstanceKind;
  readonly bodies: Map<string, Json>;
  readonly origins: Map<string, Origin>;
  readonly broken: BrokenTemplate[];
  readonly collisions: Map<string, readonly Problem[]>;
}

function createPart(kind: InstanceKind): Part {
  return { kind, bodies: new Map(), origins: new Map(), broken: [], collisions: new Map() };
}

function isTemplate(name: string, body: Json): boolean {
  return body !== null && (/[{}]/.test(name) || (isJsonObject(body) && Object.hasOwn(body, "for")));
}

/** Returns how many instances may still be made. */
function expandPart(named: JsonObject, part: Part, most: number): number {
  let left = most;
  for (const [name, body] of Object.entries(named)) {
    if (!isTemplate(name, body)) {
      // A template has taken it up already; or takes it up later.
      if (!/[{}]/.test(name) && !part.origins.has(name)) part.bodies.set(name, body);
      continue;
    }
    const template = templateOf(name, body, part.kind, left);
    if ("problems" in template) part.broken.push(template);
    else {
      left -= template.count;
      makeInstances(name, template, named, part);
    }
  }
  return left;
}

function templateOf(name: string, body: Json, kind: InstanceKind, left: number): Template | BrokenTemplate {
  const at = [kind, name];
  const broken = (problems: readonly Problem[]): BrokenTemplate => ({
    kind,
    problems,
    matches: (other) => patternOf(name).test(other),
  });
  if (!isJsonObject(body)) return broken([{ path: pointer(at), text: "an object is expected" }]);
  if (!/[{}]/.test(name)) {
    const text = `"for" makes many, and all would be called "${name}": put its variables into the name, as in "${name}{n}"`;
    return broken([{ path: pointer([...at, "for"]), text }]);
  }
  if (!Object.hasOwn(body, "for")) {
    const hint = didYouMean("for", Object.keys(body)) || ': it needs "for", such as { "c": "01-40" }';
    return broken([{ path: pointer(at), text: `the name ${JSON.stringify(name)} has braces${hint}` }]);
  }
  const template = parseTemplate(name, body, at);
  if (!template.ok) return broken(template.error);
  if (template.value.count <= left) return template.value;
  const text = `it makes ${template.value.count} instances: at most ${MAX_INSTANCES} are possible in one configuration`;
  return broken([{ path: pointer([...at, "for"]), text }]);
}

/** Every name that a template may have made. */
function patternOf(name: string): RegExp {
  const literal = name
    .split(/\{[^{}]*\}?/)
    .map((piece) => piece.replaceAll(/[^A-Za-z0-9_]/g, "\\$&"))
    .join("\\d+");
  return new RegExp(`^${literal}$`);
}

function makeInstances(template: string, { instances }: Template, named: JsonObject, part: Part): void {
  for (const { name, body } of instances()) {
    const other = part.origins.get(name);
    if (other !== undefined) {
      const text =
        other.template === template
          ? `it makes "${name}" twice`
          : `it makes "${name}", which ${JSON.stringify(other.template)} makes already`;
      part.collisions.set(name, [{ path: pointer([part.kind, template]), text }]);
      continue;
    }
    const explicit = Object.hasOwn(named, name) ? named[name] : undefined;
    part.origins.set(name, { template, explicit });
    part.bodies.set(name, explicit === undefined ? body : applyMergePatch(body, explicit));
  }
}
