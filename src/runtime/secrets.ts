const HIDDEN = "***";
const NAMED = /\b(SharedAccessKey|AccountKey|sig|password|passwd|secret)(\\?"?\s*[=:]\s*\\?"?)([^\s;&",\\]+)/gi;
const IN_URL = /(:\/\/)[^\s/@:]+:[^\s/@]+@/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs;

/** A line for the log without what would let its reader in: keys, signatures, passwords, wherever they came from. */
export function withoutSecrets(line: string): string {
  return line.replaceAll(NAMED, `$1$2${HIDDEN}`).replaceAll(IN_URL, `$1${HIDDEN}@`).replaceAll(PRIVATE_KEY, HIDDEN);
}
