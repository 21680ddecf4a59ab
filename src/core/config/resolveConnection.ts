import { invariant, unreachable } from "../../kernel/invariant";
import { fingerprintOf, type Without } from "./fingerprint";
import type {
  ConnectionConfig,
  SerialConnection,
  SerialLine,
  TcpConnection,
  TlsConnection,
  TlsFiles,
  UdpConnection,
} from "./gatewayConfig";
import { CONNECTION_DEFAULTS, type ConnectionKeys, LINE } from "./schemaConnection";

const PARITIES = { N: "none", E: "even", O: "odd" } as const;

/** `"19200 8E1"`, in the form that the schema has checked. */
export function parseLine(line: string): SerialLine {
  const [, baud, data, parity, stop] = LINE.exec(line) ?? [];
  invariant(baud !== undefined && parity !== undefined, "the schema lets only lines of this form through");
  return {
    baudRate: Number(baud),
    dataBits: data === "7" ? 7 : 8,
    parity: PARITIES[parity as keyof typeof PARITIES],
    stopBits: stop === "2" ? 2 : 1,
  };
}

type Definition = Without<ConnectionConfig, "fingerprint">;

/** A connection with every default filled in. */
export function resolveConnection(name: string, keys: ConnectionKeys): ConnectionConfig {
  const definition = definitionOf(name, keys);
  return { ...definition, fingerprint: fingerprintOf(definition) };
}

function definitionOf(name: string, keys: ConnectionKeys): Definition {
  const common = commonOf(name, keys);
  switch (keys.transport) {
    case "tcp": {
      const own = { transport: "tcp", framing: keys.framing ?? "mbap" } as const;
      return { ...common, ...networkOf(keys, CONNECTION_DEFAULTS.port), ...own } satisfies Unmarked<TcpConnection>;
    }
    case "tls": {
      const own = { transport: "tls", framing: "mbap", tls: tlsOf(keys.tls) } as const;
      return { ...common, ...networkOf(keys, CONNECTION_DEFAULTS.tlsPort), ...own } satisfies Unmarked<TlsConnection>;
    }
    case "udp": {
      const own = { transport: "udp", framing: keys.framing ?? "mbap" } as const;
      return { ...common, ...networkOf(keys, CONNECTION_DEFAULTS.port), ...own } satisfies Unmarked<UdpConnection>;
    }
    case "serial": {
      const { path, framing = "rtu", echo = CONNECTION_DEFAULTS.echo } = keys;
      const own = { transport: "serial", framing, path, line: parseLine(keys.line), echo } as const;
      return { ...common, ...own } satisfies Unmarked<SerialConnection>;
    }
    default:
      return unreachable(keys);
  }
}

type Unmarked<T> = Without<T, "fingerprint">;

function commonOf(name: string, keys: ConnectionKeys) {
  return {
    name,
    responseTimeoutMs: keys.responseTimeoutMs ?? CONNECTION_DEFAULTS.responseTimeoutMs,
    requestGapMs: keys.requestGapMs ?? CONNECTION_DEFAULTS.requestGapMs,
    connectDelayMs: keys.connectDelayMs ?? CONNECTION_DEFAULTS.connectDelayMs,
    readRetries: keys.readRetries ?? CONNECTION_DEFAULTS.readRetries,
    failuresBeforeReopen: keys.failuresBeforeReopen ?? CONNECTION_DEFAULTS.failuresBeforeReopen,
  };
}

type NetworkKeys = Exclude<ConnectionKeys, { readonly transport: "serial" }>;

function networkOf(keys: NetworkKeys, port: number) {
  return {
    host: bare(keys.host),
    port: keys.port ?? port,
    connectTimeoutMs: keys.connectTimeoutMs ?? CONNECTION_DEFAULTS.connectTimeoutMs,
    idleCloseMs: keys.idleCloseMs ?? CONNECTION_DEFAULTS.idleCloseMs,
    maxInFlight: keys.maxInFlight ?? CONNECTION_DEFAULTS.maxInFlight,
  };
}

/** `[::1]` → `::1`. */
function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

type TlsKeys = NonNullable<Extract<ConnectionKeys, { readonly transport: "tls" }>["tls"]>;

function tlsOf({ caPath, certPath, keyPath, serverName }: TlsKeys = {}): TlsFiles {
  return {
    ...(caPath === undefined ? {} : { caPath }),
    ...(certPath === undefined ? {} : { certPath }),
    ...(keyPath === undefined ? {} : { keyPath }),
    ...(serverName === undefined ? {} : { serverName: bare(serverName) }),
  };
}

/** What two connections must not share: only one can have a serial port open. */
export function exclusiveResource(connection: ConnectionConfig): string | undefined {
  return connection.transport === "serial" ? connection.path : undefined;
}

/** Where it leads. Another place: other devices, whatever they are called. */
export function endpointOf(connection: ConnectionConfig): string {
  if (connection.transport === "serial") return `serial ${connection.path}`;
  return `${connection.transport} ${connection.host} ${connection.port}`;
}

/**
 * Whether a unit id exists on this kind of connection (MODBUS over Serial Line V1.02, section 2.2). The frames of
 * serial lines keep their rules on a network: a serial line stands behind the server.
 */
export function hasUnit(connection: ConnectionConfig, unitId: number): boolean {
  return connection.framing === "mbap" || (unitId >= 1 && unitId <= 247);
}
