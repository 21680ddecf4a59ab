import { isJsonObject, type Json } from "../kernel/json";
import type { DevHub } from "./devHub";
import { faultNamed, faultSetting, isLasting, LASTING_FAULTS, SUDDEN_FAULTS } from "./faults";
import { type HttpAnswer, type HttpRequest, refusal } from "./httpJson";

export const FAULT_ROUTES = [
  "GET /faults                           faults in force, and all there are",
  'PUT /faults/NAME                      make it happen; body {"times","delayMs","text","module"}, all optional',
  "DELETE /faults/NAME                   end it",
  "DELETE /faults                        end all",
] as const;

/** `/faults` of the control API. */
export async function answerFaults(request: HttpRequest, hub: DevHub): Promise<HttpAnswer> {
  const [, name] = request.path;
  if (name === undefined) return allFaults(request, hub);
  const fault = faultNamed(name);
  if (!fault.ok) return refusal(404, fault.error);
  if (request.method === "DELETE" && isLasting(fault.value)) return outcome(await hub.clearFault(fault.value), hub);
  if (request.method !== "PUT") return refusal(405, "PUT makes a fault happen, DELETE ends a lasting one");
  const body = parsed(request.body);
  if (!isJsonObject(body)) return refusal(400, "the body must be a JSON object, or nothing");
  const setting = faultSetting(fault.value, body);
  if (!setting.ok) return refusal(400, setting.error);
  return outcome(await hub.fault(fault.value, setting.value), hub);
}

async function allFaults({ method }: HttpRequest, hub: DevHub): Promise<HttpAnswer> {
  if (method === "DELETE") return outcome(await hub.clearFault(), hub);
  if (method !== "GET") return refusal(405, "GET lists faults, DELETE ends them all");
  return { status: 200, json: { inForce: hub.faults(), lasting: LASTING_FAULTS, sudden: SUDDEN_FAULTS } };
}

function outcome(result: Awaited<ReturnType<DevHub["clearFault"]>>, hub: DevHub): HttpAnswer {
  return result.ok ? { status: 200, json: hub.faults() } : refusal(500, result.error);
}

function parsed(body: string): Json | undefined {
  try {
    return body === "" ? {} : (JSON.parse(body) as Json);
  } catch {
    return undefined;
  }
}
