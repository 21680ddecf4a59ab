import { isJsonObject, type Json, type JsonObject } from "../kernel/json";
import { verbatimJson } from "../kernel/jsonText";
import { err, ok, type Result } from "../kernel/result";
import { boundedJson } from "./boundedJson";
import type { DevHub } from "./devHub";
import { answerFaults, FAULT_ROUTES } from "./faultRoutes";
import { type HttpAnswer, type HttpRequest, refusal } from "./httpJson";
import type { HubMessage } from "./messageLog";

const METHOD_TIMEOUT_MS = 30_000;
/** What IoT Hub allows for a direct method. */
const MAX_METHOD_TIMEOUT_MS = 300_000;
const MESSAGE_LIMIT = 100;
const PEM = "application/x-pem-file";

/** What the control API can do; `GET /` shows it. */
export const CONTROL_ROUTES = [
  "GET /                                 these routes, and how many messages there were",
  "GET /modules                          modules, whether they are connected, versions of their twins",
  "GET /modules/M/twin                   desired and reported properties with $version",
  "GET /modules/M/reported               reported properties",
  "GET /modules/M/environment            the variables with which module M connects, as export lines",
  "PATCH /modules/M/desired              merge the body into the desired properties (RFC 7396)",
  "PUT /modules/M/desired                replace the desired properties",
  "POST /modules/M/methods/NAME          call a direct method; ?timeoutMs=30000; no body: an empty payload",
  "POST /modules/M/inputs/NAME           send the body to an input; the query becomes message properties",
  "POST /modules/M/disconnect            cut the connection; the module is expected to come back",
  "POST /modules/M/publish               publish the body on ?topic=TOPIC, whatever it is",
  "GET /leaves/D/connection              with which leaf device D connects through this gateway, as text",
  "GET /trust-bundle                     the certificate of the hub's authority, PEM",
  ...FAULT_ROUTES,
  "GET /messages                         JSON lines; ?after=NUMBER &limit=100 &module=M &device=D &output=NAME",
] as const;

/** The local control API of `modbus-edge devhub`. Errors are `{error: {code, message}}`. */
export function answerControl(request: HttpRequest, hub: DevHub): HttpAnswer | Promise<HttpAnswer> {
  const [first, moduleId, ...rest] = request.path;
  if (request.method === "GET" && first === undefined) return overview(hub);
  if (request.method === "GET" && first === "messages" && moduleId === undefined) return listMessages(request, hub);
  if (first === "faults") return answerFaults(request, hub);
  if (request.method === "GET" && first === "trust-bundle") return { status: 200, text: hub.trustBundle, type: PEM };
  if (request.method === "GET" && first === "leaves" && rest[0] === "connection")
    return leafConnection(hub, moduleId ?? "");
  if (first !== "modules") return unknownRoute(request);
  if (moduleId === undefined)
    return request.method === "GET" ? { status: 200, json: hub.modules() } : unknownRoute(request);
  return answerModule(request, hub, moduleId, rest);
}

function answerModule(
  request: HttpRequest,
  hub: DevHub,
  moduleId: string,
  [what, name]: readonly string[],
): HttpAnswer | Promise<HttpAnswer> {
  switch (`${request.method} ${what}${name === undefined ? "" : "/NAME"}`) {
    case "GET twin":
      return showTwin(hub, moduleId, (twin) => twin);
    case "GET reported":
      return showTwin(hub, moduleId, () => hub.reported(moduleId));
    case "GET environment":
      return { status: 200, text: exportLines(hub.environmentFor(moduleId)), type: "text/plain" };
    case "PATCH desired":
      return changeDesired(request, (patch) => hub.setDesired(moduleId, patch));
    case "PUT desired":
      return changeDesired(request, (document) => hub.replaceDesired(moduleId, document));
    case "POST methods/NAME":
      return callMethod(request, hub, moduleId, name ?? "");
    case "POST inputs/NAME":
      return sendInput(request, hub, moduleId, name ?? "");
    case "POST publish":
      return publish(request, hub, moduleId);
    case "POST disconnect":
      hub.disconnect(moduleId);
      return { status: 200, json: {} };
    default:
      return unknownRoute(request);
  }
}

/** `export NAME='value'` lines for a shell. */
export function exportLines(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`)
    .join("");
}

function unknownRoute({ method, path }: HttpRequest): HttpAnswer {
  return refusal(404, `no ${method} /${path.join("/")}; GET / lists what there is`);
}

function overview({ messages: { total, dropped } }: DevHub): HttpAnswer {
  const lines = [...CONTROL_ROUTES, "", `${total} messages so far, ${dropped} of them no longer held`, ""];
  return { status: 200, text: lines.join("\n"), type: "text/plain" };
}

function showTwin(hub: DevHub, moduleId: string, select: (twin: JsonObject) => JsonObject): HttpAnswer {
  const twin = hub.twin(moduleId);
  return twin === undefined ? refusal(404, `no module "${moduleId}"`) : { status: 200, json: select(twin) };
}

function changeDesired(request: HttpRequest, change: (document: JsonObject) => Result<JsonObject, string>): HttpAnswer {
  const document = parsed(request.body);
  if (!document.ok) return refusal(400, document.error);
  if (!isJsonObject(document.value)) return refusal(400, "the body must be a JSON object");
  const changed = change(document.value);
  return changed.ok ? { status: 200, json: changed.value } : refusal(400, changed.error);
}

async function callMethod(request: HttpRequest, hub: DevHub, moduleId: string, name: string): Promise<HttpAnswer> {
  const payload = request.body === "" ? ok(undefined) : parsed(request.body);
  if (!payload.ok) return refusal(400, payload.error);
  const timeoutMs = wholeNumber(request, "timeoutMs", METHOD_TIMEOUT_MS);
  if (timeoutMs === undefined || timeoutMs < 1 || timeoutMs > MAX_METHOD_TIMEOUT_MS) {
    return refusal(400, `timeoutMs must be a whole number from 1 to ${MAX_METHOD_TIMEOUT_MS}`);
  }
  const outcome = await hub.invokeMethod(moduleId, name, payload.value, timeoutMs);
  if (!outcome.answered) return { status: outcome.status, json: outcome.payload };
  return { status: 200, json: { status: outcome.status, payload: outcome.payload } };
}

function sendInput(request: HttpRequest, hub: DevHub, moduleId: string, input: string): HttpAnswer {
  const sent = hub.sendInput(moduleId, input, request.body, Object.fromEntries(request.query));
  return sent.ok ? { status: 202, json: {} } : refusal(400, sent.error);
}

function publish(request: HttpRequest, hub: DevHub, moduleId: string): HttpAnswer {
  const topic = request.query.get("topic");
  if (topic === null || topic === "") return refusal(400, "?topic= is missing");
  const isSent = hub.publishRaw(moduleId, topic, request.bytes);
  return isSent ? { status: 202, json: {} } : refusal(404, `module "${moduleId}" is not connected`);
}

function leafConnection(hub: DevHub, deviceId: string): HttpAnswer {
  const connection = hub.connectionStringFor(deviceId);
  if (!connection.ok) return refusal(400, connection.error);
  return { status: 200, text: `${connection.value}\n`, type: "text/plain" };
}

function listMessages(request: HttpRequest, hub: DevHub): HttpAnswer {
  const after = wholeNumber(request, "after", 0);
  const limit = wholeNumber(request, "limit", MESSAGE_LIMIT);
  if (after === undefined || limit === undefined) return refusal(400, "after and limit must be whole numbers");
  const module = request.query.get("module");
  const device = request.query.get("device");
  const output = request.query.get("output");
  const wanted = hub.messages
    .list()
    .filter((message) => message.number > after)
    .filter((message) => device === null || message.deviceId === device)
    .filter((message) => module === null || message.moduleId === module)
    .filter((message) => output === null || message.output === output);
  // Without a start the newest are wanted, with one the next.
  const page = request.query.has("after") ? wanted.slice(0, limit) : wanted.slice(Math.max(0, wanted.length - limit));
  return { status: 200, text: page.map(fullLine).join(""), type: "application/x-ndjson" };
}

/** Everything known of a message, the body last and with every digit. */
function fullLine({ body, ...rest }: HubMessage): string {
  return `${JSON.stringify(rest).slice(0, -1)},"body":${verbatimJson(body)}}\n`;
}

function wholeNumber({ query }: HttpRequest, name: string, otherwise: number): number | undefined {
  const text = query.get(name);
  if (text === null) return otherwise;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function parsed(text: string): Result<Json, string> {
  const json = boundedJson(text);
  return json.ok ? json : err(`the body is not JSON: ${json.error}`);
}
