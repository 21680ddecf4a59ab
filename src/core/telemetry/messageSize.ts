import { utf8Length } from "../../kernel/utf8";
/** What of a message counts for its size. */
export interface SizedMessage {
  readonly messageId: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** IoT Hub meters messages in pieces of so many bytes. */
export const CHUNK_BYTES = 4096;

/** Room that is kept for the `-` and the number in a message id, whatever it has grown to. */
export const ID_ROOM = 14;

/**
 * Bytes of a message as IoT Hub counts them: the body, the values of the system properties, names and values of the
 * application properties.
 */
export function messageBytes(bodyBytes: number, message: SizedMessage): number {
  const { messageId, contentType, contentEncoding, properties } = message;
  let size = bodyBytes + messageId.length + contentType.length + contentEncoding.length;
  for (const name in properties) size += name.length + utf8Length(properties[name] as string);
  return size;
}

export function chunksOf(bytes: number): number {
  return Math.ceil(bytes / CHUNK_BYTES);
}
