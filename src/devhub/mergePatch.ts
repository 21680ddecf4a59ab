import { isJsonObject, type Json, type JsonObject } from "../kernel/json";

/** RFC 7396: objects are merged, `null` deletes, everything else replaces. */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, Json>(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    const current = merged.get(name);
    if (value === null) merged.delete(name);
    else if (isJsonObject(value)) merged.set(name, mergePatch(isJsonObject(current) ? current : {}, value));
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** The smallest patch that turns `from` into `to`. edgeHub pushes it when the cloud replaced the desired properties. */
export function patchBetween(from: JsonObject, to: JsonObject): JsonObject {
  const patch = new Map<string, Json>();
  const before = new Map(Object.entries(from));
  for (const [name, value] of Object.entries(to)) {
    const old = before.get(name);
    before.delete(name);
    if (isJsonObject(old) && isJsonObject(value)) {
      const inner = patchBetween(old, value);
      if (Object.keys(inner).length > 0) patch.set(name, inner);
    } else if (JSON.stringify(old) !== JSON.stringify(value)) patch.set(name, value);
  }
  for (const name of before.keys()) patch.set(name, null);
  return Object.fromEntries(patch);
}
