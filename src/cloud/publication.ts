import { percentDecoded, utf8Text } from "../kernel/utf8";
import type { InputMessage } from "./edgeHub";

/** What the hub published to the module, read strictly. `unreadable` names what it was for people. */
export type Publication =
  /** `body` undefined: no UTF-8. */
  | { readonly kind: "desired"; readonly body: string | undefined }
  | { readonly kind: "method"; readonly name: string; readonly requestId: string; readonly body: string | undefined }
  | { readonly kind: "input"; readonly message: InputMessage }
  | { readonly kind: "twinAnswer"; readonly status: number; readonly body: string | undefined }
  | { readonly kind: "unreadable"; readonly reason: string };

const METHOD = /^\$iothub\/methods\/POST\/([^/]+)\/\?(?:.*&)?\$rid=([^&]+)/;
const DESIRED = "$iothub/twin/PATCH/properties/desired/";
const TWIN_ANSWER = /^\$iothub\/twin\/res\/(\d{3})\//;
const INPUT = /^devices\/[^/]+\/modules\/[^/]+\/inputs\/([^/]+)\/?(.*?)\/?$/;

/** Reads a publication from its topic (edge runtime, table of topics). Never throws, whatever the topic says. */
export function readPublication(topic: string, payload: Uint8Array): Publication {
  const [, name, requestId] = METHOD.exec(topic) ?? [];
  if (name !== undefined && requestId !== undefined)
    return { kind: "method", name: percentDecoded(name) ?? name, requestId, body: utf8Text(payload) };
  if (topic.startsWith(DESIRED)) return { kind: "desired", body: utf8Text(payload) };
  const [, status] = TWIN_ANSWER.exec(topic) ?? [];
  if (status !== undefined) return { kind: "twinAnswer", status: Number(status), body: utf8Text(payload) };
  const [, input, properties] = INPUT.exec(topic) ?? [];
  if (input !== undefined) return readInput(input, properties ?? "", payload);
  return { kind: "unreadable", reason: "a topic that modules do not have" };
}

function readInput(step: string, propertyText: string, payload: Uint8Array): Publication {
  const input = percentDecoded(step);
  const properties = readProperties(propertyText);
  const body = utf8Text(payload);
  if (input === undefined || properties === undefined)
    return { kind: "unreadable", reason: "malformed percent-encoding in the topic of a message" };
  if (body === undefined) return { kind: "unreadable", reason: `a message for input ${input} that is no UTF-8` };
  const { "$.mid": messageId, ...others } = properties;
  return {
    kind: "input",
    message: { input, body, ...(messageId === undefined ? {} : { messageId }), properties: others },
  };
}

/** `a=b&%24.mid=c` → `{a: "b", "$.mid": "c"}`; a name without `=` has an empty value. */
function readProperties(text: string): Readonly<Record<string, string>> | undefined {
  const entries: [string, string][] = [];
  for (const pair of text.split("&").filter((part) => part !== "")) {
    const at = pair.indexOf("=");
    const name = percentDecoded(at < 0 ? pair : pair.slice(0, at));
    const value = percentDecoded(at < 0 ? "" : pair.slice(at + 1));
    if (name === undefined || value === undefined) return undefined;
    entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}
