import type { OutgoingMessage } from "./edgeHub";

/**
 * Body, properties and topic together. edgeHub discards a message over 256 KiB and acknowledges it all the same (edge
 * runtime): bigger ones must never leave.
 */
export const MAX_MESSAGE_BYTES = 245_760;

/** The topic is a text of MQTT, whose length has two bytes: a longer one breaks the link. */
const MAX_TOPIC_BYTES = 65_535;

/** The topic around the properties: two names of at most 128 characters, percent-encoded at worst, and fixed words. */
const TOPIC_BYTES = 1024;
/** A character of a body has at most 3 bytes in UTF-8, one of a property at most 9 when it is percent-encoded. */
const MOST_BODY_BYTES = 3;
const MOST_PROPERTY_BYTES = 9;

/** Bytes that the message takes on its way to the hub: exact for body and properties, an upper bound for the rest. */
export function wireBytes(message: OutgoingMessage): number {
  return topicBytes(message) + Buffer.byteLength(message.body);
}

function topicBytes({ messageId, properties }: OutgoingMessage): number {
  let total = TOPIC_BYTES + encodedBytes(messageId);
  for (const name in properties) total += encodedBytes(name) + encodedBytes(properties[name] ?? "") + 2;
  return total;
}

/** Whether the message may be sent. Counts exactly only where a rough look is not enough. */
export function fitsHub(message: OutgoingMessage): boolean {
  const topic = TOPIC_BYTES + propertyLength(message) * MOST_PROPERTY_BYTES;
  if (topic > MAX_TOPIC_BYTES && topicBytes(message) > MAX_TOPIC_BYTES) return false;
  return topic + message.body.length * MOST_BODY_BYTES <= MAX_MESSAGE_BYTES || wireBytes(message) <= MAX_MESSAGE_BYTES;
}

/** Why a message that does not fit is put aside. */
export function oversizeText(message: OutgoingMessage): string {
  return topicBytes(message) > MAX_TOPIC_BYTES
    ? `its properties are over ${MAX_TOPIC_BYTES} bytes`
    : `it is over ${MAX_MESSAGE_BYTES} bytes and can't be divided`;
}

/** Characters of the message id and of all properties. */
export function propertyLength({ messageId, properties }: OutgoingMessage): number {
  let length = messageId.length;
  for (const name in properties) length += name.length + (properties[name] ?? "").length + 2;
  return length;
}

function encodedBytes(text: string): number {
  // A lone surrogate has no encoding; the hub would get U+FFFD, which takes nine characters.
  return encodeURIComponent(Buffer.from(text).toString()).length;
}
