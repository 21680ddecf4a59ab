import type { JsonObject } from "../kernel/json";
import { err, ok, type Result } from "../kernel/result";
import { mergePatch, patchBetween } from "./mergePatch";
import { twinDocumentProblem, twinPatchProblem } from "./twinRules";

/** Both halves of a twin. Versions count from 1 and rise by one with each accepted change. */
export interface ModuleTwin {
  /** Without `$version`. */
  desired(): JsonObject;
  /** Without `$version`. */
  reported(): JsonObject;
  desiredVersion(): number;
  reportedVersion(): number;
  /** `{desired, reported}` with `$version` in both: the answer of a twin GET. */
  document(): JsonObject;
  /** Merges into the desired properties. The value is what is pushed to the module: the patch and the new `$version`. */
  patchDesired(patch: JsonObject): Result<JsonObject, string>;
  /** Replaces the desired properties. What is pushed is the difference (edgeHub does the same). */
  replaceDesired(document: JsonObject): Result<JsonObject, string>;
  /** Merges into the reported properties; the value is the new version. */
  patchReported(patch: JsonObject): Result<number, string>;
}

export function createModuleTwin(initialDesired: JsonObject = {}): ModuleTwin {
  let desired = initialDesired;
  let reported: JsonObject = {};
  let desiredVersion = 1;
  let reportedVersion = 1;

  function adopt(next: JsonObject, patch: JsonObject): Result<JsonObject, string> {
    const problem = twinPatchProblem(patch) ?? twinDocumentProblem(next);
    if (problem !== undefined) return err(`desired ${problem}`);
    desired = next;
    desiredVersion += 1;
    return ok({ ...patch, $version: desiredVersion });
  }

  return {
    desired: () => desired,
    reported: () => reported,
    desiredVersion: () => desiredVersion,
    reportedVersion: () => reportedVersion,
    document: () => ({
      desired: { ...desired, $version: desiredVersion },
      reported: { ...reported, $version: reportedVersion },
    }),
    patchDesired: (patch) => adopt(mergePatch(desired, patch), patch),
    replaceDesired(document) {
      const clean = mergePatch({}, document);
      return adopt(clean, patchBetween(desired, clean));
    },
    patchReported(patch) {
      const next = mergePatch(reported, patch);
      const problem = twinPatchProblem(patch) ?? twinDocumentProblem(next);
      if (problem !== undefined) return err(`reported ${problem}`);
      reported = next;
      reportedVersion += 1;
      return ok(reportedVersion);
    },
  };
}
