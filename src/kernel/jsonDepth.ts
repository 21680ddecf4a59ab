import type { Json } from "./json";

/**
 * Whether objects and arrays are nested more than `levels` deep (a bare value: 0, `{}`: 1). Without recursion: what it
 * guards may be deeper than the stack.
 */
export function deeperThan(json: Json, levels: number): boolean {
  let layer: object[] = isNested(json) ? [json] : [];
  for (let depth = 0; layer.length > 0; depth++) {
    if (depth >= levels) return true;
    const next: object[] = [];
    for (const nested of layer) for (const value of Object.values(nested)) if (isNested(value)) next.push(value);
    layer = next;
  }
  return false;
}

function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
