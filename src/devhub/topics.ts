import { decoded, splitOnce } from "./sharedAccess";

/** Who is connected: a module of the gateway, or a leaf device (no `moduleId`). */
export interface ClientName {
  readonly deviceId: string;
  readonly moduleId?: string;
}

/** What a client may publish (edge runtime, table of topics). */
export type ClientTopic =
  | { readonly kind: "event"; readonly sender: string; readonly properties: Readonly<Record<string, string>> }
  | { readonly kind: "twinGet"; readonly requestId: string }
  | { readonly kind: "reported"; readonly requestId: string }
  | { readonly kind: "methodResponse"; readonly requestId: string; readonly status: number }
  | { readonly kind: "unknown" };

const EVENT = /^devices\/([^/]+)(?:\/modules\/([^/]+))?\/messages\/events\/([^/]*)\/?$/;
const TWIN_GET = "$iothub/twin/GET/";
const REPORTED = "$iothub/twin/PATCH/properties/reported/";
const METHOD_RESPONSE = /^\$iothub\/methods\/res\/(\d+)\/$/;

/** `deviceId` or `deviceId/moduleId`: the MQTT client id. */
export function clientId({ deviceId, moduleId }: ClientName): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
}

export function parseClientTopic(topic: string): ClientTopic {
  const event = EVENT.exec(topic);
  if (event !== null) {
    const [, deviceId = "", moduleId, properties = ""] = event;
    const sender = moduleId === undefined ? decoded(deviceId) : `${decoded(deviceId)}/${decoded(moduleId)}`;
    return { kind: "event", sender, properties: parseProperties(properties) };
  }
  const [path, query] = splitOnce(topic, "?");
  const requestId = parseProperties(query)["$rid"] ?? "";
  if (path === TWIN_GET) return { kind: "twinGet", requestId };
  if (path === REPORTED) return { kind: "reported", requestId };
  const response = METHOD_RESPONSE.exec(path);
  return response === null ? { kind: "unknown" } : { kind: "methodResponse", requestId, status: Number(response[1]) };
}

/** `a=b&%24.mid=c` → `{a: "b", "$.mid": "c"}`. */
export function parseProperties(text: string): Readonly<Record<string, string>> {
  if (text === "") return {};
  return Object.fromEntries(
    text.split("&").map((pair) => {
      const [name, value] = splitOnce(pair, "=");
      return [decoded(name), decoded(value)];
    }),
  );
}

export function formatProperties(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
}

export const hubTopics = {
  twinResponse: (status: number, requestId: string, version?: number): string =>
    `$iothub/twin/res/${status}/?$rid=${requestId}${version === undefined ? "" : `&$version=${version}`}`,
  desired: (version: number): string => `$iothub/twin/PATCH/properties/desired/?$version=${version}`,
  method: (name: string, requestId: string): string => `$iothub/methods/POST/${name}/?$rid=${requestId}`,
  input: (
    { deviceId, moduleId = "" }: ClientName,
    input: string,
    properties: Readonly<Record<string, string>>,
  ): string => `devices/${deviceId}/modules/${moduleId}/inputs/${input}/${formatProperties(properties)}`,
};

/** MQTT 3.1.1 section 4.7: `+` one level, `#` the rest. */
export function topicMatches(filter: string, topic: string): boolean {
  const levels = topic.split("/");
  const wanted = filter.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true;
    if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
