import { expandInstances } from "../core/config/instances";
import { isJsonObject, type Json, type JsonObject } from "../kernel/json";

/** How a connection of the document is served. */
export type Endpoint =
  | {
      readonly kind: "tcp";
      readonly host: string;
      readonly port: number;
      /** Present for a serial line that had to be served as Modbus TCP: why. */
      readonly insteadOfSerial?: string;
    }
  /** `path` is for the client; `peerPath` is the simulator's own end. */
  | { readonly kind: "serial"; readonly path: string; readonly peerPath: string }
  | { readonly kind: "unavailable"; readonly reason: string };

export function endpointText(endpoint: Endpoint): string {
  if (endpoint.kind === "tcp") return `${endpoint.host}:${endpoint.port}`;
  return endpoint.kind === "serial" ? endpoint.path : `not served: ${endpoint.reason}`;
}

const SERIAL_ONLY = new Set(["path", "line", "echo", "rs485", "framing"]);

function redirectConnection(connection: JsonObject, endpoint: Endpoint): JsonObject {
  if (endpoint.kind === "unavailable") return connection;
  if (endpoint.kind === "serial") return { ...connection, path: endpoint.path };
  const { host, port } = endpoint;
  if (endpoint.insteadOfSerial === undefined) return { ...connection, host, port };
  const kept = Object.entries(connection).filter(([key]) => !SERIAL_ONLY.has(key));
  return { ...Object.fromEntries(kept), transport: "tcp", host, port };
}

/**
 * The same configuration document (bare or wrapped in `configuration`) with its connections led to the simulator.
 * Connections that are not served stay as they are;
 * templates are replaced by their instances.
 */
export function redirectDocument(document: JsonObject, served: ReadonlyMap<string, Endpoint>): JsonObject {
  const inner = document["configuration"];
  if (isJsonObject(inner)) return { ...document, configuration: redirectDocument(inner, served) };
  const expanded = expandInstances(document).document as JsonObject;
  const connections = expanded["connections"];
  if (!isJsonObject(connections)) return document;
  const redirected = Object.entries(connections).map(([name, connection]): [string, Json] => {
    const endpoint = served.get(name);
    return [
      name,
      endpoint !== undefined && isJsonObject(connection) ? redirectConnection(connection, endpoint) : connection,
    ];
  });
  return { ...expanded, connections: Object.fromEntries(redirected) };
}
