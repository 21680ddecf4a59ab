import { applyMergePatch } from "../core/config/mergePatch";
import type { JsonObject } from "../kernel/json";

/**
 * Our own copy of the desired properties: patches are merged by RFC 7396 here, because the SDK's copy merges arrays
 * by index (edge runtime, defect 8).
 */
export interface TwinMirror {
  /** The whole document, from a connect or a refresh. */
  replace(desired: JsonObject): void;
  /** Merges a patch. `"gap"` when a version is missing between: the document must be fetched whole. */
  patch(patch: JsonObject): "merged" | "repeated" | "gap";
  /** The document without `$version`, or `undefined` before the first one. */
  desired(): JsonObject | undefined;
  /** `$version` of the document; 0 before the first one. */
  version(): number;
}

export function createTwinMirror(): TwinMirror {
  let document: JsonObject | undefined;
  let version = 0;

  function adopt(next: JsonObject): void {
    const { $version, $metadata: _metadata, ...rest } = next;
    document = rest;
    if (typeof $version === "number") version = $version;
  }

  return {
    replace: adopt,
    patch(patch) {
      const next = patch["$version"];
      if (document === undefined) return "gap";
      if (typeof next === "number" && next <= version) return "repeated";
      if (typeof next === "number" && next > version + 1) return "gap";
      adopt(applyMergePatch(document, patch) as JsonObject);
      return "merged";
    },
    desired: () => document,
    version: () => version,
  };
}
