import type { Json } from "./json";

/**
 * Whether objects and arrays are nested more than `levels` deep (a bare value: 0, `{}`: 1). Without recursion: what it
 * guards may be deeper than the stack.
 */
export function deeperThan(json: Json, levels: number): boolean {
  let layer: Json[] = [json];
  for (let depth = 0; layer.length > 0; depth++) {
    const nested = layer.filter((value) => typeof value === "object" && value !== null);
    if (nested.length > 0 && depth >= levels) return true;
    layer = nested.flatMap((value) => Object.values(value as object) as Json[]);
  }
  return false;
}
