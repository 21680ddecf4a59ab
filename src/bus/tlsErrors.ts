import type { TlsFiles } from "../core/config/gatewayConfig";
import { errorCode, socketErrorText } from "./socketErrors";

export interface TlsPeer {
  readonly host: string;
  readonly port: number;
  /** The name that its certificate must have. */
  readonly serverName: string;
  readonly files: TlsFiles;
}

function withCode(text: string, code: string): string {
  return `${text} (${code})`;
}

/** Why a file of the configuration could not be read. */
export function fileErrorText(key: string, path: string, error: unknown): string {
  const code = errorCode(error);
  switch (code) {
    case "ENOENT":
      return `${key}: there is no file ${path}; in a container it must be mounted`;
    case "EACCES":
    case "EPERM":
      return `${key}: the user of this process may not read ${path}`;
    case "EISDIR":
      return `${key}: ${path} is a folder, a PEM file is expected`;
    default:
      return `${key}: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Why the files are no certificate and key for TLS. */
export function contextErrorText(error: unknown, { certPath, keyPath, caPath }: TlsFiles): string {
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  if (/KEY_VALUES_MISMATCH/.test(code)) {
    return withCode(`the private key ${keyPath} does not belong to the certificate ${certPath}`, code);
  }
  if (/PASSPHRASE|BAD_DECRYPT|INTERRUPTED_OR_CANCELLED/i.test(`${code} ${message}`)) {
    return `the private key ${keyPath} is encrypted: give one that is not`;
  }
  const files = [caPath, certPath, keyPath].filter((path) => path !== undefined).join(", ");
  return `one of ${files} is not what TLS needs (PEM text of a certificate or private key): ${message}`;
}

/** What a failed or broken TLS connection means to who runs the gateway. Keeps the code for searching. */
export function tlsErrorText(error: Error, peer: TlsPeer): string {
  const code = errorCode(error);
  const text = aboutServer(code, error, peer) ?? aboutUs(code, peer) ?? aboutProtocol(code, peer);
  return text === undefined ? socketErrorText(error, peer) : withCode(text, code);
}

/** The server's certificate does not satisfy us. */
function aboutServer(code: string, error: Error, { serverName, files }: TlsPeer): string | undefined {
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return "the server's certificate has expired (or the gateway's clock is wrong): renew it at the device";
    case "CERT_NOT_YET_VALID":
      return "the server's certificate is not valid yet: is the gateway's clock right?";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `the server's certificate is for another name than ${serverName}: set "tls.serverName" to ${namesOf(error)}`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
      return 'the server\'s certificate is self-signed: give it (or its authority) as "tls.caPath"';
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_SIGNATURE_FAILURE":
      return files.caPath === undefined
        ? 'the server\'s certificate is signed by an authority that the system does not trust: give it as "tls.caPath"'
        : `the server's certificate is not signed by an authority of ${files.caPath}`;
    case "CERT_REVOKED":
      return "the server's certificate is revoked";
    default:
      return undefined;
  }
}

/** The names that the certificate has, as the verification lists them. */
function namesOf(error: Error): string {
  const listed = /.*(?:altnames: |cert's CN: )(.+)$/.exec(error.message)?.[1];
  return listed === undefined ? "the name that it is for" : `a name that it is for: ${listed.slice(0, 200)}`;
}

/** The server does not accept us: its TLS alerts (RFC 8446 section 6.2), by OpenSSL's names. */
function aboutUs(code: string, { files }: TlsPeer): string | undefined {
  const ours = files.certPath ?? "our certificate";
  if (/ALERT_CERTIFICATE_REQUIRED|PEER_DID_NOT_RETURN/.test(code)) {
    return 'the server wants a certificate of ours: set "tls.certPath" and "tls.keyPath"';
  }
  if (/ALERT_CERTIFICATE_EXPIRED/.test(code)) return `the server says that ${ours} has expired: renew it`;
  if (/ALERT_CERTIFICATE_REVOKED/.test(code)) return `the server says that ${ours} is revoked`;
  if (/ALERT_UNKNOWN_CA/.test(code)) return `the server does not know the authority that signed ${ours}`;
  if (/ALERT_(BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|DECRYPT_ERROR)/.test(code)) {
    return `the server refuses ${ours}`;
  }
  if (/ALERT_ACCESS_DENIED/.test(code)) return `the server gives the owner of ${ours} no access`;
  if (!/ALERT_HANDSHAKE_FAILURE/.test(code)) return undefined;
  return files.certPath === undefined
    ? 'the server breaks off: it may want a certificate of ours ("tls.certPath" and "tls.keyPath"), or shares no cipher with us'
    : `the server breaks off: it refuses ${ours}, or shares no cipher with us`;
}

/** Some servers (Node's own) send no alert when they refuse a certificate: they close. */
export function unheardText({ certPath }: TlsFiles): string {
  return certPath === undefined
    ? 'it has sent nothing, so it may want a certificate of ours ("tls.certPath" and "tls.keyPath")'
    : `it has sent nothing, so it may refuse ${certPath}: is it signed by an authority that the server knows, and valid now?`;
}

function aboutProtocol(code: string, { port }: TlsPeer): string | undefined {
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST/.test(code)) {
    return `no TLS on port ${port}: is it a port of plain Modbus TCP (transport "tcp")?`;
  }
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/.test(code)) {
    return "the server has no TLS 1.2 or later: older versions are not safe and not used";
  }
  return undefined;
}
