import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";
import { isReference } from "./address";
import type { Place } from "./layers";
import { applyMergePatch } from "./mergePatch";
import type { ProfileDocument, ProfileKeys } from "./schemaDevice";

/** A profile as it stands somewhere. */
export interface ProfilePart {
  readonly keys: ProfileDocument;
  readonly place: Place;
}

/** A profile over the one that it extends, as a merge patch: by name, key by key, `null` takes away. */
export function mergedProfile(own: ProfileDocument, base: ProfileDocument | undefined): ProfileKeys {
  const { extends: _extends, ...keys } = own as unknown as JsonObject;
  const under = base === undefined ? {} : withoutHiddenTables(base as unknown as JsonObject, keys);
  // The second patch, over nothing, takes out what is null in a profile that extends none.
  return applyMergePatch(applyMergePatch({}, under), keys) as unknown as ProfileKeys;
}

/** A reference such as "40001" brings its own table, which hides the one underneath. */
function withoutHiddenTables(base: JsonObject, own: JsonObject): JsonObject {
  const points = objectAt(base, "points");
  const changes = objectAt(own, "points");
  const kept = Object.entries(points).map(([name, point]): [string, Json] => {
    const address = objectAt(changes, name)["address"];
    if (typeof address !== "string" || !isReference(address) || !isJsonObject(point)) return [name, point];
    const { table: _table, ...rest } = point;
    return [name, rest];
  });
  return { ...base, points: Object.fromEntries(kept) };
}

function objectAt(parent: JsonObject, name: string): JsonObject {
  const found = Object.hasOwn(parent, name) ? parent[name] : undefined;
  return isJsonObject(found) ? found : {};
}

/** What is wrong with a merged profile is shown in the one that says it; what neither says, in the nearer one. */
export function placeOfMerged(own: ProfilePart, base: ProfilePart | undefined): Place {
  if (base === undefined) return own.place;
  return (steps, text) => {
    const isOwn = depthOf(own.keys, steps) >= depthOf(base.keys, steps);
    return (isOwn ? own.place : base.place)(steps, text);
  };
}

/** How many steps of the way exist. */
function depthOf(root: unknown, steps: readonly (string | number)[]): number {
  let at: unknown = root;
  for (const [depth, step] of steps.entries()) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return depth;
    at = (at as Record<string | number, unknown>)[step];
  }
  return steps.length;
}
