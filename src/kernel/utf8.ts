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
