import { applyMergePatch } from "../core/config/mergePatch";
import { twinLimitProblem } from "../core/config/twinSize";
import type { JsonObject } from "../kernel/json";
import { deeperThan } from "../kernel/jsonDepth";

/** Far above what a twin holds: merging walks the patch by recursion. */
const DEEPEST_PATCH = 100;

/**
 * Our own copy of the desired properties: patches are merged by RFC 7396 here, because the SDK's copy merges arrays
 * by index (edge runtime, defect 8).
 */
export interface TwinMirror {
  /** The whole document, from a connect or a refresh. Returns why it is refused (then nothing changes), else nothing. */
  replace(desired: JsonObject): string | undefined;
  /**
   * Merges a patch. `"gap"` when a version is missing between: the document must be fetched whole. `refused`: the
   * result would be beyond the limits of a twin; nothing changes, and the next patch is a gap.
   */
  patch(patch: JsonObject): "merged" | "repeated" | "gap" | { readonly refused: string };
  /** The document without `$version`, or `undefined` before the first one. */
  desired(): JsonObject | undefined;
  /** `$version` of the document; 0 before the first one. */
  version(): number;
}

export function createTwinMirror(): TwinMirror {
  let document: JsonObject | undefined;
  let version = 0;

  function adopt(next: JsonObject): string | undefined {
    const { $version, $metadata: _metadata, ...rest } = next;
    const problem = twinLimitProblem(rest);
    if (problem !== undefined) return `the desired properties are refused: ${problem}`;
    document = rest;
    if (typeof $version === "number") version = $version;
    return undefined;
  }

  return {
    replace: adopt,
    patch(patch) {
      const next = patch["$version"];
      if (document === undefined) return "gap";
      if (typeof next === "number" && next <= version) return "repeated";
      if (typeof next === "number" && next > version + 1) return "gap";
      if (deeperThan(patch, DEEPEST_PATCH)) return { refused: "a change of the desired properties is nested too deep" };
      const refused = adopt(applyMergePatch(document, patch) as JsonObject);
      return refused === undefined ? "merged" : { refused };
    },
    desired: () => document,
    version: () => version,
  };
}
