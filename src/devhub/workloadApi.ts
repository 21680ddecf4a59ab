import { isJsonObject, type Json } from "../kernel/json";
import type { FaultBoard, FaultSetting } from "./faults";
import { type HttpAnswer, type HttpRequest, refusal } from "./httpJson";
import type { Identities } from "./identities";
import { hmac } from "./sharedAccess";

export const GENERATION_ID = "1";

/** The two calls of the IoT Edge workload API that a module's SDK makes (api-version 2018-06-28). */
export function answerWorkload(
  request: HttpRequest,
  identities: Identities,
  trustBundle: string,
  faults: Pick<FaultBoard, "strikes">,
): HttpAnswer | Promise<HttpAnswer> {
  const [first, moduleId = "", genid, generationId, action] = request.path;
  if (request.method === "GET" && first === "trust-bundle" && request.path.length === 1) {
    return { status: 200, json: { certificate: trustBundle } };
  }
  if (request.method !== "POST" || first !== "modules" || genid !== "genid" || action !== "sign") {
    return refusal(404, `${request.method} /${request.path.join("/")} is not part of this stand-in`);
  }
  if (generationId !== GENERATION_ID) return refusal(404, `module ${moduleId} has generation ${GENERATION_ID}`);
  const fault = faults.strikes("signError", moduleId);
  return fault === undefined ? sign(request.body, moduleId, identities) : brokenAnswer(fault);
}

function brokenAnswer({ text }: FaultSetting): HttpAnswer | Promise<HttpAnswer> {
  if (text === "hang") return new Promise(() => undefined);
  if (text === "empty") return { status: 200, text: "", type: "application/json" };
  if (text === "notJson") return { status: 200, text: "<html>", type: "application/json" };
  return { status: 500, text: "", type: "application/json" };
}

function sign(body: string, moduleId: string, identities: Identities): HttpAnswer {
  const wish = signWish(body);
  if (wish === undefined) return refusal(400, 'expected {"keyId":"primary","algo":"HMACSHA256","data":base64}');
  const client = identities.module(moduleId);
  if (client === undefined) return refusal(404, `no module "${moduleId}": a bad name, or too many modules`);
  return { status: 200, json: { digest: hmac(client.key, wish) } };
}

function signWish(body: string): Buffer | undefined {
  try {
    const wish = JSON.parse(body) as Json;
    if (!isJsonObject(wish) || wish["keyId"] !== "primary" || wish["algo"] !== "HMACSHA256") return undefined;
    return typeof wish["data"] === "string" ? Buffer.from(wish["data"], "base64") : undefined;
  } catch {
    return undefined;
  }
}
