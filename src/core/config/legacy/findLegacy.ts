import { isJsonObject, type Json, type JsonObject, pointer } from "../../../kernel/json";
import { isLegacyDocument } from "./translateLegacy";

/** A legacy document inside of another one, and where. */
export interface FoundLegacy {
  readonly document: JsonObject;
  readonly path: string;
}

/** A manifest, a twin or an export has it not deeper. */
const DEEPEST = 5;

/** The legacy documents in a document: itself, or those in a deployment manifest or a twin. */
export function findLegacy(document: Json, steps: readonly string[] = []): readonly FoundLegacy[] {
  if (isLegacyDocument(document)) return [{ document, path: pointer(steps) }];
  if (!isJsonObject(document) || steps.length >= DEEPEST) return [];
  return Object.entries(document).flatMap(([key, inner]) => findLegacy(inner, [...steps, key]));
}
