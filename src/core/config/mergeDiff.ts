import { isJsonObject, type Json, type JsonObject } from "../../kernel/json";

/**
 * The smallest merge patch (RFC 7396) that turns `from` into `to`; `undefined` when they are equal. Arrays are
 * replaced whole. `to` holds no null (a merge patch cannot say it).
 */
export function mergeDiff(from: JsonObject, to: JsonObject): JsonObject | undefined {
  const patch: [string, Json][] = [];
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) patch.push([key, null]);
  for (const [key, next] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isJsonObject(before) && isJsonObject(next)) {
      const inner = mergeDiff(before, next);
      if (inner !== undefined) patch.push([key, inner]);
    } else if (before === undefined || !sameJson(before, next)) {
      patch.push([key, next]);
    }
  }
  return patch.length === 0 ? undefined : Object.fromEntries(patch);
}

/** Deep equality of JSON; the order of keys does not matter. */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item: Json, at) => sameJson(item, b[at] as Json));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key] as Json, b[key] as Json))
  );
}
