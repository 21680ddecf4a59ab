import { isJsonObject, type Json } from "../../kernel/json";

/** Twins are at most 10 deep. Deeper patches replace instead of merging; validation then refuses them. */
const DEEPEST = 200;

/**
 * JSON Merge Patch (RFC 7396, section 2): objects are merged key by key, `null` deletes, anything else (arrays too)
 * replaces whole. Neither argument is changed; untouched parts are shared. Keys such as `__proto__` are plain data.
 */
export function applyMergePatch(target: Json | undefined, patch: Json, depth = 0): Json {
  if (!isJsonObject(patch) || depth > DEEPEST) return patch;
  const merged = new Map<string, Json>(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, applyMergePatch(merged.get(key), value, depth + 1));
  }
  // Defines own properties, unlike assignment: a key called __proto__ changes no prototype.
  return Object.fromEntries(merged);
}
