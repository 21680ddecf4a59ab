import { createHmac, timingSafeEqual } from "node:crypto";
import { err, ok, type Result } from "../kernel/result";
import type { EpochMs } from "../kernel/units";

/** Base64 HMAC-SHA256: what the workload API's `sign` answers and what a shared access signature carries. */
export function hmac(key: Buffer, data: Buffer | string): string {
  return createHmac("sha256", key).update(data).digest("base64");
}

/**
 * Checks a shared access signature `SharedAccessSignature sr=…&sig=…&se=…`: signed with `key`, for `resource`
 * (`hub/devices/d[/modules/m]`), not expired at `now`. The error says which of them does not hold.
 */
export function verifySharedAccess(token: string, resource: string, key: Buffer, now: EpochMs): Result<void, string> {
  const [scheme, fields = ""] = token.split(" ", 2);
  if (scheme !== "SharedAccessSignature") return err("the password is not a shared access signature");
  const parts = new Map(fields.split("&").map((field) => splitOnce(field, "=")));
  const signedResource = parts.get("sr") ?? "";
  const expiry = parts.get("se") ?? "";
  if (decoded(signedResource).toLowerCase() !== resource.toLowerCase()) {
    return err(`the signature is for ${decoded(signedResource) || "nothing"}, not for ${resource}`);
  }
  if (!/^\d+$/.test(expiry) || Number(expiry) * 1000 <= now) return err(`the signature expired (se=${expiry})`);
  const expected = Buffer.from(hmac(key, `${signedResource}\n${expiry}`));
  const given = Buffer.from(decoded(parts.get("sig") ?? ""));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return err("the signature does not match");
  return ok(undefined);
}

/** A text percent-decoded, or as it is where the encoding is malformed. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The text before and after the first `separator`; all of it and nothing where there is none. */
export function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}
