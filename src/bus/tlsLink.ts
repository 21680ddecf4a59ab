import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { type ConnectionOptions, checkServerIdentity, connect, createSecureContext, type TLSSocket } from "node:tls";
import type { TlsFiles } from "../core/config/gatewayConfig";
import { failure, type ModbusFailure } from "../core/modbus/failure";
import type { Clock } from "../kernel/clock";
import { err, ok, type Result } from "../kernel/result";
import type { Link, LinkOpener } from "./link";
import { type BytesReceiver, endpointName, type NetworkEndpoint, openSocketLink } from "./socketLink";
import { KEEP_ALIVE_AFTER_MS } from "./tcpLink";
import { contextErrorText, fileErrorText, tlsErrorText, unheardText } from "./tlsErrors";

export interface TlsEndpoint extends NetworkEndpoint {
  readonly tls: TlsFiles;
}

/** Modbus/TCP Security (MODBUS/TCP Security V21): TLS 1.2 or later, the server's certificate is always verified. */
export function createTlsLinkOpener(
  endpoint: TlsEndpoint,
  ports: { readonly clock: Pick<Clock, "setTimer"> },
): LinkOpener {
  return (signal) => openTlsLink(endpoint, ports.clock, signal);
}

async function openTlsLink(
  endpoint: TlsEndpoint,
  clock: Pick<Clock, "setTimer">,
  signal: AbortSignal,
): Promise<Result<Link, ModbusFailure>> {
  const name = endpointName(endpoint);
  const options = await connectionOptions(endpoint);
  if (!options.ok) return err(failure("offline", `${name}: ${options.error}`));
  const verified = endpoint.tls.serverName ?? endpoint.host;
  const dial = {
    name,
    ready: "secureConnect",
    dial: (receiver: BytesReceiver) => dialTls(options.value, receiver),
    explain: (error: Error) => tlsErrorText(error, { ...endpoint, serverName: verified, files: endpoint.tls }),
    unheard: unheardText(endpoint.tls),
  } as const;
  return openSocketLink(dial, endpoint.connectTimeoutMs, clock, signal);
}

function dialTls(options: ConnectionOptions, receiver: BytesReceiver): TLSSocket {
  const socket = connect(options);
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
  socket.on("data", (bytes: Uint8Array) => receiver.received(bytes));
  return socket;
}

/** Read at each connect: a certificate that was renewed is used from the next connection on. */
async function connectionOptions({ host, port, tls }: TlsEndpoint): Promise<Result<ConnectionOptions, string>> {
  const ca = await readPem("caPath", tls.caPath);
  const cert = await readPem("certPath", tls.certPath);
  const key = await readPem("keyPath", tls.keyPath);
  if (!ca.ok) return ca;
  if (!cert.ok) return cert;
  if (!key.ok) return key;
  try {
    const secureContext = createSecureContext({ minVersion: "TLSv1.2", ...ca.value, ...cert.value, ...key.value });
    return ok({ host, port, secureContext, ...identity(tls.serverName ?? host) });
  } catch (error) {
    return err(contextErrorText(error, tls));
  }
}

/** An address is verified, but never sent as a server name (RFC 6066 section 3). */
function identity(serverName: string): ConnectionOptions {
  return {
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
  };
}

/** A bundle of all public authorities has a quarter of it. */
const MAX_PEM_BYTES = 1024 * 1024;

type PemKey = "caPath" | "certPath" | "keyPath";
const CONTEXT_KEYS = { caPath: "ca", certPath: "cert", keyPath: "key" } as const;

async function readPem(key: PemKey, path: string | undefined): Promise<Result<Record<string, Buffer>, string>> {
  if (path === undefined) return ok({});
  try {
    const facts = await stat(path);
    // The path comes from the cloud: a pipe would hold up every file of this process, a device fill its memory.
    if (!facts.isFile() && !facts.isDirectory()) return err(`tls.${key}: ${path} is no file, a PEM file is expected`);
    if (facts.size > MAX_PEM_BYTES) return err(`tls.${key}: ${path} has ${facts.size} bytes; no PEM file is so large`);
    return ok({ [CONTEXT_KEYS[key]]: await readFile(path) });
  } catch (error) {
    return err(fileErrorText(`tls.${key}`, path, error));
  }
}
