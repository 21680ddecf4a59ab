import type { WriteError } from "../core/planning/writePlan";
import { valueForTwin } from "../core/points/valueText";
import type { Json, JsonObject } from "../kernel/json";
import type { WriteResult } from "../runtime/deviceAccess";
import { type MethodError, refusal } from "./methodError";

/** What the check before writing found, with its place in the payload. */
export function planRefusal({ status, message, path, nearest }: WriteError, base: string): MethodError {
  const error = refusal(status, message, `${base}${path ?? ""}`);
  return nearest === undefined ? error : { ...error, nearest: valueForTwin(nearest) };
}

/** `minWriteIntervalMs`, and the caller's time ends before it does. */
export function tooSoon(restMs: number): MethodError {
  const inS = Math.ceil(restMs / 1000);
  return refusal(409, `written a short time ago; minWriteIntervalMs lets it be written again in ${inS} s`, "/values");
}

/** `results` where nothing was written: every point says so. */
export function refusedResults(values: JsonObject): JsonObject {
  const results = Object.entries(values).map(([name, requested]) => [
    name,
    { outcome: "refused", requested, attempts: 0, ms: 0 },
  ]);
  return Object.fromEntries(results);
}

/** A result as methods answer it. */
export function resultJson(result: WriteResult): Json {
  return {
    outcome: result.outcome,
    requested: valueForTwin(result.requested),
    ...(result.readBack === undefined ? {} : { readBack: valueForTwin(result.readBack) }),
    attempts: result.attempts,
    ms: Math.round(result.ms),
    ...(result.reason === undefined ? {} : { reason: result.reason }),
  };
}

/** Which points failed and why. */
export function failureText(results: ReadonlyMap<string, WriteResult>): string {
  const failed = [...results].filter(([, result]) => result.status !== 200);
  return failed.map(([name, result]) => `${name}: ${result.reason ?? result.outcome}`).join("; ");
}

/** The worst status of the points; 200 where all went well. */
export function worstStatus(results: ReadonlyMap<string, WriteResult>): number {
  return Math.max(200, ...[...results.values()].map(({ status }) => status));
}
