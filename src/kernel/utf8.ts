const strict = new TextDecoder("utf-8", { fatal: true });

/** The text of UTF-8 bytes; `undefined` where they are none. Nothing is replaced: half a value is no value. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Percent-encoding taken off (RFC 3986 section 2.1); `undefined` where it is malformed or no UTF-8. */
export function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

const encoder = new TextEncoder();

/** Bytes that a text has in UTF-8. Most texts are ASCII, which is seen without encoding them. */
export function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return encoder.encode(text).length;
  return text.length;
}
