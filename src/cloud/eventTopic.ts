import type { OutgoingMessage } from "./edgeHub";

/** Who sends: a module, or without `moduleId` a device. */
export interface HubIdentity {
  readonly deviceId: string;
  readonly moduleId: string | undefined;
}

/** The topic that carries a message to the hub. */
export type EventTopics = (message: OutgoingMessage) => string;

/**
 * Topics as the SDK builds them (edge runtime, table of topics): output, id and content of the message first, then its
 * properties, all percent-encoded. Throws `URIError` for a text with half of a surrogate pair, as the SDK does.
 */
export function createEventTopics({ deviceId, moduleId }: HubIdentity): EventTopics {
  const path = moduleId === undefined ? deviceId : `${deviceId}/modules/${moduleId}`;
  return ({ output, messageId, contentType, contentEncoding, properties }) => {
    let topic = `devices/${path}/messages/events/%24.on=${encodeURIComponent(output)}&%24.mid=${encodeURIComponent(messageId)}&%24.ct=${encodeURIComponent(contentType)}&%24.ce=${encodeURIComponent(contentEncoding)}`;
    for (const name in properties)
      topic += `&${encodeURIComponent(name)}=${encodeURIComponent(properties[name] as string)}`;
    return `${topic}/`;
  };
}
