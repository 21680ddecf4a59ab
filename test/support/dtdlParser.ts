import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Json, JsonObject } from "../../src/kernel/json";
import { isJsonObject } from "../../src/kernel/json";

/** What Microsoft's own parser says of each document: empty where it is right. */
export function parseDtdl(documents: readonly Json[]): readonly string[] {
  const input = documents.map((document) => `${JSON.stringify(document)}\n`).join("");
  const script = join(__dirname, "dtdlParse.mjs");
  const text = execFileSync(process.execPath, [script], { input, encoding: "utf8", maxBuffer: 1e9, timeout: 120_000 });
  return JSON.parse(text) as string[];
}

/**
 * A template of IoT Central as the parser takes it: it refuses interfaces inside relationships, which Central wants. They
 * become siblings, and the relationships name them.
 */
export function hoisted(template: JsonObject): readonly JsonObject[] {
  const context = template["@context"] as Json;
  const model = template["capabilityModel"] as JsonObject;
  const siblings: JsonObject[] = [];
  const contents = (model["contents"] as JsonObject[]).map((content) => {
    if (!Array.isArray(content["target"])) return content;
    const [target] = content["target"];
    if (isJsonObject(target)) siblings.push({ "@context": context, ...target });
    return { ...content, target: isJsonObject(target) ? (target["@id"] as Json) : (target as Json) };
  });
  return [...siblings, { "@context": context, ...model, contents }];
}
