import type { EpochMs } from "../kernel/units";
import type { HubMessage } from "./messageLog";
import type { ClientName } from "./topics";

/** A message from the properties of its topic: the system properties named, the application's (and `$.sub`) together. */
export function receivedMessage(
  { deviceId, moduleId }: ClientName,
  topicProperties: Readonly<Record<string, string>>,
  body: string,
  duplicate: boolean,
  at: EpochMs,
): Omit<HubMessage, "number"> {
  const {
    "$.on": output = "",
    "$.mid": messageId,
    "$.ct": contentType,
    "$.ce": contentEncoding,
    ...properties
  } = topicProperties;
  return {
    hubTime: new Date(at).toISOString(),
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    output,
    ...(messageId === undefined ? {} : { messageId }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(contentEncoding === undefined ? {} : { contentEncoding }),
    properties,
    body,
    duplicate,
  };
}
